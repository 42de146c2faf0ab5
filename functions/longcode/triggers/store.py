"""Triggers in the table, the studio's records and events, the occurrences that triggers plan, and call tasks."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct
from msgspec.structs import replace

from longcode.aws.at_once import at_once
from longcode.aws.clients import pause
from longcode.months import instant
from longcode.table import keys, store, trigger_keys
from longcode.table.writes import ABSENT, PRESENT, Attributes, Delete, Put, Update, Write, attributes, read
from longcode.triggers.planning import (
    EventPlan,
    Occurrence,
    OccurrenceState,
    RecordEvent,
    cancelled_occurrence,
    dropped_occurrence,
    occurrence_changes,
    occurrence_id,
    plan,
    without_settled,
)
from longcode.triggers.trigger import Record, Trigger, record_after

_LISTED = (OccurrenceState.PLANNED, OccurrenceState.DROPPED)
"""The states in which an occurrence is listed as upcoming."""

_EVENT_KEPT = timedelta(hours=48)  # an Idempotency-Key is remembered for at least a day
_FIRED_AGAIN = timedelta(minutes=10)  # between two writes of when a trigger last fired: many may be due at nine
_COUNTED_AT_ONCE = 16  # a client keeps twenty connections
CALL_KEPT = timedelta(days=90)
"""How long a call task that is done can be seen."""

T = TypeVar("T")


class OccurrencePage(Struct, frozen=True, kw_only=True):
    """A page of occurrences in the order of their time, with the cursor of the next page."""

    occurrences: list[Occurrence]
    next_cursor: str | None


def get(account: str, name: str) -> Trigger | None:
    """Return a trigger, or None."""
    return _read(Trigger, store.get(trigger_keys.trigger(account, name)))


def page(account: str, after: str | None, limit: int) -> list[Trigger]:
    """Return up to `limit` triggers in the order of their names, starting after a name."""
    start = trigger_keys.trigger(account, after) if after else None
    return [read(Trigger, item) for item in store.query(trigger_keys.trigger(account), after=start, limit=limit)]


def of_account(account: str) -> dict[str, Trigger]:
    """Return all triggers of an account by name; there are few (`MOST_TRIGGERS`)."""
    triggers = (read(Trigger, item) for item in store.query(trigger_keys.trigger(account)))
    return {trigger.name: trigger for trigger in triggers}


def put(trigger: Trigger, *others: Write) -> None:
    """Write a trigger, in place of one with its name, together with other writes."""
    store.transact([put_write(trigger), *others])


def put_write(trigger: Trigger) -> Put:
    """Return the write of a trigger."""
    return Put(trigger_keys.trigger(trigger.account, trigger.name), {"type": "trigger", **attributes(trigger)})


def template_change(trigger: Trigger, template: str) -> Update:
    """Return the write that gives a trigger another template; it fails if the trigger has changed meanwhile."""
    same = PRESENT & Attr("template").eq(trigger.template)
    return Update(trigger_keys.trigger(trigger.account, trigger.name), {"template": template}, when=same)


def delete(account: str, name: str, *others: Write) -> bool:
    """Delete a trigger, together with other writes; return whether it existed."""
    return store.try_write(Delete(trigger_keys.trigger(account, name), PRESENT), *others)


def set_enabled(trigger: Trigger, *others: Write, enabled: bool) -> bool:
    """Switch a trigger on or off, together with other writes; return False if it is so already, or is gone."""
    other = PRESENT & Attr("enabled").ne(enabled)
    place = trigger_keys.trigger(trigger.account, trigger.name)
    return store.try_write(Update(place, changes={"enabled": enabled}, when=other), *others)


def note_fired(trigger: Trigger, at: datetime) -> None:
    """Write when a trigger last sent a text or made a call task, unless that was written minutes ago."""
    before = trigger.last_fired_at
    if before is None or at - before >= _FIRED_AGAIN:
        change = {"last_fired_at": instant(at)}
        store.try_write(Update(trigger_keys.trigger(trigger.account, trigger.name), changes=change, when=PRESENT))


def get_event(account: str, event_id: str, now: datetime) -> RecordEvent | None:
    """Return an event while its Idempotency-Key is remembered, or None."""
    return _read(RecordEvent, store.unexpired(store.get(trigger_keys.event(account, event_id)), now))


def get_record(account: str, kind: str, record_id: str) -> Record | None:
    """Return a record, or None."""
    return _read(Record, store.get(trigger_keys.record(account, kind, record_id)))


def get_records(account: str, kind: str, ids: Iterable[str]) -> list[Record]:
    """Return those records that exist."""
    return [
        read(Record, item) for item in store.get_many(trigger_keys.record(account, kind, one) for one in ids).values()
    ]


def record_page(account: str, kind: str, after: str | None, limit: int) -> list[Record]:
    """Return up to `limit` records of a kind in the order of their ids, starting after an id."""
    start = trigger_keys.record(account, kind, after) if after else None
    return [
        read(Record, item) for item in store.query(trigger_keys.record(account, kind, ""), after=start, limit=limit)
    ]


def write_event(
    received: Record, fingerprint: str, triggers: Mapping[str, Trigger], zone: ZoneInfo, now: datetime
) -> tuple[RecordEvent, bool]:
    """Write an event with all its changes in one transaction; return it and whether it is new.

    An event with the same id that was written before is returned as it was. If the record or its occurrences change
    meanwhile, the transaction fails, and everything is read and decided again.
    """
    for attempt in itertools.count():
        event, writes = _decide(received, fingerprint, triggers, zone, now)
        try:
            store.transact([*writes, _put_event(event)])
        except store.ConditionFailed:
            earlier = get_event(received.account, received.event_id, now)
            if earlier:
                return earlier, False
            pause(attempt)
        else:
            return event, True
    raise AssertionError("unreachable: itertools.count does not end")


def _decide(
    received: Record, fingerprint: str, triggers: Mapping[str, Trigger], zone: ZoneInfo, now: datetime
) -> tuple[RecordEvent, list[Write]]:
    known = get_record(received.account, received.kind, received.id)
    latest = record_after(known, received)
    if latest is None:
        return _event(received, fingerprint, now, EventPlan(planned=(), unplanned=()), newest=False), []
    stored = occurrences_of_record(received.account, received.kind, received.id)
    event_plan = without_settled(plan(triggers.values(), latest, zone, now), stored)
    changes = occurrence_changes(event_plan, stored, triggers, latest, now)
    writes: list[Write] = [record_write(latest, known), *(occurrence_write(old, new) for old, new in changes)]
    return _event(latest, fingerprint, now, event_plan, newest=True), writes


def plan_record(trigger: Trigger, record: Record, zone: ZoneInfo, now: datetime) -> bool:
    """Plan a trigger's text for a record that was reported before; return whether one is planned now.

    If an event changes the occurrence meanwhile, that event decides, and nothing is written.
    """
    stored = [
        each for each in occurrences_of_record(record.account, record.kind, record.id) if each.trigger == trigger.name
    ]
    trigger_plan = without_settled(plan([trigger], record, zone, now), stored)
    changes = occurrence_changes(trigger_plan, stored, {trigger.name: trigger}, record, now)
    written = not changes or store.try_write(*(occurrence_write(old, new) for old, new in changes))
    return written and bool(trigger_plan.planned)


def _event(record: Record, fingerprint: str, now: datetime, event_plan: EventPlan, *, newest: bool) -> RecordEvent:
    return RecordEvent(
        account=record.account,
        id=record.event_id,
        fingerprint=fingerprint,
        received_at=now,
        record=record,
        newest=newest,
        plan=event_plan,
    )


def _put_event(event: RecordEvent) -> Put:
    item = {"type": "event", **store.expires(event.received_at + _EVENT_KEPT), **attributes(event)}
    return Put(trigger_keys.event(event.account, event.id), item, store.absent_or_expired(event.received_at))


def record_write(latest: Record, known: Record | None) -> Put:
    """Return the write of a record; it fails if the stored one is not `known`."""
    unchanged = Attr("event_id").eq(known.event_id) if known else ABSENT
    item = {"type": "record", **attributes(latest)}
    return Put(trigger_keys.record(latest.account, latest.kind, latest.id), item, unchanged)


def get_occurrence(account: str, kind: str, record_id: str, trigger: str, day: date) -> Occurrence | None:
    """Return an occurrence, or None."""
    return _read(Occurrence, store.get(trigger_keys.occurrence(account, kind, record_id, trigger, day)))


def get_occurrences(occurrences: Iterable[Occurrence]) -> dict[tuple[str, str, date], Occurrence]:
    """Return occurrences as they are stored, of those that are, by record, trigger and date."""
    items = store.get_many(map(_occurrence_key, occurrences)).values()
    return {(each.record_id, each.trigger, each.day): each for each in (read(Occurrence, item) for item in items)}


def occurrences_of_record(account: str, kind: str, record_id: str) -> list[Occurrence]:
    """Return all occurrences of a record, in any state."""
    return [read(Occurrence, item) for item in store.query(trigger_keys.occurrences(account, kind, record_id))]


def upcoming(account: str, since: datetime, *, limit: int, cursor: str | None) -> OccurrencePage:
    """Return a page of the planned and dropped occurrences, by their time, from an instant on."""
    lists = (trigger_keys.upcoming(account), trigger_keys.dropped(account))
    items, next_cursor = store.index_page(*lists, limit=limit, cursor=cursor, since=instant(since))
    occurrences = [read(Occurrence, item) for item in items]
    return OccurrencePage(
        occurrences=[occurrence for occurrence in occurrences if occurrence.state in _LISTED],
        next_cursor=next_cursor,
    )


def place_of(occurrence: Occurrence) -> str:
    """Return the place of an occurrence in the list of what is upcoming, which is a cursor."""
    return keys.folder_place(occurrence.fires_at, occurrence_id(occurrence))


def next_planned(account: str, since: datetime, limit: int) -> list[Occurrence]:
    """Return the next planned occurrences, by their time, from an instant on."""
    items, _ = store.index_page(trigger_keys.upcoming(account), limit=limit, cursor=None, since=instant(since))
    occurrences = (read(Occurrence, item) for item in items)
    return [occurrence for occurrence in occurrences if occurrence.state is OccurrenceState.PLANNED]


def count_planned(account: str, spans: Sequence[tuple[datetime, datetime]]) -> list[int]:
    """Return how many occurrences are planned in each span of time, from its beginning and before its end."""
    size = -(-len(spans) // _COUNTED_AT_ONCE) or 1
    parts = [spans[start : start + size] for start in range(0, len(spans), size)]
    return [*itertools.chain(*at_once(*(partial(_count, account, part) for part in parts)))] if parts else []


def _count(account: str, spans: Sequence[tuple[datetime, datetime]]) -> list[int]:
    return [store.count_list(trigger_keys.upcoming(account), instant(begin), instant(end)) for begin, end in spans]


def cancel(planned: Occurrence, by: str | None, now: datetime) -> bool:
    """Cancel a planned occurrence for good; return False if it has changed since it was read."""
    return store.try_write(occurrence_write(planned, cancelled_occurrence(planned, by, now)))


def postpone(planned: Occurrence, until: datetime) -> bool:
    """Postpone a planned occurrence, to be checked again then; return False if it has changed since it was read."""
    return store.try_write(occurrence_write(planned, replace(planned, fires_at=until, due_at=until)))


def drop(planned: Occurrence, reason: str, detail: str, now: datetime) -> bool:
    """Drop a planned occurrence; return False if it has changed since it was read."""
    return store.try_write(occurrence_write(planned, dropped_occurrence(planned, reason, now, detail)))


def mark_done(planned: Occurrence, now: datetime) -> None:
    """Mark an occurrence whose text was accepted as done, even if it changed meanwhile: no second text is sent."""
    store.write(Put(_occurrence_key(planned), _occurrence_item(_done(planned, now))))


def done_write(planned: Occurrence, now: datetime) -> Put:
    """Return the write that marks an occurrence as done; it fails if it has changed since it was read."""
    return occurrence_write(planned, _done(planned, now))


def _done(planned: Occurrence, now: datetime) -> Occurrence:
    return replace(planned, state=OccurrenceState.DONE, reason=None, detail=None, due_at=None, finished_at=now)


def occurrence_write(old: Occurrence | None, new: Occurrence) -> Put:
    """Return the write of an occurrence; it fails if the stored one is not `old`."""
    unchanged: ConditionBase = ABSENT
    if old:
        unchanged = Attr("state").eq(old.state) & Attr("event_id").eq(old.event_id)
    return Put(_occurrence_key(new), _occurrence_item(new), unchanged)


def _occurrence_key(occurrence: Occurrence) -> keys.Key:
    return trigger_keys.occurrence(
        occurrence.account, occurrence.kind, occurrence.record_id, occurrence.trigger, occurrence.day
    )


def _occurrence_item(occurrence: Occurrence) -> Attributes:
    item = {"type": "occurrence", **attributes(occurrence)}
    if occurrence.due_at:
        item |= keys.due(occurrence_id(occurrence), occurrence.due_at)
    if occurrence.state in _LISTED:
        is_planned = occurrence.state is OccurrenceState.PLANNED
        item["folder"] = (
            trigger_keys.upcoming(occurrence.account) if is_planned else trigger_keys.dropped(occurrence.account)
        )
        item["folder_at"] = place_of(occurrence)
    return item


def _read(kind: type[T], item: Attributes | None) -> T | None:
    return read(kind, item) if item else None
