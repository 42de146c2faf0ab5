"""The record of changes in the table: write one, alone or with the change itself; list them. Each is kept a year."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import TypeVar
from uuid import uuid4

from msgspec.structs import replace

from longcode import months
from longcode.changes.change import Actor, ChangeKind, Detail, RecordedChange, Span
from longcode.errors import RequestError
from longcode.months import instant
from longcode.table import keys, store
from longcode.table.writes import Attributes, Delete, Put, Update, attributes, key_of, read

T = TypeVar("T")
CURSOR = keys.FOLDER_PLACE
"""The pattern of the cursor of a list of changes."""

KEPT = timedelta(days=365)
"""How long the record of a change is kept."""

_CLOCKS_DIFFER = timedelta(hours=1)


def draft(
    account: str, kind: ChangeKind, at: datetime, actor: Actor, *, about: str = "", details: Sequence[Detail] = ()
) -> RecordedChange:
    """Return a change under an id of its own, which is not recorded yet."""
    made = (*details,)
    return RecordedChange(account=account, id=uuid4().hex, at=at, kind=kind, actor=actor, about=about, details=made)


def new(
    account: str, kind: ChangeKind, at: datetime, actor: Actor, *, about: str = "", details: Sequence[Detail] = ()
) -> Put:
    """Return the write of the record of a change, for the transaction of the change itself."""
    return _put(draft(account, kind, at, actor, about=about, details=details))


def record(change: RecordedChange) -> None:
    """Record what is about to be done by something that writes nothing else."""
    store.write(_put(change))


def around(change: RecordedChange, act: Callable[[], T], made: Callable[[T], Sequence[Detail] | None]) -> T:
    """Record a change that takes several writes, before and after `act` makes it, and return what that returns.

    `made` returns the details of what was done, besides those of `change`; None if nothing was. Then, or if `act`
    raises a `RequestError`, the record is deleted again. If the process dies or fails, it stays unfinished.
    """
    store.write(_put(replace(change, unfinished=True)))
    try:
        result = act()
    except RequestError:
        store.write(Delete(_key(change)))
        raise
    details = made(result)
    if details is None:
        store.write(Delete(_key(change)))
    else:
        done = attributes(replace(change, details=(*change.details, *details)))
        store.write(Update(_key(change), changes={"details": done.get("details", [])}, remove=("unfinished",)))
    return result


def of_account(
    account: str, span: Span, now: datetime, is_wanted: Callable[[RecordedChange], bool] | None = None
) -> tuple[list[RecordedChange], str | None]:
    """Return a part of an account's changes, the newest first, and the cursor of the next part; "" is the service.

    Of those that are not wanted, only so many are passed over: a part may have none, and yet a cursor.
    """
    before = span.cursor or (keys.folder_place(span.until, "") if span.until else keys.END)
    most = span.look_at if is_wanted else span.limit
    found = store.query(keys.change(account), after=keys.change(account, before), page=most + 1, newest_first=True)
    first = instant(_since(span, now))
    changes: list[RecordedChange] = []
    place = None
    for passed, item in enumerate(takewhile(lambda item: item["at"] >= first, found)):
        if len(changes) == span.limit or passed == most:
            return changes, place
        change = read(RecordedChange, item)
        place = _place(change)
        if is_wanted is None or is_wanted(change):
            changes.append(change)
    return changes, None


def of_all(span: Span, now: datetime) -> tuple[list[RecordedChange], str | None]:
    """Return a part of the changes of all accounts and the service, as `of_account` does of one."""
    before = span.cursor or keys.folder_place(span.until or now + _CLOCKS_DIFFER, "")
    newest = instant(now + _CLOCKS_DIFFER)[:7]
    entries = list(islice(_entries(before, newest, _since(span, now), span.limit + 1), span.limit + 1))
    places = [key_of(entry) for entry in entries[: span.limit]]
    items = store.get_many(places) if places else {}
    # One that was withdrawn since is left out.
    changes = [read(RecordedChange, items[place]) for place in places if place in items]
    return changes, entries[span.limit - 1]["folder_at"] if len(entries) > span.limit else None


def _entries(before: str, month: str, since: datetime, page: int) -> Iterator[Attributes]:
    """Yield the entries of the lists of a month and those before it, the newest first, from before a place on."""
    first = instant(since)
    while month >= first[:7]:
        if month <= before[:7]:
            found = store.query_index(keys.FOLDER, keys.changes(month), before=before, page=page, newest_first=True)
            yield from takewhile(lambda entry: entry["folder_at"] >= first, found)
        month = months.previous(month)


def _since(span: Span, now: datetime) -> datetime:
    """Return from when changes are shown: DynamoDB deletes those of a year ago up to two days late."""
    return max(span.since or now - KEPT, now - KEPT)


def _key(change: RecordedChange) -> keys.Key:
    return keys.change(change.account, _place(change))


def _place(change: RecordedChange) -> str:
    return keys.folder_place(change.at, change.id)


def _put(change: RecordedChange) -> Put:
    listed = {"folder": keys.changes(instant(change.at)[:7]), "folder_at": _place(change)}
    item = {"type": "change", **attributes(change), **listed, **store.expires(change.at + KEPT)}
    return Put(_key(change), item)
