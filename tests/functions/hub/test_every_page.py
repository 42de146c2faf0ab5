"""What holds for every page and form of the hub: the guards, other studios, roles, hostile words."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from clients import kept_imports
from hub.site import site
from longcode.accounts import people, sessions
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.accounts.people import Person, Role
from longcode.aws import clients as aws_clients
from longcode.aws import queues
from longcode.aws.clients import client as aws_client
from longcode.clients import join_pages
from longcode.clients.client import Phone
from longcode.clients.imports import KeptImport
from longcode.clients.join_pages import JoinPage
from longcode.clients.permission import Via, Writer
from longcode.jobs import HandleKeyword
from longcode.template import Template
from optout import list_import
from optout import worker as optout_worker
from tests.support.browser import HOST, PREFIX, Browser
from tests.support.fakes import NOW, PASSWORD, studio, take_queued
from tests.support.fakes import client as write_client
from tests.support.reply_steps import receive, record_text
from tests.support.text_steps import accept

HOSTILE = "<script>alert(1)</script>\"'>&amp;<b onclick=x style=y>{{7*7}}"
OF_OWNER = {
    *("account", "account/password", "people", "people/<person_id>/remove"),
    *("join-page", "join-page/renew", "join-page/print", "join-page/qr.svg"),
}
MINE, THEIRS = "+12125550123", "+12125550188"
ROUTES = [(route.method, route.path) for route in (*site._static_routes, *site._dynamic_routes)]
BY_TOKEN = (
    "/signup/",
    "/password/",
    "/hub/address/",
    "/join/",
)  # whoever knows the token of a mailed link may use it
WITHOUT_SESSION = ("/hub/sign-", "/hub/assets/", *BY_TOKEN)
OF_SESSION = [
    (method, path.removeprefix("/hub/"))
    for method, path in ROUTES
    if path == "/hub/sign-out" or not (path == "/hub" or path.startswith(WITHOUT_SESSION))
]


def fill(account: Account, phone: str, name: str) -> dict[str, str]:
    """Write something of everything for a studio, with a name in each field; return the ids that its pages have."""
    client_id, now = f"of-{account.id}", aws_clients.now()
    entered = (Phone(number=phone, entered=phone, label=name[:20]),)
    write_client(
        account, client_id, first_name=name, last_name=name, phones=entered, tags=(name,), status=name, time_zone=None
    )
    accounts.put_template(Template(account=account.id, name=name, subject=name, body=name))
    record_text(account, NOW - timedelta(hours=1), phone=phone, client_id=client_id, message_id=f"m{account.id}")
    text = accept(
        account, now=now, client_id=client_id, send_at=now + timedelta(days=2), body=name.partition("{{")[0]
    )
    receive(f"SMa{account.id}", name, phone=phone, at=now)
    receive(f"SMb{account.id}", f"Please stop texting me!! {name}", phone=phone, at=now)
    for body in take_queued("opt_out"):
        optout_worker.handle_keyword(queues.read(HandleKeyword, body), now)
    person = Person(account=account.id, id="p", name=name, email="p@x.example", role=Role.STAFF, added_at=NOW)
    people.add(person)
    sessions.begin(account.id, name, now, person)
    new = KeptImport(account=account.id, id="a" * 32, name=name, size=9, at=now, since=now, rows=0, by=name)
    kept_imports.begin(new, account, b"id,first_name,phone\nx,Ann,12\n", Writer(via=Via.IMPORT, person=name))
    brought = replace(new, id="b" * 32, of="opt-outs")
    writer = Writer(via=Via.IMPORT, person=name)
    kept_imports.begin(brought, account, b"phone\n12\n", writer, run=list_import.run)
    greeting = JoinPage(account=account.id, code=f"code{account.id}", shown=True, greeting=name)
    join_pages.save(account, greeting, name, now)
    (session,) = (one for one in sessions.of_account(account.id, now) if one.person == "p")
    return {
        "digits": phone.removeprefix("+"),
        "person_id": "p",
        "session_hash": session.hash,
        "import_id": new.id,
        "list_id": brought.id,
        "client_id": client_id,
        "message_id": text.id,
    }


def with_ids(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"<(\w+)>", lambda match: ids[match[1]], path)


def stored(account: str = "") -> list[Any]:
    """Return the items, of an account alone if it is named, but not the counts of calls."""
    items = aws_client("dynamodb").scan(TableName="longcode")["Items"]
    return [item for item in items if item.get("type") != {"S": "calls"} and account in str(item)]


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
    found = fill(other, THEIRS, "Theirs")
    before = stored(other.id)
    yield found
    assert stored(other.id) == before


def test_no_address_with_an_id_of_another_studio_shows_or_changes_anything(
    signed_in: Browser, theirs: dict[str, str]
) -> None:
    token, wrong = signed_in.get("home").fields["token"], []
    fields = {"message_id": theirs["message_id"], "client": theirs["client_id"], "opted_out": "yes", "do": "import"}
    for method, path in sorted(OF_SESSION):  # a form may write a client of this studio's under the same id
        if "<" in path:
            address = with_ids(path, theirs)
            page = signed_in.get(address) if method == "GET" else signed_in.post(address, token=token, **fields)
            if (method == "GET" and page.status != 404) or "Theirs" in page.text:
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
    ("origin", "own_token"), [("https://evil.example", True), (None, True), (f"https://{HOST}", False)]
)
def test_every_form_needs_its_own_page(
    account: Account, signed_in: Browser, ids: dict[str, str], origin: str | None, own_token: bool
) -> None:
    token = (
        signed_in.get("home").fields["token"]
        if own_token
        else Browser().sign_in(account.id, PASSWORD).fields["token"]
    )
    before, wrong = stored(), []
    signed_in.origin = origin
    for method, path in OF_SESSION:
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


def test_staff_may_do_all_but_what_is_the_owners(staff: Browser, ids: dict[str, str]) -> None:
    token, refused = staff.get("home").fields["token"], set()
    for method, path in OF_SESSION:
        if path != "sign-out":
            address = with_ids(path, ids)
            page = staff.get(address) if method == "GET" else staff.post(address, token=token)
            refused |= {(method, path)} if page.status == 403 else set()

    assert refused == {one for one in OF_SESSION if one[1] in OF_OWNER and one != ("GET", "people")}


@pytest.mark.account(name=HOSTILE)
def test_hostile_words_in_every_field_stay_words_on_every_page(account: Account, signed_in: Browser) -> None:
    ids, shown = fill(account, MINE, HOSTILE), 0
    queries = {"new": f"to={MINE[1:]}", "suggest": "q=script", "clients/export/clients.csv": "count=9"}
    for method, path in OF_SESSION:
        if method == "GET":
            page = signed_in.get(with_ids(path, ids), queries.get(path, "q=script&sent=1"))
            assert page.status in (200, 204), path
            if page.headers["Content-Type"] != ["text/html; charset=utf-8"]:
                continue
            inline = [given for tag, given in page.tags if tag in ("script", "style") and "src" not in given]
            acting = [given for _, given in page.tags if any(n.startswith("on") or n == "style" for n in given)]
            foreign = [
                a
                for a in page.addresses
                if not a.startswith((f"{PREFIX}/hub", f"{PREFIX}/join/", "javascript", "#")) and "#" not in a
            ]
            assert (inline, acting, foreign) == ([], [], []), path
            assert "'unsafe" not in page.headers["Content-Security-Policy"][0]
            shown += HOSTILE in page.text
    assert shown >= 12
