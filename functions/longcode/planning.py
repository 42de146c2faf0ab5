"""What an event means for a studio's triggers: what is planned, moved and dropped, and what is still so when due."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from longcode import local_time
from longcode.occurrence import EXPIRED, MOVED, SENT, TOO_LATE, Occurrence, Plan, State, Unplanned
from longcode.patience import HEALED_AFTER, VALID
from longcode.record import Record
from longcode.trigger import Trigger, Unmet, day_for, unmet


def plan(triggers: Iterable[Trigger], record: Record, zone: ZoneInfo, now: datetime) -> Plan:
    """Decide what an event means for the triggers that watch its kind."""
    watching = [one for one in triggers if one.watches is record.kind]
    decided = [_decide(one, record, zone, now) for one in watching]
    return Plan(
        planned=tuple(one for one in decided if isinstance(one, Occurrence)),
        unplanned=tuple(one for one in decided if isinstance(one, Unplanned)),
    )


def to_go(meant: Plan, standing: Iterable[Occurrence]) -> Plan:
    """Take out of a plan what has gone already: there is one text for a trigger, a record and a date, for ever."""
    gone = {(one.trigger, one.day) for one in standing if one.state is State.DONE}
    left = tuple(one for one in meant.planned if (one.trigger, one.day) not in gone)
    sent = tuple(Unplanned(trigger=one.trigger, reason=SENT, day=one.day) for one in meant.planned if one not in left)
    return Plan(planned=left, unplanned=(*meant.unplanned, *sent))


def changes(
    meant: Plan, standing: Iterable[Occurrence], triggers: Mapping[str, Trigger], record: Record, now: datetime
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
        if one.state is State.PLANNED and place not in kept
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
        fires_at = max(now, local_time.instant_of(on, time.fromisoformat(trigger.timing.at), zone))
    # On the day itself a text is late and still right; after it, "tomorrow at ten" would be wrong.
    if on < local_time.day_of(now, zone):
        return Unplanned(trigger=trigger.name, reason=TOO_LATE, day=day)
    return Occurrence(
        account=record.account,
        trigger=trigger.name,
        kind=record.kind,
        record_id=record.id,
        day=day,
        event_id=record.event_id,
        fires_at=fires_at,
        state=State.PLANNED,
        due_at=fires_at if fires_at > now else now + HEALED_AFTER,
    )


def _planned(stands: Occurrence | None, wanted: Occurrence, now: datetime) -> Occurrence:
    """Plan what an event wants. What is about to go keeps its time: each event would put it off a little more."""
    if stands is None or stands.state is not State.PLANNED:
        return wanted
    if stands.fires_at <= now:
        return replace(stands, event_id=wanted.event_id, due_at=now + HEALED_AFTER)
    return stands if stands.fires_at == wanted.fires_at else wanted


def _dropped(occurrence: Occurrence, reason: str, now: datetime) -> Occurrence:
    return replace(occurrence, state=State.DROPPED, reason=reason, due_at=None, finished_at=now)
