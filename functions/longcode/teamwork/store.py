"""What the people of a studio share about a conversation: who answers it, their notes, and who is writing now.

Clients and other studios see none of it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.accounts import people
from longcode.accounts.account import Account
from longcode.accounts.sessions import Session
from longcode.aws.at_once import at_once
from longcode.errors import NotFound, OnlyTheOwner, RequestError
from longcode.months import instant
from longcode.table import hub_keys, store
from longcode.table.writes import (
    ABSENT,
    PRESENT,
    Attributes,
    Delete,
    Put,
    Update,
    attributes,
    has_value,
    key_of,
    read,
)

MOST_NOTES = 100
"""How many notes a conversation has at most."""

LONGEST_NOTE = 1_000
"""The characters of a note, at most."""

_NO_PERSON = "This person cannot sign in any more. Choose somebody else."
_TYPING = timedelta(seconds=20)  # the script of a page says every eight seconds that somebody writes


class Assignment(Struct, frozen=True, kw_only=True):
    """The person who answers a conversation, and the name of who decided it."""

    account: str
    phone: str
    person: str
    name: str
    by: str | None = None
    at: datetime


class Note(Struct, frozen=True, kw_only=True):
    """A note on a conversation. `person` wrote it, by id, and `by` is their name then."""

    account: str
    phone: str
    id: str
    words: str
    at: datetime
    person: str
    by: str | None = None


class Teamwork(Struct, frozen=True, kw_only=True):
    """What people share about a conversation; `writing` are the names of the others who are writing an answer."""

    assigned: Assignment | None = None
    notes: list[Note] = []
    writing: list[str] = []


def of_conversation(account: Account, phone: str, session: Session, now: datetime) -> Teamwork:
    """Return what the people of an account share about a conversation, for the person of a session."""
    assigned, notes, writing = at_once(
        lambda: store.get(hub_keys.assignment(account.id, phone)),
        lambda: [read(Note, item) for item in store.query(hub_keys.note(account.id, phone))],
        lambda: _writing(account, phone, session, now),
    )
    return Teamwork(
        assigned=read(Assignment, assigned) if assigned else None,
        notes=sorted((note for note in notes if not _is_past_retention(note, account, now)), key=lambda one: one.at),
        writing=writing,
    )


def _writing(account: Account, phone: str, session: Session, now: datetime) -> list[str]:
    items = store.all_unexpired(store.query(hub_keys.typing(account.id, phone)), now)
    return sorted({str(item.get("name") or "Somebody") for item in items if item["session"] != session.hash})


def _is_past_retention(note: Note, account: Account, now: datetime) -> bool:
    return account.retention_days is not None and now - note.at >= timedelta(days=account.retention_days)


def assign(account: Account, phone: str, person_id: str, by: str | None, now: datetime) -> None:
    """Assign a conversation to a person of the account, or to nobody for ""; raise `NotFound`."""
    place = hub_keys.assignment(account.id, phone)
    if not person_id:
        store.write(Delete(place))
        return
    person = next((one for one in people.of_account(account) if one.id == person_id), None)
    if person is None:
        raise NotFound(_NO_PERSON, field="person")
    assigned = Assignment(account=account.id, phone=phone, person=person.id, name=person.name, by=by, at=now)
    store.write(Put(place, {"type": "assignment", **attributes(assigned)}))
    if person.id not in {one.id for one in people.of_account(account)}:  # removed meanwhile: `unassign` may be over
        store.write(Delete(place, has_value("person", person.id)))
        raise NotFound(_NO_PERSON, field="person")


def assigned(account: str, person_id: str | None = None) -> dict[str, Assignment]:
    """Return the assignments of an account by phone, of one person if they are named."""
    where = has_value("person", person_id) if person_id else None
    items = store.query(hub_keys.assignment(account), where=where)
    return {item["phone"]: read(Assignment, item) for item in items}


def unassign(account: str, person_id: str) -> None:
    """Delete all assignments of a person who is removed."""
    for phone in assigned(account, person_id):
        store.write(Delete(hub_keys.assignment(account, phone)))


def assigned_of(account: str, phones: set[str]) -> dict[str, Assignment]:
    """Return the assignments of some phones."""
    items = store.get_many(hub_keys.assignment(account, phone) for phone in phones)
    return {item["phone"]: read(Assignment, item) for item in items.values()}


def add_note(account: Account, note: Note) -> None:
    """Write a note; a second one with the same id changes nothing. Raise `RequestError` for no or too many words."""
    if not note.words:
        raise RequestError("Write the words of the note.", field="note")
    if (length := len(note.words)) > LONGEST_NOTE:
        raise RequestError(f"A note has at most {LONGEST_NOTE:,} characters; this one has {length:,}.", field="note")
    if store.count(hub_keys.note(account.id, note.phone)) >= MOST_NOTES:
        raise RequestError(f"A conversation has at most {MOST_NOTES} notes. Delete one first.", field="note")
    item = {"type": "note", **attributes(note), **_expiry(account, note.at)}
    store.try_write(Put(hub_keys.note(account.id, note.phone, note.id), item, ABSENT))


def _expiry(account: Account, now: datetime) -> Attributes:
    """Return the attribute that deletes a note with the words of the messages of its time."""
    return store.expires(now + timedelta(days=account.retention_days)) if account.retention_days else {}


def notes_of_account(account: Account, now: datetime) -> Iterator[Note]:
    """Yield all notes that an account keeps, by phone."""
    notes = (read(Note, item) for item in store.query(hub_keys.note(account.id)))
    yield from (note for note in notes if not _is_past_retention(note, account, now))


def purge_notes(account: str, before: datetime, now: datetime) -> None:
    """Delete the words of an account's notes that were written before an instant, and soon the notes themselves."""
    old = Attr("at").lte(instant(before)) & Attr("words").ne("")
    for item in store.query(hub_keys.note(account), where=old):
        store.try_write(Update(key_of(item), changes={"words": "", **store.expires(now)}, when=PRESENT))


def delete_note(session: Session, phone: str, note_id: str) -> None:
    """Delete a note for the person of a session, if it exists; raise `OnlyTheOwner` if it is not theirs."""
    place = hub_keys.note(session.account, phone, note_id)
    item = store.get(place)
    if item and not session.may_end(read(Note, item).person):
        raise OnlyTheOwner("Only who wrote this note, or the owner of the account, can delete it.")
    store.write(Delete(place))


def begin_typing(account: str, phone: str, session: Session, now: datetime) -> None:
    """Record that the person of a session is writing an answer; it is true for twenty seconds."""
    item = {"type": "typing", "session": session.hash, "name": session.name, **store.expires(now + _TYPING)}
    store.write(Put(hub_keys.typing(account, phone, session.hash), item))
