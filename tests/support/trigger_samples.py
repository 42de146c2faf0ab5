"""Sample triggers and records for tests."""

from datetime import date
from typing import Any

import msgspec

from longcode.triggers.trigger import DateOf, Record, RecordKind, Timing, Trigger
from tests.support.fakes import NOW

DAY_BEFORE = Timing(days=-1, of=DateOf.SESSION_DATE, at="09:00")

_TRIGGER = Trigger(
    account="10000001",
    name="reminder",
    watches=RecordKind.SESSION,
    statuses=("confirmed",),
    timing=DAY_BEFORE,
    body="Hi {{client.first_name}}, see you on {{session.date}}!",
)
_RECORD = Record(
    account="10000001",
    kind=RecordKind.SESSION,
    id="s1",
    at=NOW,
    event_id="e1",
    changed_at=NOW,
    client_id="c1",
    status="confirmed",
    session_date=date(2026, 12, 3),
    session_time="14:30",
)


def trigger(**changes: Any) -> Trigger:
    """Return a trigger with changes; by default it texts at nine on the day before a confirmed session."""
    return msgspec.structs.replace(_TRIGGER, **changes)


def record(**changes: Any) -> Record:
    """Return a record with changes; by default a confirmed session of the client c1 on 3 December."""
    return msgspec.structs.replace(_RECORD, **changes)
