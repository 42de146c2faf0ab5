"""What an event means for a studio's triggers: what is planned, moved and dropped, and what is still so when due."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from longcode import months
from longcode.clients.client import Client
from longcode.jobs import Fire
from longcode.message import Instant
from longcode.messages.compose import request_id
from longcode.triggers.trigger import Record, RecordKind, Trigger, Unmet, day_for, unmet
from longcode.windows import HEALED_AFTER, VALID

SENT = "sent"
MOVED = "moved"
TOO_LATE = "too_late"
EXPIRED = "expired"

REASONS: Mapping[str, str] = {
    Unmet.DELETED: "The trigger was deleted.",
    Unmet.DISABLED: "The trigger is disabled.",
    Unmet.CANCELLED: "It was cancelled.",
    Unmet.CONDITIONS: "Its status or type is not one that the trigger watches.",
    Unmet.NO_DATE: "It has no date to count the trigger's days from.",
    Unmet.NO_CLIENT: "It names no client to text.",
    SENT: "Its text has gone: there is one for a trigger, a record and a date.",
    MOVED: "It was moved to another date.",
    TOO_LATE: "The day on which the text should have gone is past.",
    EXPIRED: "The text could not go for hours, and then it was too late.",
}
"""A sentence for a person, by reason."""


class OccurrenceState(StrEnum):
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
    state: OccurrenceState
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
class EventPlan:
    """What an event means: the texts that will go, the triggers that stay silent and why."""

    planned: tuple[Occurrence, ...]
    unplanned: tuple[Unplanned, ...]


def plan(triggers: Iterable[Trigger], record: Record, zone: ZoneInfo, now: datetime) -> EventPlan:
    """Decide what an event means for the triggers that watch its kind."""
    watching = [one for one in triggers if one.watches is record.kind]
    decided = [_decide(one, record, zone, now) for one in watching]
    return EventPlan(
        planned=tuple(one for one in decided if isinstance(one, Occurrence)),
        unplanned=tuple(one for one in decided if isinstance(one, Unplanned)),
    )


def to_go(meant: EventPlan, standing: Iterable[Occurrence]) -> EventPlan:
    """Take out of a plan what has gone already: there is one text for a trigger, a record and a date, for ever."""
    gone = {(one.trigger, one.day) for one in standing if one.state is OccurrenceState.DONE}
    left = tuple(one for one in meant.planned if (one.trigger, one.day) not in gone)
    sent = tuple(Unplanned(trigger=one.trigger, reason=SENT, day=one.day) for one in meant.planned if one not in left)
    return EventPlan(planned=left, unplanned=(*meant.unplanned, *sent))


def changes(
    meant: EventPlan, standing: Iterable[Occurrence], triggers: Mapping[str, Trigger], record: Record, now: datetime
) -> list[tuple[Occurrence | None, Occurrence]]:
    """Tell what must be written for a record's occurrences to be what an event means: as it stands, and as it will.

    What was dropped is planned again: nothing went for it.
    """
    before = {(one.trigger, one.day): one for one in standing}
    kept: set[tuple[str, date | None]] = {(one.trigger, one.day) for one in meant.planned}
    kept |= {(one.trigger, one.day) for one in meant.unplanned if one.reason == TOO_LATE}  # perhaps about to go
    dropped = [
        (one, _dropped(one, unmet(triggers.get(one.trigger), record) or MOVED, now))
        for place, one in before.items()
        if one.state is OccurrenceState.PLANNED and place not in kept
    ]
    again = [(before.get((one.trigger, one.day)), one) for one in meant.planned]
    planned = [(stands, _planned(stands, one, now)) for stands, one in again]
    return dropped + [(stands, then) for stands, then in planned if stands != then]


def obstacle(
    occurrence: Occurrence, trigger: Trigger | None, record: Record | None, zone: ZoneInfo, now: datetime
) -> str | None:
    """Check again, when it is due or before, what was so when it was planned; gives what is in the way."""
    if record is None:
        return Unmet.CANCELLED
    reason = unmet(trigger, record)
    if reason or trigger is None:
        return reason
    if day_for(trigger, record, zone) != occurrence.day:
        return MOVED
    return EXPIRED if now >= occurrence.fires_at + VALID else None


def _decide(trigger: Trigger, record: Record, zone: ZoneInfo, now: datetime) -> Occurrence | Unplanned:
    reason, day = unmet(trigger, record), day_for(trigger, record, zone)
    if reason or day is None:
        return Unplanned(trigger=trigger.name, reason=reason or Unmet.NO_DATE)
    on, fires_at = day, now
    if trigger.timing:
        on = day + timedelta(days=trigger.timing.days)
        fires_at = max(now, months.instant_of(on, time.fromisoformat(trigger.timing.at), zone))
    # On the day itself a text is late and still right; after it, "tomorrow at ten" would be wrong.
    if on < months.local_day(now, zone):
        return Unplanned(trigger=trigger.name, reason=TOO_LATE, day=day)
    return Occurrence(
        account=record.account,
        trigger=trigger.name,
        kind=record.kind,
        record_id=record.id,
        day=day,
        event_id=record.event_id,
        fires_at=fires_at,
        state=OccurrenceState.PLANNED,
        due_at=fires_at if fires_at > now else now + HEALED_AFTER,
    )


def _planned(stands: Occurrence | None, wanted: Occurrence, now: datetime) -> Occurrence:
    """Plan what an event wants. What is about to go keeps its time: each event would put it off a little more."""
    if stands is None or stands.state is not OccurrenceState.PLANNED:
        return wanted
    if stands.fires_at <= now:
        return replace(stands, event_id=wanted.event_id, due_at=now + HEALED_AFTER)
    return stands if stands.fires_at == wanted.fires_at else wanted


def _dropped(occurrence: Occurrence, reason: str, now: datetime) -> Occurrence:
    return replace(occurrence, state=OccurrenceState.DROPPED, reason=reason, due_at=None, finished_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Somebody should call this client. Its id begins with the time at which the text would have gone."""

    account: str
    id: str
    at: Instant
    trigger: str
    kind: RecordKind
    record_id: str
    day: date
    client_id: str
    phones: tuple[str, ...]
    text: str


def call_instead_of(planned: Occurrence, client: Client, text: str) -> Call:
    """Make the call task that stands in for a text."""
    return Call(
        account=planned.account,
        id=f"{planned.fires_at.astimezone(UTC):%Y%m%dT%H%M%S}-{occurrence_id(planned)}",
        at=planned.fires_at,
        trigger=planned.trigger,
        kind=planned.kind,
        record_id=planned.record_id,
        day=planned.day,
        client_id=client.id,
        phones=tuple(dict.fromkeys(phone.number for phone in client.phones)),
        text=text,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEvent:
    """What was told under one id. `newest` is False for what came after something later, and changed nothing."""

    account: str
    id: str
    fingerprint: str
    received_at: Instant
    record: Record
    newest: bool
    plan: EventPlan


def occurrence_id(occurrence: Occurrence) -> str:
    """Name an occurrence: what it sends has names made of this one, so that a repeat makes no second text."""
    made_of = (occurrence.kind, occurrence.record_id, occurrence.trigger, occurrence.day.isoformat())
    return request_id(occurrence.account, "\n".join(("trigger", *made_of)))


def fire_job(occurrence: Occurrence) -> Fire:
    """Make the job that sends what an occurrence planned."""
    return Fire(
        account=occurrence.account,
        kind=occurrence.kind,
        record_id=occurrence.record_id,
        trigger=occurrence.trigger,
        day=occurrence.day,
    )


def explain(trigger: Trigger, record: Record) -> str:
    """Tell a person why a trigger texts for a record, and when."""
    when = "at once"
    if trigger.timing:
        days, date_name = trigger.timing.days, trigger.timing.of.replace("_", " ")
        count = f"{abs(days)} {'day' if abs(days) == 1 else 'days'}"
        place = f"{count} {'before' if days < 0 else 'after'}" if days else "on"
        when = f"{place} its {date_name}, at {trigger.timing.at}"
    if record.kind is RecordKind.KEYWORD:
        return f"a client texted {record.status!r}; {when}"
    of_type = f" ({record.of_type})" if record.of_type else ""
    return f"{record.kind} {record.id} is {record.status or 'there'}{of_type}; {when}"
