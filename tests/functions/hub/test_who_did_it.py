"""What each person does keeps their name, and the pages show it."""

import re
from datetime import timedelta

import pytest

from inbox import api
from longcode.accounts import people, sessions
from longcode.accounts.account import Account
from longcode.accounts.people import Person, Role
from longcode.aws import clients as aws_clients
from longcode.aws import queues
from longcode.clients import store as clients
from longcode.clients.permission import Via
from longcode.jobs import HandleKeyword
from longcode.messages import folders
from longcode.messages import store as messages
from optout import worker as optout_worker
from send import api as send_api
from tests.support.browser import Browser
from tests.support.fakes import NOW, call, take_queued
from tests.support.fakes import client as write_client
from tests.support.reply_steps import receive
from tests.support.text_steps import accept

pytestmark = pytest.mark.account(texted=NOW - timedelta(hours=1))

TALK = "messages/12125550123"


def person(account: Account, name: str) -> Browser:
    """Return the browser of a person who is signed in by mail."""
    one = Person(account=account.id, id=name, name=name, email=f"{name}@x.example", role=Role.STAFF, added_at=NOW)
    people.add(one)
    browser = Browser()
    browser.cookies["session"] = sessions.begin(account.id, "Chrome", aws_clients.now(), one)
    return browser


@pytest.fixture
def ann(account: Account) -> Browser:
    return person(account, "Ann")


@pytest.fixture
def bob(account: Account) -> Browser:
    return person(account, "Bob")


def test_who_first_read_a_reply_is_shown_and_who_marked_it_as_unread(
    account: Account, ann: Browser, bob: Browser
) -> None:
    receive("SM1", "Can I bring the dog?", at=aws_clients.now())

    first = ann.get(TALK)
    again = bob.get(TALK)
    bob.submit(again, f"{TALK}/unread")
    (unread,) = folders.page(account.id, "inbox", limit=9).messages

    assert "read by Ann" in first.text
    assert "read by Ann" in again.text
    assert (unread.read, unread.read_by) == (False, "Bob")


def test_who_linked_and_unlinked_a_conversation_is_shown(account: Account, ann: Browser, bob: Browser) -> None:
    write_client(account, "c2", "+13105550177", first_name="Cem")
    receive("SM1", "Hello", at=aws_clients.now())

    linked = ann.submit(ann.get(TALK), f"{TALK}/link", client="c2")
    unlinked = bob.submit(bob.get(TALK), f"{TALK}/link", client="")
    again = ann.submit(ann.get(TALK), f"{TALK}/link", client="")

    assert "Linked by Ann" in linked.text
    assert "Link removed by Bob" in unlinked.text
    assert "Link removed by Bob" in again.text


def test_who_cancelled_a_text_is_shown(account: Account, ann: Browser, bob: Browser) -> None:
    text = accept(account, now=aws_clients.now(), send_at=aws_clients.now() + timedelta(days=2))

    cancelled = ann.submit(ann.get(TALK), f"{TALK}/cancel", message_id=text.id)
    bob.submit(bob.get(TALK), f"{TALK}/cancel", message_id=text.id)

    assert "cancelled by Ann" in cancelled.text
    after = messages.get(account.id, text.id)
    assert after
    assert after.cancelled_by == "Ann"


def test_the_api_shows_who_did_what_in_the_hub(account: Account, ann: Browser, bob: Browser) -> None:
    write_client(account, "c2", "+13105550177", first_name="Cem")
    receive("SM1", "Hello", at=aws_clients.now())
    ann.get(TALK)
    bob.submit(bob.get(TALK), f"{TALK}/link", client="c2")
    form = send_api.NewMessage(to="+12125550123", body="See you", send_at=aws_clients.now() + timedelta(days=2))
    (text,) = send_api.accept(account.id, form, "k", aws_clients.now(), "Bob").messages
    ann.submit(ann.get(TALK), f"{TALK}/cancel", message_id=text.id)

    reply = call(api, "GET", "/messages", account=account.id).json["items"][0]
    sent = call(api, "GET", f"/messages/{text.id}", account=account.id).json

    assert (reply["by"], reply["cancelled_by"], reply["read_by"], reply["linked_by"]) == (None, None, "Ann", "Bob")
    assert (sent["by"], sent["cancelled_by"], sent["read_by"], sent["linked_by"]) == ("Bob", "Ann", None, None)


@pytest.mark.parametrize(("answer", "said"), [("yes", "as Ann decided"), ("no", "Ann decided that")])
def test_who_answered_whether_a_reply_was_an_opt_out_is_shown(
    account: Account, ann: Browser, answer: str, said: str
) -> None:
    receive("SMstop", "Please stop texting me!!", at=aws_clients.now())
    for body in take_queued("opt_out"):
        optout_worker.handle_keyword(queues.read(HandleKeyword, body), aws_clients.now())

    decided = ann.submit(ann.get(TALK), f"{TALK}/question", opted_out=answer)

    assert said in decided.text
    assert "“Please stop texting me!!”" in decided.text


def test_who_last_changed_a_client_is_shown_and_a_record_saved_as_it_was_stays_theirs(
    account: Account, ann: Browser, bob: Browser
) -> None:
    before = ann.get("clients/c1")

    changed = ann.submit(before, "clients/c1", last_name="Müller")
    saved = bob.submit(bob.get("clients/c1"), "clients/c1")

    assert "Last changed" not in before.text
    assert "Last changed today by Ann." in changed.text
    assert "Last changed today by Ann." in saved.text


def test_who_deleted_a_client_is_shown_until_another_one_has_the_number(account: Account, ann: Browser) -> None:
    receive("SM1", "Hello", at=aws_clients.now())
    ann.submit(ann.get("clients/c1/delete"), "clients/c1/delete")

    deleted = ann.get(TALK).text
    write_client(account, "c2")

    assert "No client has this number: Ann deleted the record, " in deleted
    assert "deleted" not in ann.get(TALK).text


def test_who_added_a_person_is_shown(account: Account) -> None:
    owner = Browser()
    owner.cookies["session"] = sessions.begin(account.id, "Chrome", aws_clients.now(), people.owner_of(account))

    added = owner.submit(owner.get("people"), "people", name="Ann", email="ann@x.example", role="staff")

    assert re.search(rf"Ann ann@x.example · staff · added \d\d:\d\d by {account.name}", added.text)


def test_who_tagged_and_who_imported_clients_is_shown(account: Account, ann: Browser, bob: Browser) -> None:
    file = b"id,first_name\nc1,Zo\xc3\xab\nc9,Hana\n"
    ann.submit(ann.get("clients"), "clients", id_0="c1", new_tag="vip", do="add")
    tagged = ann.get("clients/c1").text

    bob.submit(page := bob.upload(bob.get("clients/import"), "clients/import", "a.csv", file), page.path, do="import")

    assert "Last changed today by Ann." in tagged
    assert "Last changed today by Ann." in ann.get("clients/c1").text  # the row changed nothing
    assert "Last changed today by Bob, with an import." in ann.get("clients/c9").text
    kept = clients.get(account.id, "c9")
    assert kept
    assert kept.changed
    assert kept.changed.via is Via.IMPORT
