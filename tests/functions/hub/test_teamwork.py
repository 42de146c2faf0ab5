"""What people share about a conversation: who answers it, notes that are not sent, and who is writing."""

from datetime import timedelta

import pytest

from accounts import invitations
from longcode.accounts import people, sessions
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.accounts.people import Person, Role
from longcode.aws import clients
from longcode.errors import NotFound
from longcode.messages import folders
from longcode.teamwork import store as teamwork
from longcode.teamwork.store import LONGEST_NOTE, MOST_NOTES, Note
from tests.support.aws_calls import meanwhile
from tests.support.browser import Browser, Page
from tests.support.fakes import ACTOR, NOW, studio
from tests.support.reply_steps import PHONE, receive

pytestmark = pytest.mark.account(texted=NOW - timedelta(hours=1))

TALK = "messages/12125550123"


def add(account: Account, name: str) -> Browser:
    """Return the browser of a person who is added to the account."""
    person = Person(account=account.id, id=name, name=name, email=f"{name}@x.example", role=Role.STAFF, added_at=NOW)
    people.add(person)
    return Browser({"session": sessions.begin(account.id, "Chrome", clients.now(), person)})


@pytest.fixture
def ann(account: Account) -> Browser:
    return add(account, "Ann")


@pytest.fixture
def bo(account: Account) -> Browser:
    return add(account, "Bo")


def write_note(browser: Browser, words: str, **fields: str) -> Page:
    return browser.submit(browser.get(TALK), f"{TALK}/note", note=words, **fields)


def write_notes(account: Account, count: int) -> None:
    for index in range(count):
        note = Note(account=account.id, phone=PHONE, id=f"{index:032}", words="x", at=NOW, person="Ann")
        teamwork.add_note(account, note)


def test_a_conversation_is_assigned_shown_and_found_by_who_answers_it(ann: Browser, bo: Browser) -> None:
    receive("SM1", "Can I bring the dog?", at=clients.now())

    talk = ann.submit(ann.get(TALK), f"{TALK}/assign", person="Bo")

    assert "Bo answers" in talk.text
    assert "Assigned by Ann" in talk.text
    assert "answered by Bo" in ann.get("messages").text
    assert "Can I bring the dog?" in bo.get("messages", "tab=mine").text
    assert "Can I bring the dog?" not in ann.get("messages", "tab=mine").text


def test_a_conversation_is_taken_from_who_answers_it(account: Account, ann: Browser) -> None:
    ann.submit(ann.get(TALK), f"{TALK}/assign", person="Ann")

    talk = ann.submit(ann.get(TALK), f"{TALK}/assign", person="")

    assert "Ann answers" not in talk.text
    assert teamwork.assigned(account.id) == {}


def test_a_removed_person_answers_nothing_any_more(account: Account, signed_in: Browser, bo: Browser) -> None:
    teamwork.assign(account, PHONE, "Bo", None, NOW)

    signed_in.submit(signed_in.get("people"), "people/Bo/remove")

    assert teamwork.assigned(account.id) == {}
    assert signed_in.submit(signed_in.get(TALK), f"{TALK}/assign", person="Bo").status == 404


def test_a_person_who_is_removed_while_being_assigned_answers_nothing(account: Account, ann: Browser) -> None:
    add(account, "Bo")
    bo = people.get(account.id, "Bo")
    assert bo

    with meanwhile("PutItem", lambda: invitations.remove(account, bo, NOW, ACTOR)), pytest.raises(NotFound):
        teamwork.assign(account, PHONE, "Bo", "Ann", NOW)

    assert teamwork.assigned(account.id) == {}


def test_who_is_alone_sees_nothing_to_assign(signed_in: Browser) -> None:
    talk = signed_in.get(TALK)

    assert "Assign" not in talk.text
    assert "Mine" not in talk.text


def test_a_note_is_seen_by_colleagues_and_not_sent(account: Account, ann: Browser, bo: Browser) -> None:
    write_note(ann, "She wants the barn.")

    shown = bo.get(TALK).text

    assert "Note by Ann" in shown
    assert "She wants the barn." in shown
    assert [text.body for text in folders.page(account.id, "all", limit=9).messages] == []


def test_a_note_that_is_saved_twice_is_there_once(account: Account, ann: Browser) -> None:
    talk = ann.get(TALK)
    ann.submit(talk, f"{TALK}/note", note="She wants the barn.", key="c" * 32)
    ann.submit(talk, f"{TALK}/note", note="She wants the barn.", key="c" * 32)

    assert ann.get(TALK).text.count("She wants the barn.") == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (" ", "Write the words of the note."),
        ("x" * (LONGEST_NOTE + 1), "A note has at most 1,000 characters; this one has 1,001."),
    ],
)
def test_a_note_that_does_not_fit_is_refused_and_kept(ann: Browser, words: str, why: str) -> None:
    refused = write_note(ann, words)

    assert refused.status == 422
    assert why in refused.text
    assert words.strip() in refused.typed


def test_a_conversation_has_room_for_so_many_notes(account: Account, ann: Browser) -> None:
    write_notes(account, MOST_NOTES)

    assert "A conversation has at most 100 notes. Delete one first." in write_note(ann, "One more").text


def test_staff_delete_their_own_notes_and_the_owner_any(
    account: Account, signed_in: Browser, ann: Browser, bo: Browser
) -> None:
    write_notes(account, 2)
    first, second = (f"{TALK}/note/{index:032}/delete" for index in range(2))

    refused = bo.submit(bo.get(TALK), first)
    left_by_bo = signed_in.get(TALK).text.count("Note by")
    ann.submit(ann.get(TALK), first)
    signed_in.submit(signed_in.get(TALK), second)

    assert refused.status == 403
    assert "Only who wrote this note, or the owner of the account, can delete it." in refused.text
    assert left_by_bo == 2
    assert "Note by" not in signed_in.get(TALK).text


def test_notes_go_with_the_words_of_their_time(account: Account, ann: Browser) -> None:
    now = clients.now()
    old = Note(account=account.id, phone=PHONE, id="a" * 32, words="x", at=now - timedelta(days=31), person="Ann")
    teamwork.add_note(account, old)

    accounts.change_settings(account.id, {"retention_days": 30})
    write_note(ann, "This month's")

    assert ann.get(TALK).text.count("Note by") == 1


def test_others_see_who_is_writing_and_are_told_of_it(account: Account, ann: Browser, bo: Browser) -> None:
    before = bo.get("newest", "with=12125550123").html

    ann.submit(ann.get(TALK), f"{TALK}/typing")

    assert "Ann is answering" in bo.get(TALK).text
    assert "is answering" not in ann.get(TALK).text
    assert bo.get("newest", f"with=12125550123&after={before}").status == 200
    assert ann.get("newest", f"with=12125550123&after={before}").status == 204


def test_who_writes_no_more_is_not_shown(account: Account, ann: Browser, bo: Browser) -> None:
    (session,) = (one for one in sessions.of_account(account.id, clients.now()) if one.person == "Ann")

    teamwork.begin_typing(account.id, PHONE, session, clients.now() - timedelta(seconds=20))

    assert "is answering" not in bo.get(TALK).text


def test_a_note_stands_beside_the_messages_of_its_time(account: Account, ann: Browser) -> None:
    receive("SM1", "Early", at=NOW)
    write_note(ann, "Between")
    receive("SM2", "Late", at=clients.now() + timedelta(minutes=1))

    talk = ann.get(TALK).text.partition("No connection")[0]
    after = talk[talk.rindex("Early") :] if talk.rindex("Early") < talk.rindex("Between") else ""

    assert after.index("Between") < after.index("Late")


def test_another_studio_sees_nothing_of_it(account: Account, ann: Browser) -> None:
    other = studio("10000002", name="Another Studio")
    write_note(ann, "She wants the barn.")
    ann.submit(ann.get(TALK), f"{TALK}/assign", person="Ann")
    them = add(other, "Eve")

    assert them.get(TALK).status == 404
    assert them.submit(them.get("home"), f"{TALK}/note", note="x").status == 404
    assert them.submit(them.get("home"), f"{TALK}/assign", person="Ann").status == 404
    assert teamwork.assigned(other.id) == {}
