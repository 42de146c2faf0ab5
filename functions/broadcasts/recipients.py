"""The recipients of a broadcast, a page at a time: its texts, and then the clients who got none."""

import re

from longcode.broadcasts import counts
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast
from longcode.broadcasts.counts import Counts, Result
from longcode.broadcasts.outcome import Outcome
from longcode.errors import BadCursor
from longcode.message import NOT_REACHED, Message

_SKIPPED = "skipped"
_PLACE = re.compile(rf"{_SKIPPED}\.([0-9]{{1,9}})\.([0-9]{{1,9}})\.([0-9]{{1,9}})")

FIRST_SKIPPED = f"{_SKIPPED}.0.0.0"
"""The cursor with which the clients without a text begin."""

Entry = Message | Outcome


def page(
    broadcast: Broadcast, cursor: str | None, limit: int, *, unreached_of: Counts | None = None
) -> tuple[list[Entry], str | None]:
    """Return texts of a broadcast, then its skipped clients, and the cursor of the next page.

    With `unreached_of`, the broadcast's counts, only the texts that did not arrive, then the skipped clients. Raise
    `BadCursor` for another list's.
    """
    if cursor and cursor.startswith(f"{_SKIPPED}."):
        return _skipped_page(broadcast, [], _place(cursor), limit)
    _check_text(broadcast, cursor)
    if unreached_of:
        texts, last = counts.messages_in(broadcast, unreached_of, NOT_REACHED, after=cursor, limit=limit)
    else:
        read = broadcasts.texts_page(broadcast, cursor, limit)
        texts, last = read.texts, read.last
    return (list(texts), last) if last else _skipped_page(broadcast, list(texts), None, limit)


def page_of_result(
    broadcast: Broadcast, texts: Counts, result: Result, cursor: str | None, limit: int
) -> tuple[list[Entry], str | None]:
    """Return the texts of a broadcast with a result, and the cursor of the next page; raise `BadCursor`."""
    _check_text(broadcast, cursor)
    found, last = counts.messages_in(
        broadcast, texts, [result.state], reason=result.reason, after=cursor, limit=limit
    )
    return list(found), last


def _skipped_page(
    broadcast: Broadcast, entries: list[Entry], begin: broadcasts.SkippedPlace | None, limit: int
) -> tuple[list[Entry], str | None]:
    for place, outcome in broadcasts.skipped_from(broadcast, begin):
        if len(entries) == limit:
            return entries, ".".join(map(str, (_SKIPPED, *place)))
        entries.append(outcome)
    return entries, None


def _check_text(broadcast: Broadcast, cursor: str | None) -> None:
    if cursor and not re.fullmatch(f"{re.escape(broadcast.id)}-[0-9a-f]{{16}}", cursor):
        raise _bad_cursor()


def _place(cursor: str) -> broadcasts.SkippedPlace:
    found = _PLACE.fullmatch(cursor)
    if found is None:
        raise _bad_cursor()
    step, part, row = map(int, found.groups())
    return step, part, row


def _bad_cursor() -> BadCursor:
    return BadCursor("The cursor does not belong to this list.", field="cursor")
