"""The owner takes all data of the studio: whole, safe to open, in files that fit a response, without secrets."""

import csv
import random
import tracemalloc
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from msgspec.structs import replace

from accounts import credentials_api, settings_api
from accounts.credentials_api import NewKey
from accounts.settings_forms import AccountSettings
from clients import api as clients_api
from clients.forms import ClientForm, ConsentForm, PhoneForm
from hub import page
from hub.settings import archive, files
from longcode.accounts import people
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, ReplyDelivery
from longcode.accounts.passwords import KeyScope
from longcode.accounts.people import Person, Role
from longcode.aws import clients
from longcode.broadcasts import drafts
from longcode.broadcasts.drafts import BroadcastDraft
from longcode.changes import store as changes
from longcode.changes.change import Span
from longcode.clients import join_pages
from longcode.clients.client import Audience
from longcode.clients.join_pages import JoinPage
from longcode.clients.permission import ConsentMeans, Permission, Via, Writer
from longcode.jobs import Means
from longcode.messages import reply_notices, retentions
from longcode.messages import store as messages
from longcode.optouts import store as optouts
from longcode.optouts.consent import OptOutEvent, account_scope
from longcode.table import broadcast_keys, store
from longcode.table.writes import Put, attributes
from longcode.teamwork import store as teamwork
from longcode.teamwork.store import Note
from longcode.template import Template, TemplateVersion
from longcode.templates import store as template_store
from longcode.triggers import call_tasks
from longcode.triggers.planning import Call
from longcode.triggers.trigger import TextTo
from longcode.webhooks import delivery
from longcode.webhooks import store as webhooks
from longcode.webhooks.delivery import DeliveryState
from tests.functions.hub.conftest import PASSWORD
from tests.support.broadcast_steps import advance, create_broadcast
from tests.support.browser import Browser, Page
from tests.support.fakes import ACTOR, NOW, client, studio
from tests.support.reply_steps import PHONE, receive, record_text
from tests.support.text_steps import accept
from tests.support.trigger_steps import write_trigger
from triggers.events_api import accept_event
from triggers.forms import EventForm


def rows(page: Page) -> list[dict[str, str]]:
    assert page.headers["Content-Type"] == ["text/csv; charset=utf-8"]
    return list(csv.DictReader(StringIO(page.html.removeprefix("\ufeff"))))


def file_of(account: Account, name: str) -> str:
    """Return a file without its page, of which an account may open ten in five seconds."""
    _, rows_of = files.FILES[name]
    return files.sheet(rows_of(accounts.get_or_raise(account.id), clients.now())).removeprefix("\ufeff")


def test_messages_come_with_their_words_and_no_cell_is_run_by_a_spreadsheet(
    account: Account, signed_in: Browser
) -> None:
    now = clients.now()
    accept(account, now=now - timedelta(minutes=2), client_id="c1", body="See you at ten.")
    record_text(account, now - timedelta(minutes=2))
    receive(body='=HYPERLINK("https://evil.example")', at=now - timedelta(minutes=1))
    page = signed_in.get("export")

    address = next(each for each in page.addresses if "messages.csv" in each).partition("?")[2]
    sent, reply = rows(signed_in.get("export/messages.csv", address))

    assert "2 messages" in page.text
    assert (sent["words"], sent["direction"], sent["phone"]) == ("See you at ten.", "out", f"'{PHONE}")
    assert (reply["words"], reply["direction"]) == ('\'=HYPERLINK("https://evil.example")', "in")


@pytest.mark.parametrize("minutes_ago", [60, 4, 1, -60])
def test_many_messages_fill_several_files_that_have_each_message_once_whenever_the_studio_began(
    account: Account, minutes_ago: int
) -> None:
    now = clients.now()
    begun = now - timedelta(minutes=minutes_ago)
    for number in range(7):
        accept(account, f"k{number}", now=now - timedelta(minutes=number), body=f"Text {number}")

    parts = retentions.begins_of_parts(account.id, begun, now + timedelta(minutes=1), 3)
    words = [
        str(list(row)[7])
        for since, count in parts
        for row in list(files.message_rows(account, since, count, now + timedelta(minutes=1)))[1:]
    ]

    assert [count for _, count in parts] == [3, 3, 1]
    assert words == [f"Text {number}" for number in reversed(range(7))]


def test_a_file_that_is_too_large_for_a_response_comes_in_halves(account: Account, signed_in: Browser) -> None:
    words = "\u0416" * 1_600
    now = clients.now()
    some = accept(account, "k", now=now - timedelta(hours=1), body="Hello")
    times = [now - timedelta(seconds=900 - number) for number in range(600)]
    many = [replace(some, id=f"m{number:03}", created_at=at, body=words) for number, at in enumerate(times)]
    for first in range(0, len(many), 50):
        messages.accept(many[first : first + 50])

    page = signed_in.get("export/messages.csv", "since=0&count=601")
    halves = [a.partition("?")[2] for a in page.addresses if "messages.csv?" in a]
    ids = [row["id"] for half in halves for row in rows(signed_in.get("export/messages.csv", half))]

    assert len(halves) == 2
    assert len(ids) == len(set(ids)) == 601


def test_words_that_are_no_longer_kept_are_not_in_the_file(account: Account, signed_in: Browser) -> None:
    now = clients.now()
    record_text(account, now - timedelta(days=10))
    receive(body="Old words", at=now - timedelta(days=9))
    settings_api.change(account, AccountSettings(retention_days=7), now, ACTOR)

    (row,) = rows(signed_in.get("export/messages.csv", "since=0&count=9"))

    assert (row["words"], row["words_deleted"]) == ("", "yes")


def test_all_other_data_has_a_file(account: Account, signed_in: Browser) -> None:
    template_store.put_template(
        Template(account=account.id, name="hello", subject="S", body="Hi {{client.first_name}}")
    )
    client(account, "c9", "+12125550199", first_name="Gwen")
    said = OptOutEvent(
        id="e",
        phone="+12125550199",
        scope=account_scope(account.id),
        out=True,
        at=NOW,
        means=Means.STAFF,
        words="called",
        account=account.id,
        by="Ann",
    )
    optouts.record(said)
    optouts.refresh_listed(account.id, "+12125550199", NOW)

    words = "Wants the barn"
    note = Note(account=account.id, phone=PHONE, id="n", words=words, at=NOW, person="a", by="Ann")
    teamwork.add_note(account, note)
    to_make = Call(account=account.id, id="2026-x", at=NOW, client_id="c9", phones=("+12125550199",), text="Call me")
    assert call_tasks.make(account.id, "b", [to_make], "Ann", NOW, also=lambda _: []) == [to_make]

    (template,) = rows(signed_in.get("export/data.csv", "of=templates"))
    found = {name: list(csv.DictReader(StringIO(file_of(account, name)))) for name in files.FILES}
    (out,) = rows(signed_in.get("opt-outs/export/opt-outs.csv"))

    assert (template["name"], template["words"]) == ("hello", "Hi {{client.first_name}}")
    assert {row["setting"]: row["value"] for row in found["settings"]}["id"] == account.id
    assert (out["phone"], out["client"], out["words"], out["recorded_by"]) == (
        "'+12125550199",
        "Gwen",
        "called",
        "Ann",
    )
    assert [(one["words"], one["written_by"]) for one in found["notes"]] == [(words, "Ann")]
    assert [(one["client_id"], one["words"]) for one in found["calls"]] == [("c9", "Call me")]
    assert [one["role"] for one in found["people"]] == ["owner"]
    assert any(address.endswith("opt-outs/export/opt-outs.csv") for address in signed_in.get("export").addresses)
    assert signed_in.get("export/data.csv", "of=other").status == 404
    assert signed_in.get("export/messages.csv", "since=0&count=99999").status == 404


def test_everything_comes_in_one_zip(account: Account, signed_in: Browser) -> None:
    now = clients.now()
    accept(account, now=now - timedelta(minutes=2), client_id="c1", body="See you at ten.")
    agreed = Permission(
        since=NOW, via=Via.HUB, person="Ann", means=ConsentMeans.PAPER, given_on=date(2026, 11, 3), taken_by="Ben"
    )
    client(account, "c9", "+12125550199", first_name="Gwen", permission=agreed)

    with ZipFile(BytesIO(b64decode(signed_in.get("export/everything.zip").html))) as unpacked:
        texts = {name: unpacked.read(name).decode("utf-8-sig") for name in unpacked.namelist()}
    with ZipFile(BytesIO(b64decode(signed_in.get("export/all-else.zip").html))) as unpacked:
        others = unpacked.namelist()

    tables = {name: list(csv.DictReader(StringIO(text))) for name, text in texts.items()}
    assert [row["words"] for row in tables["messages.csv"]] == ["See you at ten."]
    assert {row["first_name"] for row in tables["clients.csv"]} == {"Zoë", "Gwen"}
    assert [(row["phone"], row["means"], row["given_on"], row["taken_by"]) for row in tables["consents.csv"]] == [
        ("'+12125550199", "paper", "2026-11-03", "Ben")
    ]
    long = {"former-consents.csv"}
    assert set(tables) - set(others) == {"clients.csv", "consents.csv", "messages.csv"} | long
    assert set(others) | long == {"opt-outs.csv", *(f"{name}.csv" for name in files.FILES)}


def test_what_is_too_much_for_one_file_is_refused_before_the_request_ends(account: Account) -> None:
    with pytest.raises(archive.TooMuch):
        archive.of(account, clients.now(), whole=True, seconds=0)


def keep_drafts(account: Account, count: int, new_id: Callable[[int], str]) -> None:
    """Keep drafts, each for a thousand clients with long ids."""
    for index in range(count):
        whom = Audience(client_ids=tuple(map(new_id, range(1_000))))
        draft = BroadcastDraft(
            account=account.id, id=f"{index:032x}", at=NOW, changed_at=clients.now(), audience=whom
        )
        item = {"type": "broadcast-draft", **attributes(draft)}
        store.write(Put(broadcast_keys.broadcast_draft(account.id, draft.id), item))


def test_a_file_that_a_studio_has_made_too_large_comes_as_a_zip(account: Account, signed_in: Browser) -> None:
    keep_drafts(account, 20, lambda index: f"{index:04}{'x' * 296}")

    answer = signed_in.get("export/data.csv", "of=drafts")
    with ZipFile(BytesIO(b64decode(answer.html))) as unpacked:
        drafted = unpacked.read("drafts.csv").decode().splitlines()

    assert answer.headers["Content-Disposition"] == ['attachment; filename="drafts.zip"']
    assert len(drafted) == 21
    assert page.download("x" * 6_000_000, "clients.csv").status_code == 413


def test_what_no_zip_holds_is_refused_on_a_page_and_is_not_recorded_as_taken(
    account: Account, signed_in: Browser
) -> None:
    chance = random.Random(1)
    keep_drafts(account, 20, lambda _: urlsafe_b64encode(chance.randbytes(224)).decode())

    answers = [signed_in.get("export/all-else.zip"), signed_in.get("export/data.csv", "of=drafts")]

    assert [answer.status for answer in answers] == [413, 413]
    assert all("Too much for one file" in answer.text for answer in answers)
    assert all(any(one.endswith("/hub/export") for one in answer.addresses) for answer in answers)
    assert "export" not in {one.kind for one in changes.of_account(account.id, Span(limit=9), clients.now())[0]}


def test_rows_of_megabytes_are_not_all_in_memory(account: Account) -> None:
    megabytes = ((f"{index}{'ж' * 300_000}",) for index in range(200))
    tracemalloc.start()
    zipped = archive.one(account, "drafts", megabytes, NOW, seconds=60)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert isinstance(zipped, bytes)
    assert peak < 100_000_000


def test_messages_beyond_one_read_are_in_the_zip_once_each(account: Account) -> None:
    now = clients.now()
    some = accept(account, "k", now=now - timedelta(hours=1), body="Hello")
    times = [now - timedelta(seconds=2_600 - number) for number in range(2_600)]
    many = [replace(some, id=f"m{number:04}", created_at=at) for number, at in enumerate(times)]
    for first in range(0, len(many), 50):
        messages.accept(many[first : first + 50])

    ids = [list(row)[17] for row in files.all_message_rows(account, now)]

    assert ids == ["id", some.id, *(f"m{number:04}" for number in range(2_600))]


@pytest.mark.account(edition="professional")
def test_what_people_and_software_wrote_is_in_the_files(account: Account) -> None:
    now = clients.now()
    words = TemplateVersion(subject="", body="Hello", changed_at=NOW, changed_by="Ann")
    template = Template(account=account.id, name="hi", subject="", body="Hi")
    template_store.change_template(None, template, [words])
    write_trigger(account=account.id, name="call", body="Come", to=TextTo.STAFF, staff_phone="+12125550111")
    session = {"kind": "session", "id": "s1", "client_id": "c1", "status": "confirmed", "session_date": "2199-03-01"}
    accept_event(account.id, EventForm.model_validate(session), "e1", now)
    whom = Audience(tags=("wedding",))
    drafts.begin(BroadcastDraft(account=account.id, id="d" * 32, at=now, changed_at=now, audience=whom, body="Two"))
    broadcast = create_broadcast(account, now=now, audience={"client_ids": ["c1"]}, body="Three")
    to_make = Call(account=account.id, id="2026-x", at=NOW, client_id="c1", phones=(PHONE,), text="Call me")
    call_tasks.make(account.id, "b", [to_make], "Ann", NOW, also=lambda _: [])
    call_tasks.finish_call(replace(to_make, done_at=NOW, done_by="Ben", note="Later"), now, timedelta(days=1))
    join_pages.save(account, JoinPage(account=account.id, code="abc", shown=True), "Ann", now)
    ann = Person(account=account.id, id="a", name="Ann", email="a@x.example", role=Role.STAFF, added_at=NOW)
    people.add(ann)
    teamwork.assign(account, PHONE, "a", "Ben", now)
    credentials_api.make_key(account.id, NewKey(name="Booking page", scope=KeyScope.READ), now, ACTOR)

    def first_of(name: str) -> dict[str, str]:
        return next(csv.DictReader(StringIO(file_of(account, name))))

    assert [first_of("former-words")[one] for one in ("template", "words", "changed_by")] == ["hi", "Hello", "Ann"]
    assert [first_of("triggers")[one] for one in ("name", "to", "staff_phone")] == ["call", "staff", "'+12125550111"]
    assert [first_of("records")[one] for one in ("id", "status", "session_date")] == ["s1", "confirmed", "2199-03-01"]
    assert [first_of("drafts")[one] for one in ("words", "audience")] == ["Two", '{"tags":["wedding"]}']
    assert [first_of("broadcasts")[one] for one in ("id", "audience")] == [broadcast, '{"client_ids":["c1"]}']
    assert [first_of("calls")[one] for one in ("id", "done_by", "note")] == ["2026-x", "Ben", "Later"]
    assert account.name in first_of("join-page")["words"]
    assert [first_of("assigned")[one] for one in ("answered_by", "assigned_by")] == ["Ann", "Ben"]
    assert first_of("changes")["what"] == "Made the API key Booking page"
    assert [first_of("keys")[one] for one in ("name", "scope")] == ["Booking page", "read"]
    assert [first_of("planned")[one] for one in ("trigger", "record_id", "state")] == ["call", "s1", "planned"]


def test_what_people_chose_and_what_was_not_sent_or_taken_is_in_the_files(
    account: Account, signed_in: Browser
) -> None:
    now = clients.now()
    client(account, "c8", "+12125550198", allow_text_marketing=False)
    broadcast = create_broadcast(account, now=now, audience={"client_ids": ["c8", "c1"]}, body="Three")
    advance(now)
    ann = Person(account=account.id, id="a", name="Ann", email="a@x.example", role=Role.STAFF, added_at=NOW)
    people.add(ann)
    reply_notices.choose(account.id, "a", wanted=True, delay_minutes=60, quiet_at_night=True, now=now)
    failed = replace(
        delivery.of_test(account.id, "x", now), state=DeliveryState.FAILED, error="timed_out", attempt=10
    )
    webhooks.create([failed])

    def first_of(name: str) -> list[str]:
        return list(next(csv.DictReader(StringIO(file_of(account, name)))).values())

    assert first_of("skipped")[:4] == [broadcast, "c8", "", "no_permission"]
    assert first_of("notifications") == ["Ann", "yes", "60", "yes"]
    assert first_of("sessions")[1:3] == ["owner", "Chrome on Windows"]
    assert first_of("webhooks")[1:5] == ["webhook.test", "failed", "10", "timed_out"]


def test_a_consent_is_in_the_files_when_its_client_is_deleted(account: Account, signed_in: Browser) -> None:
    phone, writer = "+12125550199", Writer(via=Via.HUB, person="Ann")
    form = ClientForm(
        phones=[PhoneForm(number=phone)], allow_text_marketing=True, consent=ConsentForm(means=ConsentMeans.PAPER)
    )
    clients_api.write(account, "c9", form, writer, clients.now())
    accept(account, now=clients.now(), client_id="c9", body="See you at ten.")
    before = file_of(account, "former-consents")
    clients_api.delete(account.id, "c9", writer, clients.now())

    (kept,) = csv.DictReader(StringIO(file_of(account, "former-consents")))

    assert before.count("paper") == 0
    assert [kept[one] for one in ("phone", "client_id", "means", "by")] == [f"'{phone}", "c9", "paper", "Ann"]


def test_no_file_has_a_secret(account: Account, signed_in: Browser) -> None:
    settings_api.change(
        account,
        AccountSettings(webhook_url="https://studio.example/hook", delivery=ReplyDelivery.WEBHOOK),
        clients.now(),
        ACTOR,
    )
    form = NewKey(name="Booking page", scope=KeyScope.READ)
    _, key = credentials_api.make_key(account.id, form, clients.now(), ACTOR)
    secret = accounts.get_or_raise(account.id).webhook_secret

    texts = [file_of(account, name) for name in files.FILES]

    assert secret
    assert [one for one in (PASSWORD, key, secret) if any(one in text for text in texts)] == []


def test_another_studios_messages_are_in_no_file(account: Account, signed_in: Browser) -> None:
    other = studio("10000002")
    client(other, "x1")
    accept(other, now=clients.now() - timedelta(minutes=1), client_id="x1", body="Theirs")
    since = retentions.begins_of_parts(other.id, other.created_at, clients.now(), 9)[0][0]

    assert "Theirs" not in signed_in.get("export/messages.csv", f"since={since}&count=9").html
