"""What people share about a conversation, as its page shows it: who answers it, notes, and who is writing."""

from hashlib import blake2b

from msgspec import Struct

from hub.conversations import Conversation
from longcode.accounts.people import Person
from longcode.accounts.sessions import Session
from longcode.teamwork.store import Assignment, Note, Teamwork


class ShownNote(Struct, frozen=True, kw_only=True):
    """A note, and whether the person who sees it may delete it."""

    note: Note
    is_deletable: bool


class ShownTeamwork(Struct, frozen=True, kw_only=True):
    """What people share about a conversation; the conversation can be assigned to `people`.

    `notes` are by the id of the message after which they were written, those before all messages shown by "".
    """

    people: list[Person]
    assigned: Assignment | None
    notes: dict[str, list[ShownNote]]
    writing: list[str]


def shown(
    shared: Teamwork, everybody: list[Person], me: Session, opened: Conversation, before: str | None
) -> ShownTeamwork:
    """Return what people share beside a page of a conversation, whose cursor is `before`.

    The page has the notes of the time of its messages; the newest page also later ones, the oldest also earlier ones.
    """
    notes: dict[str, list[ShownNote]] = {}
    for note in shared.notes:
        earlier = [message.id for message in opened.messages if message.created_at <= note.at]
        is_before, is_after = not earlier, len(earlier) == len(opened.messages)
        if not (is_before and opened.earlier) and not (is_after and before):
            one = ShownNote(note=note, is_deletable=me.may_end(note.person))
            notes.setdefault(earlier[-1] if earlier else "", []).append(one)
    is_there = shared.assigned and shared.assigned.person in {person.id for person in everybody}
    return ShownTeamwork(
        people=everybody, assigned=shared.assigned if is_there else None, notes=notes, writing=shared.writing
    )


def mark(newest_reply: int, shared: Teamwork | None) -> str:
    """Return a word that changes with a new reply, or with what people share about the conversation that is open."""
    if shared is None:
        return str(newest_reply)
    assigned = (shared.assigned.person, shared.assigned.at.isoformat()) if shared.assigned else ()
    seen = repr((assigned, [note.id for note in shared.notes], shared.writing))
    return f"{newest_reply}-{blake2b(seen.encode(), digest_size=6).hexdigest()}"
