"""Triggers in the table, the studio's records and events, the occurrences that triggers plan, and call tasks."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct
from msgspec.structs import replace

from longcode.accounts.account import Account
from longcode.aws.clients import pause
from longcode.clients import store as clients
from longcode.clients.client import Client
from longcode.months import instant
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.table import keys, store
from longcode.table.writes import ABSENT, PRESENT, Attributes, Delete, Put, Update, Write, attributes, read
from longcode.template import Template
from longcode.triggers.planning import (
    Call,
    EventPlan,
    Occurrence,
    OccurrenceState,
    RecordEvent,
    dropped_occurrence,
    occurrence_changes,
    occurrence_id,
    plan,
    without_sent,
)
from longcode.triggers.trigger import Record, Trigger, record_after

_LISTED = (OccurrenceState.PLANNED, OccurrenceState.DROPPED)
"""The states in which an occurrence is listed as upcoming."""

_EVENT_KEPT = timedelta(hours=48)  # an Idempotency-Key is remembered for at least a day

T = TypeVar("T")


class OccurrencePage(Struct, frozen=True, kw_only=True):
    """A page of occurrences in the order of their time, with the cursor of the next page."""

    occurrences: list[Occurrence]
    next_cursor: str | None


class OccurrenceFacts(Struct, frozen=True, kw_only=True):
    """An occurrence and what it depends on, as far as that exists.

    `sent`: its text was accepted before. Of all occurrences that were read together, `blocked` are the
    opted-out phones, and `dedicated` the phones of staff and replies from which an account sends texts.
    """

    account: Account
    occurrence: Occurrence
    sent: bool
    trigger: Trigger | None
    record: Record | None
    client: Client | None
    template: Template | None
    clients_with_phone: dict[str, bool]
    blocked: frozenset[str]
    dedicated: frozenset[str]


def get(account: str, name: str) -> Trigger | None:
    """Return a trigger, or None."""
    return _read(Trigger, store.get(keys.trigger(account, name)))


def page(account: str, after: str | None, limit: int) -> list[Trigger]:
    """Return up to `limit` triggers in the order of their names, starting after a name."""
    start = keys.trigger(account, after) if after else None
    return [read(Trigger, item) for item in store.query(keys.trigger(account), after=start, limit=limit)]


def of_account(account: str) -> dict[str, Trigger]:
    """Return all triggers of an account by name; there are few (`MOST_TRIGGERS`)."""
    triggers = (read(Trigger, item) for item in store.query(keys.trigger(account)))
    return {trigger.name: trigger for trigger in triggers}


def put(trigger: Trigger) -> None:
    """Write a trigger, in place of one with its name."""
    store.write(Put(keys.trigger(trigger.account, trigger.name), {"type": "trigger", **attributes(trigger)}))


def template_change(trigger: Trigger, template: str) -> Update:
    """Return the write that gives a trigger another template; it fails if the trigger has changed meanwhile."""
    same = PRESENT & Attr("template").eq(trigger.template)
    return Update(keys.trigger(trigger.account, trigger.name), {"template": template}, when=same)


def delete(account: str, name: str) -> bool:
    """Delete a trigger; return whether it existed."""
    return store.try_write(Delete(keys.trigger(account, name), PRESENT))


def get_event(account: str, event_id: str, now: datetime) -> RecordEvent | None:
    """Return an event while its Idempotency-Key is remembered, or None."""
    return _read(RecordEvent, store.unexpired(store.get(keys.event(account, event_id)), now))


def get_record(account: str, kind: str, record_id: str) -> Record | None:
    """Return a record, or None."""
    return _read(Record, store.get(keys.record(account, kind, record_id)))


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
    event_plan = without_sent(plan(triggers.values(), latest, zone, now), stored)
    changes = occurrence_changes(event_plan, stored, triggers, latest, now)
    writes: list[Write] = [_put_record(latest, known), *(_change(old, new) for old, new in changes)]
    return _event(latest, fingerprint, now, event_plan, newest=True), writes


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
    return Put(keys.event(event.account, event.id), item, store.absent_or_expired(event.received_at))


def _put_record(latest: Record, known: Record | None) -> Put:
    unchanged = Attr("event_id").eq(known.event_id) if known else ABSENT
    item = {"type": "record", **attributes(latest)}
    return Put(keys.record(latest.account, latest.kind, latest.id), item, unchanged)


def get_occurrence(account: str, kind: str, record_id: str, trigger: str, day: date) -> Occurrence | None:
    """Return an occurrence, or None."""
    return _read(Occurrence, store.get(keys.occurrence(account, kind, record_id, trigger, day)))


def occurrences_of_record(account: str, kind: str, record_id: str) -> list[Occurrence]:
    """Return all occurrences of a record, in any state."""
    return [read(Occurrence, item) for item in store.query(keys.occurrences(account, kind, record_id))]


def upcoming(account: str, since: datetime, *, limit: int, cursor: str | None) -> OccurrencePage:
    """Return a page of the planned and dropped occurrences, by their time, from an instant on."""
    items, next_cursor = store.index_page(keys.upcoming(account), limit=limit, cursor=cursor, since=instant(since))
    occurrences = [read(Occurrence, item) for item in items]
    return OccurrencePage(
        occurrences=[occurrence for occurrence in occurrences if occurrence.state in _LISTED],
        next_cursor=next_cursor,
    )


def postpone(planned: Occurrence, until: datetime) -> bool:
    """Postpone a planned occurrence, to be checked again then; return False if it has changed since it was read."""
    return store.try_write(_change(planned, replace(planned, fires_at=until, due_at=until)))


def drop(planned: Occurrence, reason: str, detail: str, now: datetime) -> bool:
    """Drop a planned occurrence; return False if it has changed since it was read."""
    return store.try_write(_change(planned, dropped_occurrence(planned, reason, now, detail)))


def mark_done(planned: Occurrence, now: datetime) -> None:
    """Mark an occurrence whose text was accepted as done, even if it changed meanwhile: no second text is sent."""
    store.write(Put(_occurrence_key(planned), _occurrence_item(_done(planned, now))))


def put_call(planned: Occurrence, call: Call, now: datetime, *others: Write) -> bool:
    """Write a call task, mark its occurrence as done and apply other writes, atomically.

    Return False if the occurrence has changed since it was read.
    """
    put = Put(keys.call_task(call.account, call.id), {"type": "call", **attributes(call)})
    return store.try_write(_change(planned, _done(planned, now)), put, *others)


def _done(planned: Occurrence, now: datetime) -> Occurrence:
    return replace(planned, state=OccurrenceState.DONE, reason=None, detail=None, due_at=None, finished_at=now)


def _change(old: Occurrence | None, new: Occurrence) -> Put:
    """Return the write of an occurrence; it fails if the stored one is not `old`."""
    unchanged: ConditionBase = ABSENT
    if old:
        unchanged = Attr("state").eq(old.state) & Attr("event_id").eq(old.event_id)
    return Put(_occurrence_key(new), _occurrence_item(new), unchanged)


def _occurrence_key(occurrence: Occurrence) -> keys.Key:
    return keys.occurrence(
        occurrence.account, occurrence.kind, occurrence.record_id, occurrence.trigger, occurrence.day
    )


def _occurrence_item(occurrence: Occurrence) -> Attributes:
    item = {"type": "occurrence", **attributes(occurrence)}
    name = occurrence_id(occurrence)
    if occurrence.due_at:
        item |= keys.due(name, occurrence.due_at)
    if occurrence.state in _LISTED:
        item["folder"] = keys.upcoming(occurrence.account)
        item["folder_at"] = keys.folder_place(occurrence.fires_at, name)
    return item


def read_facts(account: Account, occurrences: Sequence[Occurrence], now: datetime) -> list[OccurrenceFacts]:
    """Return what occurrences of an account depend on, read strongly: in two calls, and one for the opt-outs."""
    first = store.get_many(
        key
        for occurrence in occurrences
        for key in (_trigger_key(occurrence), _record_key(occurrence), _text_key(occurrence))
    )
    triggers = {occurrence: _read(Trigger, first.get(_trigger_key(occurrence))) for occurrence in occurrences}
    records = {occurrence: _read(Record, first.get(_record_key(occurrence))) for occurrence in occurrences}
    related = {
        occurrence: _related_keys(account.id, triggers[occurrence], records[occurrence]) for occurrence in occurrences
    }
    second = store.get_many(key for by_name in related.values() for key in by_name.values())
    # A client, link or template that an occurrence does not name has no key here, and so no item.
    items = {
        occurrence: {name: second[key] for name, key in by_name.items() if key in second}
        for occurrence, by_name in related.items()
    }
    client_records = {occurrence: _read(Client, items[occurrence].get("client")) for occurrence in occurrences}
    pairs = {
        (account.id, phone)
        for occurrence in occurrences
        for phone in _phones(triggers[occurrence], records[occurrence], client_records[occurrence])
    }
    blocked = frozenset(phone for _, phone in optouts.blocked(pairs, account.number_since))
    dedicated = frozenset(phone for _, phone in pairs if numbers.is_in_use(second.get(keys.dedicated(phone)), now))
    return [
        OccurrenceFacts(
            account=account,
            occurrence=occurrence,
            sent=_text_key(occurrence) in first,
            trigger=triggers[occurrence],
            record=records[occurrence],
            client=client_records[occurrence],
            template=_read(Template, items[occurrence].get("template")),
            clients_with_phone=clients.clients_in_link(items[occurrence].get("clients")),
            blocked=blocked,
            dedicated=dedicated,
        )
        for occurrence in occurrences
    ]


def _trigger_key(occurrence: Occurrence) -> keys.Key:
    return keys.trigger(occurrence.account, occurrence.trigger)


def _record_key(occurrence: Occurrence) -> keys.Key:
    return keys.record(occurrence.account, occurrence.kind, occurrence.record_id)


def _text_key(occurrence: Occurrence) -> keys.Key:
    return keys.message(occurrence.account, f"{occurrence_id(occurrence)}-0")


def _related_keys(account: str, trigger: Trigger | None, record: Record | None) -> dict[str, keys.Key]:
    wanted = {}
    if record and record.client_id:
        wanted["client"] = keys.client(account, record.client_id)
    if record and record.phone:
        wanted["clients"] = keys.clients_with_phone(record.phone, account)
    for phone in _phones(trigger, record, None):
        wanted[f"dedicated {phone}"] = keys.dedicated(phone)
    if trigger and trigger.template:
        wanted["template"] = keys.template(account, trigger.template)
    return wanted


def _phones(trigger: Trigger | None, record: Record | None, client: Client | None) -> Iterator[str]:
    if trigger and trigger.staff_phone:
        yield trigger.staff_phone
    if record and record.phone:
        yield record.phone
    if client:
        yield from client.heard_stop


def call_page(account: str, after: str | None, limit: int) -> list[Call]:
    """Return up to `limit` call tasks, oldest first, starting after an id."""
    start = keys.call_task(account, after) if after else None
    return [read(Call, item) for item in store.query(keys.call_task(account), after=start, limit=limit)]


def delete_call(account: str, call_id: str) -> bool:
    """Delete a call task; return whether it existed."""
    return store.try_write(Delete(keys.call_task(account, call_id), PRESENT))


def _read(kind: type[T], item: Attributes | None) -> T | None:
    return read(kind, item) if item else None
