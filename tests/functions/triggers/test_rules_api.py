"""The triggers API: valid rules are written, others refused with the field, and other studios' rules hidden."""

from typing import Any

import pytest

from longcode.accounts.account import Account
from longcode.template import Template
from longcode.templates import store as template_store
from longcode.triggers import store as triggers
from tests.support.aws_calls import meanwhile, parallel_calls
from tests.support.fakes import ApiResponse, call, studio
from tests.support.local_aws import SHARED_NUMBER
from tests.support.trigger_samples import trigger
from triggers import rules_api

pytestmark = pytest.mark.account(edition="professional", client=False)

REMINDER: dict[str, Any] = {
    "watches": "session",
    "statuses": ["Confirmed"],
    "timing": {"days": -1, "of": "session_date", "at": "09:00"},
    "body": "Hi {{client.first_name|there}}, see you on {{session.date}}!",
}
SHOWN: dict[str, Any] = {
    "account": "10000001",
    "name": "reminder",
    "watches": "session",
    "statuses": ["confirmed"],
    "types": [],
    "keyword": None,
    "timing": {"days": -1, "of": "session_date", "at": "09:00"},
    "to": "client",
    "staff_phone": None,
    "template": None,
    "body": "Hi {{client.first_name|there}}, see you on {{session.date}}!",
    "sms_else_call": False,
    "enabled": True,
    "last_fired_at": None,
    "sentence": (
        "1 day before a session, at 09:00, text the client “Hi [first name], see you on [session date]!”, "
        "if it is still confirmed."
    ),
}


def put(name: str = "reminder", account: str = "10000001", **changes: Any) -> ApiResponse:
    return call(rules_api, "PUT", f"/triggers/{name}", REMINDER | changes, account=account)


def show(name: str = "reminder", account: str = "10000001") -> ApiResponse:
    return call(rules_api, "GET", f"/triggers/{name}", account=account)


def test_a_trigger_is_written_shown_changed_and_deleted(account: Account) -> None:
    written, shown = put(), show()
    changed = put(enabled=False)
    deleted = call(rules_api, "DELETE", "/triggers/reminder", account=account.id)

    assert (written.status, shown.status, changed.status, deleted.status) == (200, 200, 200, 204)
    assert written.json == shown.json == SHOWN
    assert changed.json == SHOWN | {"enabled": False}
    assert show().status == 404


@pytest.mark.parametrize("edition", ["standard", "Standard"])
def test_the_standard_edition_is_refused_triggers(aws: None, edition: str) -> None:
    studio(edition=edition)

    answer = put()

    assert (answer.status, answer.json["code"]) == (403, "edition_not_entitled")
    assert answer.json["detail"] == "Triggered texts need the Professional or Enterprise edition."
    assert show().status == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"statuses": ["eaten"]}, "statuses"),
        ({"statuses": []}, "statuses"),
        ({"statuses": [""]}, "statuses.0"),
        ({"watches": "weather"}, "watches"),
        ({"timing": {"days": -1, "of": "session_date", "at": "24:00"}}, "timing.at"),
        ({"timing": {"days": -1, "of": "session_date", "at": "9:00"}}, "timing.at"),
        ({"timing": {"days": -400, "of": "session_date", "at": "09:00"}}, "timing.days"),
        ({"timing": {"days": -1, "of": "birthday", "at": "09:00"}}, "timing.of"),
        ({"timing": {"days": -1, "of": "session_date", "at": "09:00", "zone": "UTC"}}, "timing.zone"),
        ({"template": "t"}, "body"),
        ({"body": None}, "body"),
        ({"body": None, "template": "none"}, "template"),
        ({"body": "x" * 1601}, "body"),
        ({"to": "everybody"}, "to"),
        ({"to": "staff"}, "staff_phone"),
        ({"to": "staff", "staff_phone": "12"}, "staff_phone"),
        ({"to": "staff", "staff_phone": "+61 2 9374 4000"}, "staff_phone"),
        ({"to": "staff", "staff_phone": SHARED_NUMBER}, "staff_phone"),
        ({"wacthes": "session"}, "wacthes"),
        ({"watches": "keyword", "statuses": [], "timing": None, "keyword": "STOP"}, "keyword"),
        ({"watches": "keyword", "statuses": [], "timing": None, "keyword": "Start!"}, "keyword"),
        ({"watches": "keyword", "statuses": [], "timing": None, "keyword": " help "}, "keyword"),
        ({"watches": "keyword", "statuses": [], "timing": None}, "keyword"),
    ],
)
def test_an_invalid_trigger_is_refused_with_the_field_and_nothing_is_written(
    account: Account, changes: dict[str, Any], field: str
) -> None:
    answer = put(**changes)

    assert answer.status in (403, 409, 422)
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert show().status == 404


def test_unknown_merge_fields_are_refused_with_their_names(account: Account) -> None:
    answer = put(body="Bring {{session.dress}} and {{weather}}")

    assert (answer.status, answer.json["code"]) == (422, "bad_template")
    assert "Unknown merge fields: session.dress, weather." in answer.json["detail"]


def test_a_trigger_may_send_a_template(account: Account) -> None:
    template_store.put_template(Template(account=account.id, name="t", subject="", body="See you soon"))

    assert put(body=None, template="t").status == 200


def test_a_staff_phone_is_stored_in_e164_and_a_keyword_folded(account: Account) -> None:
    staff = put("a", to="staff", staff_phone="(212) 555-0199")
    keyword = put("b", watches="keyword", statuses=[], timing=None, keyword=" Hoursé? ")

    assert staff.json["staff_phone"] == "+12125550199"
    assert keyword.json["keyword"] == "hourse"


def test_a_studios_own_statuses_replace_ours(aws: None) -> None:
    studio(edition="enterprise", statuses={"session": ("At the lake",)})

    assert put(statuses=["AT THE LAKE"]).json["statuses"] == ["at_the_lake"]
    assert put(statuses=["confirmed"]).json["detail"] == "Unknown status: confirmed. Known are at_the_lake."


@pytest.mark.long
def test_an_account_has_at_most_forty_triggers_and_may_change_each(account: Account) -> None:
    for number in range(40):
        triggers.put(trigger(name=f"t{number:02}"))

    one_more, changed = put("t40"), put("t39")

    assert (one_more.status, one_more.json["code"], one_more.json["most"]) == (409, "too_many_triggers", 40)
    assert one_more.json["errors"][0]["field"] == "name"
    assert changed.status == 200


@pytest.mark.long
def test_triggers_written_at_once_are_never_more_than_forty(account: Account) -> None:
    for number in range(38):
        triggers.put(trigger(name=f"t{number:02}"))

    with parallel_calls() as pool:
        answers = list(pool.map(put, [f"n{number}" for number in range(8)]))

    written = {answer.json["name"] for answer in answers if answer.status == 200}
    assert len(written) <= 2
    assert triggers.of_account(account.id).keys() == {f"t{number:02}" for number in range(38)} | written


def test_a_trigger_changed_while_another_passes_the_limit_stays(account: Account) -> None:
    for number in range(40):
        triggers.put(trigger(name=f"t{number:02}"))

    with meanwhile("PutItem", lambda: triggers.put(trigger(name="t40"))):
        answer = put("t39")

    assert answer.status == 200
    assert "t39" in triggers.of_account(account.id)


def test_paging_lists_each_trigger_once(account: Account) -> None:
    for number in range(25):
        triggers.put(trigger(name=f"t{number:02}"))

    first = call(rules_api, "GET", "/triggers", account=account.id, query={"limit": "20"}).json
    rest = call(rules_api, "GET", "/triggers", account=account.id, query={"cursor": first["next_cursor"]}).json

    assert [item["name"] for item in first["items"] + rest["items"]] == [f"t{number:02}" for number in range(25)]
    assert rest["next_cursor"] is None


def test_another_accounts_trigger_is_hidden(account: Account) -> None:
    studio("10000002", edition="professional")
    triggers.put(trigger(account="10000002"))

    assert show().status == 404
    assert call(rules_api, "DELETE", "/triggers/reminder", account=account.id).status == 404
    assert call(rules_api, "GET", "/triggers", account=account.id).json == {"items": [], "next_cursor": None}
    put(body="Mine")
    assert show(account="10000002").json["body"] == "Hi {{client.first_name}}, see you on {{session.date}}!"


def test_a_name_that_is_too_long_is_refused(account: Account) -> None:
    answer = put("n" * 101)

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "name")
    assert triggers.page(account.id, None, 10) == []
