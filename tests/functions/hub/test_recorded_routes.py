"""Each route that is listed as recorded records the kinds of change that are listed for it."""

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pytest

from accounts import settings_api
from longcode.accounts import api_keys
from longcode.accounts.account import Account
from longcode.accounts.api_keys import ApiKey
from longcode.accounts.passwords import KeyScope
from tests.functions.hub.test_every_page import MINE, fill, with_ids
from tests.support.browser import Browser, Page
from tests.support.fakes import NOW, PASSWORD, ApiResponse, call
from tests.support.recorded_changes import of_person, recorded
from tests.support.recorded_routes import RECORDED
from tests.support.source_reading import ROOT, defined, handlers, routes

pytestmark = pytest.mark.account(edition="professional")


@dataclass(frozen=True)
class Call:
    """A call of a route of the API. `ids` are the parts of its path."""

    body: Any = None
    ids: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Form:
    """A form of the hub, posted with what a person types into it; `page` has it, if that is another page.

    `presses` says whether its last button is pressed. The fields of `without` are in another form of the page.
    """

    typed: dict[str, str] = field(default_factory=dict)
    page: str | None = None
    query: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    presses: bool = False
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class File:
    """A file of the hub, with the query of the link that leads to it."""

    query: str = ""


RULE = {"watches": "keyword", "keyword": "hours", "body": "We open at nine.", "to": "client"}
TYPED_RULE = {"name": "Reminder", "watches": "session", "status_session_confirmed": "on", "when": "before"}
TYPED_RULE |= {"days": "2", "of": "", "at": "10:00", "to": "client", "words": "See you on {{session.date}}!"}
OPT_OUT = {
    "number": "(212) 555-0177",
    "channel": "email",
    "asked_on": "2026-11-03",
    "how": "By e-mail",
    "sure": "yes",
}
WAYS: dict[str, Call | Form | File | tuple[Form, ...]] = {
    "PATCH /account": Call({"texts_an_hour": 5}),
    "POST /hub/account": (
        Form({"name": "Foxglove Studio"}, without=("email",)),
        Form({"email": "new@studio.example"}),
    ),
    "POST /hub/sending": Form({"units_a_day": "500"}),
    "POST /hub/hours": Form({"friday_0_opens": "10:00", "friday_0_closes": "14:00", "away_text": "Closed!"}),
    "POST /hub/webhooks": Form({"webhook_url": "https://hooks.example/in"}),
    "POST /hub/own-fields": Form({"label": "Frame"}),
    "POST /hub/own-fields/<name>/remove": Form(page="own-fields", ids={"name": "album"}),
    "POST /account/webhook-secret": Call(),
    "POST /hub/webhooks/secret": Form(),
    "POST /hub/join-page": Form({"topics": "my offers"}),
    "POST /hub/join-page/renew": Form(page="join-page"),
    "PUT /account/plan": Call({"plan": "large"}),
    "POST /hub/plan/change": Form({"plan": "large"}, query="plan=large"),
    "POST /hub/account/close": Form({"studio_name": "Foxglove Portraits"}),
    "POST /account/password": Call({"present": PASSWORD}),
    "POST /hub/account/password": Form(),
    "POST /account/keys": Call({"name": "Booking page", "scope": "read"}),
    "POST /hub/keys": Form({"name": "Booking page", "scope": "read"}),
    "DELETE /account/keys/{key_id}": Call(ids={"key_id": "k1"}),
    "POST /hub/keys/<key_id>/end": Form(ids={"key_id": "k1"}),
    "POST /account/email": Call({"email": "new@studio.example", "present": PASSWORD}),
    "POST /hub/people": Form({"name": "Bo Berg", "email": "bo@x.example", "role": "staff"}),
    "POST /hub/people/<person_id>/remove": Form(page="people"),
    "POST /hub/sessions/<session_hash>/end": Form(page="people"),
    "PUT /templates/{name}": Call({"body": "We open at nine."}, {"name": "hours"}),
    "POST /hub/new-template": Form({"name": "Hours", "body": "We open at nine."}),
    "POST /hub/canned-replies": Form({"shortcut": "hours", "subject": "Hours", "body": "We open at nine."}),
    "POST /hub/templates/<name>": Form({"name": "Opening", "body": "We open at nine."}),
    "POST /hub/templates/<name>/restore": Form(page="templates/<name>", presses=True),
    "PATCH /templates/{name}": Call({"name": "Opening"}, {"name": "Ann"}),
    "DELETE /templates/{name}": Call(ids={"name": "Ann"}),
    "POST /hub/templates/<name>/delete": Form(),
    "PUT /triggers/{name}": Call(RULE, {"name": "hours"}),
    "POST /hub/triggers/new": Form(TYPED_RULE),
    "POST /hub/triggers/<name>": Form({"words": "We open at nine."}),
    "POST /hub/triggers/<name>/switch": Form({"on": "0"}, page="triggers"),
    "DELETE /triggers/{name}": Call(ids={"name": "Ann"}),
    "POST /hub/triggers/<name>/delete": Form(),
    "PUT /optouts/{phone}": Call({"opted_out": True, "how": "On the phone."}, {"phone": "+12125550177"}),
    "POST /hub/opt-outs/record": Form(OPT_OUT),
    "PUT /questions/{phone}": Call({"opted_out": True}, {"phone": MINE}),
    "POST /hub/opt-outs": Form({"opted_out": "yes"}),
    "POST /hub/messages/<digits>/question": Form({"opted_out": "yes"}, page="messages/<digits>"),
    "POST /clients/import": Call("id,first_name\nx3,Cleo\n"),
    "POST /client-tags": Call({"tag": "vip", "client_ids": ["of-10000001"]}),
    "POST /hub/clients": Form({"id_0": "of-10000001", "new_tag": "vip", "do": "add"}),
    "GET /hub/clients/export/clients.csv": File("count=9"),
    "GET /hub/clients/export/consents.csv": File("count=9"),
    "GET /hub/export/everything.zip": File(),
    "GET /hub/export/all-else.zip": File(),
    "GET /hub/export/messages.csv": File("since=0&count=9"),
    "GET /hub/export/data.csv": File("of=templates"),
    "GET /hub/opt-outs/export/opt-outs.csv": File(),
    "GET /hub/broadcasts/<broadcast_id>/not-reached.csv": File(),
    "GET /hub/usage/<month>/texts.csv": File(),
}
IN_OTHER_TESTS = {
    "POST /hub/clients/import/<import_id>": "hub/test_recorded_changes.py::"
    "test_imports_are_recorded_with_how_many_rows_they_write",
    "POST /hub/opt-outs/import/<import_id>": "hub/test_recorded_changes.py::"
    "test_a_list_of_opt_outs_is_recorded_with_how_many_rows_it_has",
    "POST /password/<token>": "hub/test_recorded_changes.py::"
    "test_what_a_mailed_link_changes_is_recorded_with_where_it_was_opened",
    "POST /hub/address/<token>": "hub/test_recorded_changes.py::"
    "test_what_a_mailed_link_changes_is_recorded_with_where_it_was_opened",
    "POST /signup/confirm/<token>": "hub/test_recorded_changes.py::"
    "test_what_a_mailed_link_changes_is_recorded_with_where_it_was_opened",
    "POST /hub/operator/accounts/<account_id>/<act>": "hub/test_operator_pages.py::"
    "test_what_an_operator_does_here_is_recorded_with_who_it_was_and_the_address_that_it_came_from",
}


def test_every_recorded_route_is_tried() -> None:
    assert sorted(RECORDED) == sorted(WAYS.keys() | IN_OTHER_TESTS.keys())
    assert WAYS.keys() & IN_OTHER_TESTS.keys() == set()
    assert [
        test
        for file, _, test in (place.partition("::") for place in IN_OTHER_TESTS.values())
        if f"\ndef {test}(" not in (ROOT / "tests" / "functions" / file).read_text()
    ] == []


@pytest.mark.parametrize("route", WAYS)
@pytest.mark.usefixtures("password")
def test_a_route_records_its_change(account: Account, route: str) -> None:
    owner, ids = of_person(account), fill(account, MINE, "Ann")
    call(settings_api, "PATCH", "/account", {"webhook_url": "https://hooks.example/before"}, account=account.id)
    call(settings_api, "PUT", "/templates/Ann", {"body": "Words of today"}, account=account.id)
    api_keys.create(ApiKey(account=account.id, id="k1", name="Old", scope=KeyScope.READ, created_at=NOW), "hash")
    before = {change.id for change in recorded()}

    way = WAYS[route]
    answers = [go(one, route, owner, ids) for one in (way if isinstance(way, tuple) else (way,))]

    assert [answer.status for answer in answers if answer.status >= 300] == [], answers[-1].text
    made = [change for change in recorded() if change.id not in before]
    assert {change.kind for change in made} == RECORDED[route]
    assert not any(change.unfinished for change in made)


def go(way: Call | Form | File, route: str, owner: Browser, ids: dict[str, str]) -> ApiResponse | Page:
    """Take a route in one way, and return the answer."""
    method, _, path = route.partition(" ")
    if isinstance(way, Call):
        kind = {"content-type": "text/csv"} if isinstance(way.body, str) else {}
        return call(
            of_api(route), method, path.format(**way.ids), way.body, account="10000001", scope="all", headers=kind
        )
    at = with_ids(path, ids | getattr(way, "ids", {})).removeprefix("/hub/")
    if isinstance(way, File):
        return owner.get(at, way.query)
    form = owner.get(at if way.page is None else with_ids(way.page, ids | way.ids), way.query)
    filled = form.fields | (form.buttons if way.presses else {}) | way.typed
    return owner.post(at, **{name: value for name, value in filled.items() if name not in way.without})


def of_api(route: str) -> Any:
    """Return the module of a route of the API."""
    served = [name for name, file in handlers().items() if "app" in defined(file)]
    return next(
        import_module(name) for name in served if route in {f"{method} {path}" for method, path in routes(name)}
    )
