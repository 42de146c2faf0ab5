"""Records: what the studio's software last told of a session, an order, an invoice, a client or a task."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from enum import StrEnum

from longcode.message import Instant


class RecordKind(StrEnum):
    """What a trigger can watch. An appointment is watched by its type, a keyword comes in a reply."""

    SESSION = "session"
    PRODUCTION = "production"
    PREPRODUCTION = "preproduction"
    INVOICE = "invoice"
    CLIENT = "client"
    TASK = "task"
    APPOINTMENT = "appointment"
    KEYWORD = "keyword"


class DateOf(StrEnum):
    """The dates of a record that a trigger can count its days from."""

    SESSION_DATE = "session_date"
    DUE_DATE = "due_date"


_MEETING = "requested tentative scheduled confirmed checked_in in_progress completed no_show rescheduled cancelled"
_WORK = "not_started waiting in_progress on_hold at_lab received ready completed cancelled"

STATUSES: Mapping[RecordKind, frozenset[str]] = {
    RecordKind.SESSION: frozenset(_MEETING.split()),
    RecordKind.APPOINTMENT: frozenset(_MEETING.split()),
    RecordKind.PREPRODUCTION: frozenset(f"{_WORK} proofs_ready approved".split()),
    RecordKind.PRODUCTION: frozenset(f"{_WORK} ordered ready_for_pickup picked_up shipped delivered".split()),
    RecordKind.INVOICE: frozenset("draft open partially_paid paid overdue refunded void cancelled".split()),  # noqa: SIM905
    RecordKind.CLIENT: frozenset("lead prospect booked active past inactive archived".split()),  # noqa: SIM905
    RecordKind.TASK: frozenset("open waiting in_progress done overdue cancelled".split()),  # noqa: SIM905
    RecordKind.KEYWORD: frozenset(),
}
"""What a record can be, by its kind; a studio's own words take their place (`Account.statuses`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The newest state of one thing of the studio's, as of `at`, the time of the event that told it.

    `changed_at` is when its status or type last became another; `phone` is whom a keyword came from.
    """

    account: str
    kind: RecordKind
    id: str
    at: Instant
    event_id: str
    changed_at: Instant
    client_id: str | None = None
    phone: str | None = None
    status: str | None = None
    of_type: str | None = None
    session_date: date | None = None
    session_time: str | None = None
    due_date: date | None = None
    values: dict[str, str] = field(default_factory=dict)
    cancelled: bool = False


def word(text: str) -> str:
    """Spell a status or a type as it is compared: "Ready for Pickup" is `ready_for_pickup`."""
    return "_".join(text.casefold().replace("_", " ").replace("-", " ").split())


def statuses(kind: RecordKind, own: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """List what a record of a kind can be, in this studio's words if it has its own."""
    return frozenset(map(word, own[kind])) if kind in own else STATUSES[kind]


def after(known: Record | None, told: Record) -> Record | None:
    """Give the state after an event, or None when it tells nothing new: a late event undoes no later one."""
    if known is None:
        return told
    if (told.at, told.event_id) <= (known.at, known.event_id):
        return None
    same = (told.status, word(told.of_type or "")) == (known.status, word(known.of_type or ""))
    return replace(told, changed_at=known.changed_at) if same else told


def date_of(record: Record, which: DateOf) -> date | None:
    """Tell a date of a record, if it has it."""
    return record.session_date if which is DateOf.SESSION_DATE else record.due_date


def merge_values(record: Record) -> dict[str, str]:
    """Give the values of the merge fields that a record fills; what the studio's software spelled out comes first."""
    values = {"session.type": record.of_type or ""}
    for name, day in (("session.date", record.session_date), ("due.date", record.due_date)):
        if day:
            values[name] = f"{day:%A, %B} {day.day}"
    if record.session_time:
        at = time.fromisoformat(record.session_time)
        values["session.time"] = f"{at.hour % 12 or 12}:{at:%M %p}"
    return values | record.values
