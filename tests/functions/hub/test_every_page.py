"""What holds for every page and form of the hub: the guards, other studios, roles, hostile words."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from broadcasts import api as broadcasts_api
from clients import kept_imports
from hub.site import site
from longcode.accounts import api_keys, people, sessions
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.accounts.api_keys import ApiKey
from longcode.accounts.passwords import KeyScope
from longcode.accounts.people import Person, Role
from longcode.aws import clients as aws_clients
from longcode.aws import queues
from longcode.aws.clients import client as aws_client
from longcode.billing import store as invoices
from longcode.billing.invoice import compute_invoice
from longcode.broadcasts import drafts
from longcode.broadcasts.drafts import BroadcastDraft
from longcode.clients import join_pages
from longcode.clients.client import Audience, Phone
from longcode.clients.imports import KeptImport
from longcode.clients.join_pages import JoinPage
from longcode.clients.permission import Via, Writer
from longcode.jobs import HandleKeyword
from longcode.plans import store as price_list
from longcode.table import store, trigger_keys
from longcode.table.writes import Put, attributes
from longcode.teamwork import store as teamwork
from longcode.teamwork.store import Note
from longcode.template import Template, TemplateVersion
from longcode.templates import store as template_store
from longcode.triggers.planning import Call
from longcode.triggers.store import put as put_trigger
from longcode.triggers.trigger import RecordKind
from longcode.usage.usage import Usage
from longcode.webhooks import delivery
from longcode.webhooks import store as webhooks
from optout import list_import
from optout import worker as optout_worker
from tests.support.broadcast_steps import create_broadcast
from tests.support.browser import HOST, PREFIX, Browser
from tests.support.fakes import NOW, PASSWORD, studio, take_queued
from tests.support.fakes import client as write_client
from tests.support.reply_steps import receive, record_text
from tests.support.text_steps import accept
from tests.support.trigger_samples import trigger as sample_trigger
from tests.support.trigger_steps import write_trigger
from triggers.events_api import accept_event
from triggers.forms import EventForm

HOSTILE = "<script>alert(1)</script>\"'>&amp;<b onclick=x style=y>{{7*7}}"
OF_OWNER = {
    *("account", "account/password", "account/close", "sending"),
    *("webhooks", "webhooks/secret", "webhooks/test", "webhooks/list"),
    *("webhooks/sent/<delivery_id>", "webhooks/sent/<delivery_id>/again"),
    *("keys", "keys/<key_id>/end"),
    *("export", "export/messages.csv", "export/data.csv", "export/everything.zip", "export/all-else.zip", "changes"),
    *("people", "people/<person_id>/remove"),
    *("sessions/<session_hash>/end", "messages/<digits>/note/<note_id>/delete"),  # the ids are of the owner's
    *("join-page", "join-page/renew", "join-page/print", "join-page/qr.svg"),
    *("plan", "plan/change", "usage", "usage/<month>", "usage/<month>/count", "usage/<month>/sheet"),
    *("usage/<month>/texts.csv", "invoices", "invoices/<month>", "invoice-pdf/<month>"),
}
SOON = date(2027, 3, 1)
MINE, THEIRS = "+12125550123", "+12125550188"
ROUTES = [(route.method, route.path) for route in (*site._static_routes, *site._dynamic_routes)]
BY_TOKEN = ("/signup/", "/password/", "/hub/address/", "/join/")  # for whoever knows the token, or the code
OF_OPERATOR = "/hub/operator"  # tests/functions/hub/test_operator_pages.py
WITHOUT_SESSION = ("/hub/sign-", "/hub/assets/", OF_OPERATOR, *BY_TOKEN)
OF_SESSION = [
    (method, path.removeprefix("/hub/"))
    for method, path in ROUTES
    if path == "/hub/sign-out" or not (path == "/hub" or path.startswith(WITHOUT_SESSION))
]
# A test calls a part of the routes: an account can make so many calls at once, and some count as fifty.
PARTS = [sorted(OF_SESSION)[start::8] for start in range(8)]
PAGES = [sorted(path for method, path in OF_SESSION if method == "GET")[start::3] for start in range(3)]


def fill(account: Account, phone: str, name: str, month: str = "2026-11") -> dict[str, str]:
    """Write something of everything for a studio, with a name in each field; return the ids that its pages have."""
    plan = price_list.of_month(month)["medium"]
    invoices.issue(compute_invoice(account.id, month, plan, Usage(units_sent=3), studio=name), NOW)
    client_id, now = f"of-{account.id}", aws_clients.now()
    entered = (Phone(number=phone, entered=phone, label=name[:20]),)
    write_client(
        account, client_id, first_name=name, last_name=name, phones=entered, tags=(name,), status=name, time_zone=None
    )
    template = Template(
        account=account.id, name=re.sub(r'[/"]|Theirs', "", name) or "words", subject=name, body=name, shortcut=name
    )
    template_store.put_template(template)
    former = TemplateVersion(subject=name, body=name, changed_at=now, changed_by=name)
    template_store.change_template(template, replace(template, changed_at=now, changed_by=name), [former])
    write_trigger(account=account.id, name=name, template=template.name, body=None)
    accounts.change_settings(account.id, {"client_fields": {"album": name}})
    record_text(account, NOW - timedelta(hours=1), phone=phone, client_id=client_id, message_id=f"m{account.id}")
    text = accept(
        account, now=now, client_id=client_id, send_at=now + timedelta(days=2), body=name.partition("{{")[0]
    )
    receive(f"SMa{account.id}", name, phone=phone, at=now)
    receive(f"SMb{account.id}", f"Please stop texting me!! {name}", phone=phone, at=now)
    for body in take_queued("opt_out"):
        optout_worker.handle_keyword(queues.read(HandleKeyword, body), now)
    whom = {"client_ids": [client_id]}
    broadcast_id = create_broadcast(account, now=now, audience=whom, body=name.partition("{{")[0])
    broadcasts_api.pause(account.id, broadcast_id, name)
    trigger = f"rule-of-{account.id}"
    accounts.change_settings(account.id, {"edition": "professional"})
    put_trigger(replace(sample_trigger(), account=account.id, name=template.name, body=name))
    event = {
        "kind": "session",
        "id": trigger,
        "client_id": client_id,
        "status": "confirmed",
        "session_date": str(SOON),
    }
    accept_event(account.id, EventForm.model_validate(event), trigger, now)
    call_task = Call(
        account=account.id,
        id=trigger,
        at=now,
        trigger=trigger,
        kind=RecordKind.SESSION,
        record_id=trigger,
        day=SOON,
        client_id=client_id,
        phones=(phone,),
        text=name,
    )
    store.write(Put(trigger_keys.call_task(account.id, trigger), {"type": "call", **attributes(call_task)}))
    person = Person(account=account.id, id="p", name=name, email="p@x.example", role=Role.STAFF, added_at=NOW)
    people.add(person)
    sessions.begin(account.id, name, now, person)
    new = KeptImport(account=account.id, id="a" * 32, name=name, size=9, at=now, since=now, rows=0, by=name)
    kept_imports.begin(new, account, b"id,first_name,phone\nx,Ann,12\n", Writer(via=Via.IMPORT, person=name))
    note = Note(account=account.id, phone=phone, id="b" * 32, words=name, at=now, person="p", by=name)
    teamwork.add_note(account, note)
    teamwork.assign(account, phone, "p", name, now)
    tested = delivery.of_test(account.id, "hub", now)
    webhooks.create([tested])
    key = ApiKey(account=account.id, id=f"k{account.id}", name=name[:60], scope=KeyScope.READ, created_at=NOW)
    api_keys.create(key, "hash")
    draft = BroadcastDraft(account=account.id, id="d" * 32, at=now, changed_at=now, by=name, changed_by=name)
    drafts.begin(replace(draft, audience=Audience(tags=(name,), status=name, search=name[:20]), body=name))
    brought = replace(new, id="e" * 32, of="opt-outs")
    writer = Writer(via=Via.IMPORT, person=name)
    kept_imports.begin(brought, account, b"phone\n12\n", writer, run=list_import.run)
    greeting = JoinPage(account=account.id, code=f"code{account.id}", shown=True, greeting=name)
    join_pages.save(account, greeting, name, now)
    (session,) = (one for one in sessions.of_account(account.id, now) if one.person == "p")
    return {
        "month": month,
        "digits": phone.removeprefix("+"),
        "person_id": "p",
        "session_hash": session.hash,
        "import_id": new.id,
        "note_id": note.id,
        "name": template.name,
        "draft_id": draft.id,
        "list_id": brought.id,
        "client_id": client_id,
        "message_id": text.id,
        "delivery_id": tested.id,
        "key_id": key.id,
        "broadcast_id": broadcast_id,
    }


def with_ids(path: str, ids: dict[str, str]) -> str:
    of_list = path.replace("opt-outs/import/<import_id>", f"opt-outs/import/{ids['list_id']}")
    return re.sub(r"<(\w+)>", lambda match: ids[match[1]], of_list)


def stored(account: str = "") -> list[Any]:
    """Return the items, of an account alone if it is named, but not the counts of calls."""
    items = aws_client("dynamodb").scan(TableName="longcode")["Items"]
    return [item for item in items if item.get("type") != {"S": "calls"} and account in str(item)]


def stored_of(other: Account) -> list[Any]:
    """Return the items about another studio, without those that this one makes with its ids."""
    return [item for item in stored(other.id) if item["pk"]["S"] != "account#10000001"]


@pytest.fixture
def ids(account: Account, signed_in: Browser) -> dict[str, str]:
    return fill(account, MINE, "Ann")


@pytest.fixture
def staff(account: Account) -> Browser:
    person = Person(account=account.id, id="s", name="Staff", email="s@x.example", role=Role.STAFF, added_at=NOW)
    people.add(person)
    browser = Browser()
    browser.cookies["session"] = sessions.begin(account.id, "Chrome", aws_clients.now(), person)
    return browser


@pytest.fixture
def theirs(account: Account, signed_in: Browser) -> Iterator[dict[str, str]]:
    """The ids of another studio, none of whose items a test may change."""
    other = studio("10000002", name="Another Studio")
    found = fill(other, THEIRS, "Theirs", "2026-10")  # in a month before the studio of the tests joined
    before = stored_of(other)
    yield found
    assert stored_of(other) == before


@pytest.mark.parametrize("part", PARTS)
def test_no_address_with_an_id_of_another_studio_shows_or_changes_anything(
    signed_in: Browser, theirs: dict[str, str], part: list[tuple[str, str]]
) -> None:
    token, wrong = signed_in.get("home").fields["token"], []
    fields = {
        "message_id": theirs["message_id"],
        "call": theirs["name"],
        "client": theirs["client_id"],
        "opted_out": "yes",
        "do": "import",
    }
    for method, path in part:  # a form may write a client of this studio's under the same id
        if "<" in path:
            address = with_ids(path, theirs)
            page = signed_in.get(address) if method == "GET" else signed_in.post(address, token=token, **fields)
            if page.status == 429 or (method == "GET" and page.status != 404) or "Theirs" in page.text:
                wrong.append((method, path, page.status))

    assert wrong == []


def test_every_page_and_form_asks_for_a_session(ids: dict[str, str]) -> None:
    before, wrong = stored(), []
    for method, path in OF_SESSION:
        address = with_ids(path, ids)
        page = Browser().get(address) if method == "GET" else Browser().post(address, body="x")
        wrong += [(method, path, page.path)] if page.path != "sign-in" else []

    assert wrong == []
    assert stored() == before


@pytest.mark.parametrize(
    ("origin", "own_token", "part"),
    [
        ("https://evil.example", True, OF_SESSION),
        (None, True, OF_SESSION),
        *((f"https://{HOST}", False, part) for part in PARTS),
    ],
)
def test_every_form_needs_its_own_page(
    *,
    account: Account,
    signed_in: Browser,
    ids: dict[str, str],
    origin: str | None,
    own_token: bool,
    part: list[tuple[str, str]],
) -> None:
    token = (
        signed_in.get("home").fields["token"]
        if own_token
        else Browser().sign_in(account.id, PASSWORD).fields["token"]
    )
    before, wrong = stored(), []
    signed_in.origin = origin
    for method, path in part:
        if method == "POST":
            status = signed_in.post(with_ids(path, ids), token=token, client=ids["client_id"], body="x").status
            wrong += [(path, status)] if status != 403 else []
    for method, path in ROUTES:
        if method == "POST" and path.startswith("/hub/sign-") and path != "/hub/sign-out" and own_token:
            status = (
                Browser(origin=origin).post(path.removeprefix("/hub/"), account=account.id, password=PASSWORD).status
            )
            wrong += [(path, status)] if status != 403 else []

    assert wrong == []
    assert stored() == before


@pytest.mark.parametrize("part", PARTS)
def test_staff_may_do_all_but_what_is_the_owners(
    staff: Browser, ids: dict[str, str], part: list[tuple[str, str]]
) -> None:
    token, refused = staff.get("home").fields["token"], set()
    for method, path in part:
        if path != "sign-out":
            address = with_ids(path, ids)
            page = staff.get(address) if method == "GET" else staff.post(address, token=token)
            assert page.status != 429, path
            refused |= {(method, path)} if page.status == 403 else set()

    assert refused == {one for one in part if one[1] in OF_OWNER and one != ("GET", "people")}


@pytest.mark.parametrize("part", PAGES)
def test_staff_see_no_money_on_any_page_of_a_studio_within_its_plan(
    staff: Browser, ids: dict[str, str], part: list[str]
) -> None:
    shown = {path for path in part if "$" in staff.get(with_ids(path, ids)).text}

    assert shown == set()


@pytest.mark.account(name=HOSTILE)
@pytest.mark.parametrize("part", PAGES)
def test_hostile_words_in_every_field_stay_words_on_every_page(
    account: Account, signed_in: Browser, part: list[str]
) -> None:
    ids, shown = fill(account, MINE, HOSTILE), 0
    queries = {"new": f"to={MINE[1:]}", "suggest": "q=script", "clients/export/clients.csv": "count=9"}
    queries["clients/export/consents.csv"] = "count=9"
    queries |= {"export/messages.csv": "since=0&count=9", "export/data.csv": "of=templates"}
    queries["plan/change"] = "plan=large"
    queries |= {"upcoming/cancel": f"message_id={ids['message_id']}"}
    for path in part:
        page = signed_in.get(with_ids(path, ids), queries.get(path, "q=script&sent=1"))
        assert page.status in (200, 204), path
        if page.headers["Content-Type"] != ["text/html; charset=utf-8"]:
            continue
        inline = [given for tag, given in page.tags if tag in ("script", "style") and "src" not in given]
        acting = [given for _, given in page.tags if any(n.startswith("on") or n == "style" for n in given)]
        foreign = [
            a
            for a in page.addresses
            if not a.startswith((f"{PREFIX}/hub", f"{PREFIX}/join/", "javascript", "#", "tel:+")) and "#" not in a
        ]
        assert (inline, acting, foreign) == ([], [], []), path
        assert "'unsafe" not in page.headers["Content-Security-Policy"][0]
        shown += HOSTILE in page.text
    assert shown >= 12
