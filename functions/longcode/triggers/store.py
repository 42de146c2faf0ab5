"""Occurrences: planned on the due index and in the list of what is upcoming, done once, or dropped."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct

from longcode.accounts.account import Account
from longcode.clients import store as clients
from longcode.clients.client import Client
from longcode.optouts import store as optouts
from longcode.table import keys, store
from longcode.table.writes import ABSENT, PRESENT, Attributes, Delete, Put, Write, attributes, read
from longcode.template import Template
from longcode.triggers.planning import (
    Call,
    EventPlan,
    Occurrence,
    OccurrenceState,
    RecordEvent,
    changes,
    occurrence_id,
    plan,
    to_go,
)
from longcode.triggers.trigger import Record, Trigger, record_after

_SHOWN = (OccurrenceState.PLANNED, OccurrenceState.DROPPED)

_KEPT = timedelta(hours=48)  # an Idempotency-Key gives the same answer for at least a day

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrencePage:
    """Occurrences in the order of their time, and where the next page begins."""

    occurrences: list[Occurrence]
    next_cursor: str | None


def get_occurrence(account: str, kind: str, record_id: str, trigger: str, day: date) -> Occurrence | None:
    """Read an occurrence."""
    found = store.get(keys.occurrence(account, kind, record_id, trigger, day))
    return read(Occurrence, found) if found else None


def occurrences_of_record(account: str, kind: str, record_id: str) -> list[Occurrence]:
    """List all that was ever planned for a record."""
    return [read(Occurrence, item) for item in store.query(keys.occurrences(account, kind, record_id))]


def change(stood: Occurrence | None, then: Occurrence) -> Put:
    """Make the write that plans or changes an occurrence, and fails when it is not as it stood."""
    return Put(_key(then), _item(then), _unchanged(stood) if stood else ABSENT)


def drop(planned: Occurrence, reason: str, detail: str, now: datetime) -> bool:
    """Drop what was planned; False when it is not as it was read."""
    dropped = replace(
        planned, state=OccurrenceState.DROPPED, reason=reason, detail=detail, due_at=None, finished_at=now
    )
    return store.try_write(change(planned, dropped))


def put_off(planned: Occurrence, until: datetime) -> bool:
    """Check again later what was planned; False when it is not as it was read."""
    return store.try_write(change(planned, replace(planned, fires_at=until, due_at=until)))


def note_done(planned: Occurrence, now: datetime) -> None:
    """Note that the text of an occurrence is accepted, whatever came of the plan meanwhile: it never goes again."""
    store.write(Put(_key(planned), _item(_done(planned, now))))


def leave_call(planned: Occurrence, call: Call, now: datetime, *also: Write) -> bool:
    """Leave a call task in the place of a text, once; False when what was planned is not as it was read."""
    return store.try_write(change(planned, _done(planned, now)), writing_call(call), *also)


def upcoming(account: str, since: datetime, *, limit: int, cursor: str | None) -> OccurrencePage:
    """List what is planned, and what was dropped before it could go, by time from an instant on."""
    since_place = keys.instant(since)
    items, next_cursor = store.index_page(keys.upcoming(account), limit=limit, cursor=cursor, since=since_place)
    shown = [one for item in items if (one := read(Occurrence, item)).state in _SHOWN]
    return OccurrencePage(occurrences=shown, next_cursor=next_cursor)


def _key(one: Occurrence) -> keys.Key:
    return keys.occurrence(one.account, one.kind, one.record_id, one.trigger, one.day)


def _unchanged(stood: Occurrence) -> ConditionBase:
    return Attr("state").eq(stood.state) & Attr("event_id").eq(stood.event_id)


def _item(one: Occurrence) -> Attributes:
    name = occurrence_id(one)
    due = keys.due(name, one.due_at) if one.due_at else {}
    place = {"folder": keys.upcoming(one.account), "folder_at": keys.folder_place(one.fires_at, name)}
    return {"type": "occurrence", **attributes(one), **due, **(place if one.state in _SHOWN else {})}


def _done(planned: Occurrence, now: datetime) -> Occurrence:
    return replace(planned, state=OccurrenceState.DONE, reason=None, detail=None, due_at=None, finished_at=now)


def writing_call(call: Call) -> Put:
    """Make the write of a call task; it belongs into the transaction that ends what was planned."""
    return Put(keys.call(call.account, call.id), {"type": "call", **attributes(call)})


def call_page(account: str, after: str | None, limit: int) -> list[Call]:
    """List call tasks, oldest first."""
    start = keys.call(account, after) if after else None
    return [read(Call, item) for item in store.query(keys.call(account), after=start, limit=limit)]


def delete_call(account: str, call_id: str) -> bool:
    """Delete a call task; tells whether it was there."""
    return store.try_write(Delete(keys.call(account, call_id), PRESENT))


def get_event(account: str, event_id: str, now: datetime) -> RecordEvent | None:
    """Read an event, while its Idempotency-Key is remembered."""
    found = store.unexpired(store.get(keys.event(account, event_id)), now)
    return read(RecordEvent, found) if found else None


def get_record(account: str, kind: str, record_id: str) -> Record | None:
    """Read a record."""
    found = store.get(keys.record(account, kind, record_id))
    return read(Record, found) if found else None


def take_in_event(
    told: Record, fingerprint: str, triggers: Mapping[str, Trigger], zone: ZoneInfo, now: datetime
) -> tuple[RecordEvent, bool]:
    """Write an event and what it changes, all or nothing; gives it as it was taken in, and whether that was now.

    Nothing is left to do after the one transaction. Whatever happens to the record or its occurrences meanwhile fails
    it, and then all is read and decided again.
    """
    for attempt in itertools.count():
        event, writes = _decide(told, fingerprint, triggers, zone, now)
        try:
            store.transact([*writes, _once(event)])
        except store.ConditionFailed:
            before = get_event(told.account, told.event_id, now)
            if before:
                return before, False
            store.pause(attempt)
        else:
            return event, True
    raise AssertionError("counting does not end")


def _decide(
    told: Record, fingerprint: str, triggers: Mapping[str, Trigger], zone: ZoneInfo, now: datetime
) -> tuple[RecordEvent, list[Write]]:
    known = get_record(told.account, told.kind, told.id)
    newest = record_after(known, told)
    standing = occurrences_of_record(told.account, told.kind, told.id) if newest else []
    meant = (
        to_go(plan(triggers.values(), newest, zone, now), standing) if newest else EventPlan(planned=(), unplanned=())
    )
    event = RecordEvent(
        account=told.account,
        id=told.event_id,
        fingerprint=fingerprint,
        received_at=now,
        record=newest or told,
        newest=newest is not None,
        plan=meant,
    )
    if newest is None:
        return event, []
    changed = changes(meant, standing, triggers, newest, now)
    return event, [_put(newest, known), *(change(stood, then) for stood, then in changed)]


def _once(event: RecordEvent) -> Put:
    item = {"type": "event", **store.expires(event.received_at + _KEPT), **attributes(event)}
    return Put(keys.event(event.account, event.id), item, store.absent_or_expired(event.received_at))


def _put(newest: Record, known: Record | None) -> Put:
    unchanged = Attr("event_id").eq(known.event_id) if known else ABSENT
    item = {"type": "record", **attributes(newest)}
    return Put(keys.record(newest.account, newest.kind, newest.id), item, unchanged)


class OccurrenceFacts(Struct, frozen=True, kw_only=True):
    """An occurrence and what it depends on, as far as that exists.

    `sent` is whether its text was accepted before; `blocked` are phones that said STOP.
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


def look_up(account: Account, planned: Sequence[Occurrence]) -> list[OccurrenceFacts]:
    """Read what occurrences of an account depend on, strongly."""
    first = store.get_many(key for one in planned for key in (_trigger(one), _record(one), _text(one)))
    rules = {one: _read(Trigger, first.get(_trigger(one))) for one in planned}
    told = {one: _read(Record, first.get(_record(one))) for one in planned}
    named = {one: _named(account.id, rules[one], told[one]) for one in planned}
    second = store.get_many(key for of in named.values() for key in of.values())
    people = {one: _read(Client, second.get(of["client"])) if "client" in of else None for one, of in named.items()}
    pairs = {(account.id, phone) for one in planned for phone in _phones(rules[one], told[one], people[one])}
    blocked = frozenset(phone for _, phone in optouts.blocked(pairs, account.number_since))
    return [
        OccurrenceFacts(
            account=account,
            occurrence=one,
            sent=_text(one) in first,
            trigger=rules[one],
            record=told[one],
            client=people[one],
            template=_read(Template, second.get(of["template"])) if "template" in of else None,
            clients_with_phone=clients.having_phone(second.get(of["clients"])) if "clients" in of else {},
            blocked=blocked,
        )
        for one, of in named.items()
    ]


def _trigger(one: Occurrence) -> keys.Key:
    return keys.trigger(one.account, one.trigger)


def _record(one: Occurrence) -> keys.Key:
    return keys.record(one.account, one.kind, one.record_id)


def _text(one: Occurrence) -> keys.Key:
    return keys.message(one.account, f"{occurrence_id(one)}-0")


def _named(account: str, trigger: Trigger | None, record: Record | None) -> dict[str, keys.Key]:
    wanted = {}
    if record and record.client_id:
        wanted["client"] = keys.client(account, record.client_id)
    if record and record.phone:
        wanted["clients"] = keys.clients_with_phone(record.phone, account)
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


def _read(kind: type[T], found: Attributes | None) -> T | None:
    return read(kind, found) if found else None


def get(account: str, name: str) -> Trigger | None:
    """Read a trigger."""
    found = store.get(keys.trigger(account, name))
    return read(Trigger, found) if found else None


def page(account: str, after: str | None, limit: int) -> list[Trigger]:
    """List triggers in the order of their names."""
    start = keys.trigger(account, after) if after else None
    return [read(Trigger, item) for item in store.query(keys.trigger(account), after=start, limit=limit)]


def of_account(account: str) -> dict[str, Trigger]:
    """Give all triggers of an account, by name: they are few (`trigger.MOST`)."""
    return {one.name: one for one in (read(Trigger, item) for item in store.query(keys.trigger(account)))}


def put(trigger: Trigger) -> None:
    """Write a trigger."""
    store.write(Put(keys.trigger(trigger.account, trigger.name), {"type": "trigger", **attributes(trigger)}))


def delete(account: str, name: str) -> bool:
    """Delete a trigger; tells whether it was there."""
    return store.try_write(Delete(keys.trigger(account, name), PRESENT))
