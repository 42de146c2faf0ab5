"""Occurrences: planned on the due index and in the list of what is upcoming, done once, or dropped."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from boto3.dynamodb.conditions import Attr, ConditionBase

from longcode.call import Call
from longcode.occurrence import Occurrence, State, id_of
from longcode.table import calls, keys, store
from longcode.table.codec import Attributes, attributes, read
from longcode.table.writes import ABSENT, Put, Write

_SHOWN = (State.PLANNED, State.DROPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Occurrences in the order of their time, and where the next page begins."""

    occurrences: list[Occurrence]
    next_cursor: str | None


def get(account: str, kind: str, record_id: str, trigger: str, day: date) -> Occurrence | None:
    """Read an occurrence."""
    found = store.get(keys.occurrence(account, kind, record_id, trigger, day))
    return read(Occurrence, found) if found else None


def of_record(account: str, kind: str, record_id: str) -> list[Occurrence]:
    """List all that was ever planned for a record."""
    return [read(Occurrence, item) for item in store.query(keys.occurrences(account, kind, record_id))]


def change(stood: Occurrence | None, then: Occurrence) -> Put:
    """Make the write that plans or changes an occurrence, and fails when it is not as it stood."""
    return Put(_key(then), _item(then), _unchanged(stood) if stood else ABSENT)


def drop(planned: Occurrence, reason: str, detail: str, now: datetime) -> bool:
    """Drop what was planned; False when it is not as it was read."""
    dropped = replace(planned, state=State.DROPPED, reason=reason, detail=detail, due_at=None, finished_at=now)
    return store.try_write(change(planned, dropped))


def put_off(planned: Occurrence, until: datetime) -> bool:
    """Check again later what was planned; False when it is not as it was read."""
    return store.try_write(change(planned, replace(planned, fires_at=until, due_at=until)))


def note_done(planned: Occurrence, now: datetime) -> None:
    """Note that the text of an occurrence is accepted, whatever came of the plan meanwhile: it never goes again."""
    store.write(Put(_key(planned), _item(_done(planned, now))))


def leave_call(planned: Occurrence, call: Call, now: datetime, *also: Write) -> bool:
    """Leave a call task in the place of a text, once; False when what was planned is not as it was read."""
    return store.try_write(change(planned, _done(planned, now)), calls.writing(call), *also)


def upcoming(account: str, since: datetime, *, limit: int, cursor: str | None) -> Page:
    """List what is planned, and what was dropped before it could go, by time from an instant on."""
    since_place = keys.instant(since)
    items, next_cursor = store.index_page(keys.upcoming(account), limit=limit, cursor=cursor, since=since_place)
    shown = [one for item in items if (one := read(Occurrence, item)).state in _SHOWN]
    return Page(occurrences=shown, next_cursor=next_cursor)


def _key(one: Occurrence) -> keys.Key:
    return keys.occurrence(one.account, one.kind, one.record_id, one.trigger, one.day)


def _unchanged(stood: Occurrence) -> ConditionBase:
    return Attr("state").eq(stood.state) & Attr("event_id").eq(stood.event_id)


def _item(one: Occurrence) -> Attributes:
    name = id_of(one)
    due = keys.due(name, one.due_at) if one.due_at else {}
    place = {"folder": keys.upcoming(one.account), "folder_at": keys.folder_place(one.fires_at, name)}
    return {"type": "occurrence", **attributes(one), **due, **(place if one.state in _SHOWN else {})}


def _done(planned: Occurrence, now: datetime) -> Occurrence:
    return replace(planned, state=State.DONE, reason=None, detail=None, due_at=None, finished_at=now)
