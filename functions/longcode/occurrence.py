"""Occurrences: one text that a trigger means to send for a record and a date, and what became of it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from longcode.jobs import Fire
from longcode.message import Instant
from longcode.outgoing import request_id
from longcode.record import RecordKind

SENT = "sent"
MOVED = "moved"
TOO_LATE = "too_late"
EXPIRED = "expired"


class State(StrEnum):
    """Planned until its time; then done, once and for ever, or dropped, with the reason."""

    PLANNED = "planned"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """What a trigger does for a record and a date: at most once, whatever happens to any of the three.

    `event_id` is the event that last wanted it, so that nobody drops it for an older state of the record.
    """

    account: str
    trigger: str
    kind: RecordKind
    record_id: str
    day: date
    event_id: str
    fires_at: Instant
    state: State
    reason: str | None = None
    detail: str | None = None
    due_at: Instant | None = None
    finished_at: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplanned:
    """A trigger that watches this kind of record, and why it will not text, for the date if there is one."""

    trigger: str
    reason: str
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an event means: the texts that will go, the triggers that stay silent and why."""

    planned: tuple[Occurrence, ...]
    unplanned: tuple[Unplanned, ...]


def id_of(occurrence: Occurrence) -> str:
    """Name an occurrence: what it sends has names made of this one, so that a repeat makes no second text."""
    made_of = (occurrence.kind, occurrence.record_id, occurrence.trigger, occurrence.day.isoformat())
    return request_id(occurrence.account, "\n".join(("trigger", *made_of)))


def job_of(occurrence: Occurrence) -> Fire:
    """Make the job that sends what an occurrence planned."""
    return Fire(
        account=occurrence.account,
        kind=occurrence.kind,
        record_id=occurrence.record_id,
        trigger=occurrence.trigger,
        day=occurrence.day,
    )
