"""The steps of a triggered text, for tests: write a trigger, report an event, fire, read the texts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from longcode import jobs
from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.message import Message
from longcode.messages import store as messages
from longcode.table import store
from longcode.table.keys import message
from longcode.table.trigger_keys import record as record_key
from longcode.table.writes import Put, attributes, read
from longcode.triggers import store as triggers
from longcode.triggers.planning import Occurrence
from tests.support.fakes import NOW, take_queued
from tests.support.trigger_samples import record, trigger
from triggers import events_api, fire_worker
from triggers.forms import EventForm, EventResult

SESSION: dict[str, Any] = {
    "kind": "session",
    "id": "s1",
    "client_id": "c1",
    "status": "confirmed",
    "session_date": "2026-12-03",
    "session_time": "14:30",
}


def write_trigger(**changes: Any) -> None:
    """Write a trigger; by default it texts at nine on the day before a confirmed session."""
    triggers.put(trigger(**changes))


def report_event(account: Account, key: str = "k", now: datetime = NOW, **changes: Any) -> EventResult:
    """Report an event; by default a session that is confirmed for 3 December."""
    return events_api.accept_event(account.id, EventForm(**(SESSION | changes)), key, now)


def write_records(account: Account, ids: Iterable[str], **changes: Any) -> None:
    """Write records as they were reported before, without their events; by default sessions on 3 December."""
    for record_id in ids:
        known = record(account=account.id, id=record_id, **changes)
        store.write(Put(record_key(account.id, known.kind, record_id), {"type": "record", **attributes(known)}))


def planned(account: Account, record_id: str = "s1", kind: str = "session") -> dict[str, Occurrence]:
    """Return the occurrences of a record by date; of two triggers on a date, only one."""
    return {
        str(occurrence.day): occurrence for occurrence in triggers.occurrences_of_record(account.id, kind, record_id)
    }


def fire_all(now: datetime, bodies: list[str] | None = None) -> None:
    """Run the jobs on the event queue, or the given jobs."""
    for body in take_queued("event") if bodies is None else bodies:
        fire_worker.fire(queues.read(jobs.FireTrigger, body), now)


def stored_texts(account: Account) -> list[Message]:
    """Return all messages of an account."""
    return [read(Message, item) for item in store.query(message(account.id))]


def stored_text(account: Account, message_id: str) -> Message | None:
    """Return a message, or None."""
    return messages.get(account.id, message_id)
