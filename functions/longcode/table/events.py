"""Events are taken in: once each, with the record that they tell of and all that its triggers then mean to send."""

import itertools
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from boto3.dynamodb.conditions import Attr

from longcode import record as records
from longcode.event import Event
from longcode.occurrence import Plan
from longcode.planning import changes, plan, to_go
from longcode.record import Record
from longcode.table import keys, occurrences, store
from longcode.table.codec import attributes, read
from longcode.table.writes import ABSENT, Put, Write
from longcode.trigger import Trigger

_KEPT = timedelta(hours=48)  # an Idempotency-Key gives the same answer for at least a day


def get(account: str, event_id: str, now: datetime) -> Event | None:
    """Read an event, while its Idempotency-Key is remembered."""
    found = store.unexpired(store.get(keys.event(account, event_id)), now)
    return read(Event, found) if found else None


def record(account: str, kind: str, record_id: str) -> Record | None:
    """Read a record."""
    found = store.get(keys.record(account, kind, record_id))
    return read(Record, found) if found else None


def take_in(
    told: Record, fingerprint: str, triggers: Mapping[str, Trigger], zone: ZoneInfo, now: datetime
) -> tuple[Event, bool]:
    """Write an event and what it changes, all or nothing; gives it as it was taken in, and whether that was now.

    Nothing is left to do after the one transaction. Whatever happens to the record or its occurrences meanwhile fails
    it, and then all is read and decided again.
    """
    for attempt in itertools.count():
        event, writes = _decide(told, fingerprint, triggers, zone, now)
        try:
            store.transact([*writes, _once(event)])
        except store.ConditionFailed:
            before = get(told.account, told.event_id, now)
            if before:
                return before, False
            store.pause(attempt)
        else:
            return event, True
    raise AssertionError("counting does not end")


def _decide(
    told: Record, fingerprint: str, triggers: Mapping[str, Trigger], zone: ZoneInfo, now: datetime
) -> tuple[Event, list[Write]]:
    known = record(told.account, told.kind, told.id)
    newest = records.after(known, told)
    standing = occurrences.of_record(told.account, told.kind, told.id) if newest else []
    meant = to_go(plan(triggers.values(), newest, zone, now), standing) if newest else Plan(planned=(), unplanned=())
    event = Event(
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
    return event, [_put(newest, known), *(occurrences.change(stood, then) for stood, then in changed)]


def _once(event: Event) -> Put:
    item = {"type": "event", **store.expires(event.received_at + _KEPT), **attributes(event)}
    return Put(keys.event(event.account, event.id), item, store.absent_or_expired(event.received_at))


def _put(newest: Record, known: Record | None) -> Put:
    unchanged = Attr("event_id").eq(known.event_id) if known else ABSENT
    item = {"type": "record", **attributes(newest)}
    return Put(keys.record(newest.account, newest.kind, newest.id), item, unchanged)
