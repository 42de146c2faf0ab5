"""Triggers, the rules that text a client or staff when a record of the studio changes, and the records they watch."""

from collections.abc import Collection, Mapping
from datetime import date, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from longcode import keywords, months
from longcode.accounts.account import Account
from longcode.errors import EditionNotEntitled, RequestError
from longcode.message import Instant
from longcode.shown import Shown
from longcode.template import check

MOST_TRIGGERS = 40
"""How many triggers an account may have, so that an event with all its occurrences fits into one transaction."""

_ENTITLED_EDITIONS = ("professional", "enterprise")
_CANCELLED = "cancelled"


class RecordKind(StrEnum):
    """The kinds of records that a trigger can watch; a keyword is a client's reply."""

    SESSION = "session"
    PRODUCTION = "production"
    PREPRODUCTION = "preproduction"
    INVOICE = "invoice"
    CLIENT = "client"
    TASK = "task"
    APPOINTMENT = "appointment"
    KEYWORD = "keyword"


_MEETING = "requested tentative scheduled confirmed checked_in in_progress completed no_show rescheduled cancelled"
_WORK = "not_started waiting in_progress on_hold at_lab received ready completed cancelled"

STATUSES: Mapping[RecordKind, tuple[str, ...]] = {
    RecordKind.SESSION: tuple(_MEETING.split()),
    RecordKind.APPOINTMENT: tuple(_MEETING.split()),
    RecordKind.PREPRODUCTION: tuple(f"{_WORK} proofs_ready approved".split()),
    RecordKind.PRODUCTION: tuple(f"{_WORK} ordered ready_for_pickup picked_up shipped delivered".split()),
    RecordKind.INVOICE: tuple("draft open partially_paid paid overdue refunded void cancelled".split()),  # noqa: SIM905
    RecordKind.CLIENT: tuple("lead prospect booked active past inactive archived".split()),  # noqa: SIM905
    RecordKind.TASK: tuple("open waiting in_progress done overdue cancelled".split()),  # noqa: SIM905
    RecordKind.KEYWORD: (),
}
"""The statuses of a record, by its kind; a studio may replace them with its own (`Account.statuses`)."""

_DATED = set(RecordKind) - {RecordKind.CLIENT, RecordKind.KEYWORD}


class TextTo(StrEnum):
    """The recipient of a trigger's texts."""

    CLIENT = "client"
    STAFF = "staff"


class DateOf(StrEnum):
    """The dates of a record that a trigger can count its days from."""

    SESSION_DATE = "session_date"
    DUE_DATE = "due_date"


class UnmetCondition(StrEnum):
    """The condition that keeps a trigger from texting for a record."""

    DELETED = "trigger_deleted"
    DISABLED = "trigger_disabled"
    CANCELLED = "cancelled"
    CONDITIONS = "conditions_not_met"
    NO_DATE = "no_date"
    NO_CLIENT = "no_client"


class Timing(Shown, frozen=True, kw_only=True):
    """Days before (negative) or after a date of the record, at a time of the studio's zone such as "09:00"."""

    days: int
    of: DateOf
    at: str


class Trigger(Shown, frozen=True, kw_only=True):
    """A rule to text for records of one kind; if it names `statuses` or `types`, only for records with one of these.

    Without a timing it texts at once when the status or type changes, and the day of the change is its date.
    `last_fired_at` is when it last sent a text or made a call task, to about ten minutes.
    """

    account: str
    name: str
    watches: RecordKind
    statuses: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    keyword: str | None = None
    timing: Timing | None = None
    to: TextTo = TextTo.CLIENT
    staff_phone: str | None = None
    template: str | None = None
    body: str | None = None
    sms_else_call: bool = False
    enabled: bool = True
    last_fired_at: Instant | None = None


class Record(Struct, frozen=True, kw_only=True):
    """The newest known state of a record of the studio, as of `at`, the time of its last event.

    `changed_at` is when its status or type last changed; `phone` is the phone that texted a keyword.
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
    values: dict[str, str] = {}
    cancelled: bool = False


def check_trigger_edition(account: Account) -> None:
    """Raise `EditionNotEntitled` if the studio's edition has no triggered texts (facts S1)."""
    if account.edition.strip().casefold() not in _ENTITLED_EDITIONS:
        raise EditionNotEntitled("Triggered texts need the Professional or Enterprise edition.", field="edition")


def check_trigger(
    trigger: Trigger, own_statuses: Mapping[str, tuple[str, ...]], own_fields: Collection[str] = ()
) -> None:
    """Raise `RequestError`, with the field, for a trigger that could never text or contradicts itself.

    `own_statuses` and `own_fields` (as merge fields) are those of the studio.
    """
    known = record_statuses(trigger.watches, own_statuses)
    unknown = [status for status in trigger.statuses if status not in known]
    if unknown:
        hint = f"Known are {', '.join(sorted(known))}." if known else f"A {trigger.watches} has no status."
        raise RequestError(f"Unknown status: {', '.join(unknown)}. {hint}", field="statuses")
    if trigger.watches is RecordKind.KEYWORD:
        _check_keyword(trigger)
    elif trigger.keyword is not None:
        raise RequestError("Only a trigger that watches a keyword has a keyword.", field="keyword")
    elif trigger.watches is RecordKind.APPOINTMENT and not trigger.types:
        raise RequestError("Name the types of appointment to text for.", field="types")
    elif trigger.watches is not RecordKind.APPOINTMENT and not trigger.statuses:
        raise RequestError("Name the statuses to text for.", field="statuses")
    if trigger.timing and trigger.watches not in _DATED:
        raise RequestError(f"A {trigger.watches} has no date to count days from; it texts at once.", field="timing")
    if trigger.body is not None:
        check(trigger.body, own_fields)
    _check_recipient(trigger)


def _check_keyword(trigger: Trigger) -> None:
    if not trigger.keyword or not keywords.fold(trigger.keyword):
        raise RequestError("Name the keyword that a client texts.", field="keyword")
    service = keywords.read(trigger.keyword)
    if service:
        raise RequestError(f"{trigger.keyword!r} is the service's own keyword ({service}).", field="keyword")
    if keywords.near_stop(trigger.keyword):
        raise RequestError(f"{trigger.keyword!r} asks to stop texts and cannot be a keyword.", field="keyword")


def _check_recipient(trigger: Trigger) -> None:
    if trigger.to is TextTo.STAFF and trigger.staff_phone is None:
        raise RequestError("Name the phone of your staff to text.", field="staff_phone")
    if trigger.to is TextTo.CLIENT and trigger.staff_phone is not None:
        raise RequestError("A text to the client needs no phone of your staff.", field="staff_phone")
    if trigger.to is TextTo.STAFF and trigger.sms_else_call:
        raise RequestError("A call task replaces a text to the client only.", field="sms_else_call")


def unmet(trigger: Trigger | None, record: Record) -> UnmetCondition | None:
    """Return the condition that keeps a trigger from texting for a record; None if the trigger texts."""
    if trigger is None:
        return UnmetCondition.DELETED
    if not trigger.enabled:
        return UnmetCondition.DISABLED
    if record.cancelled or (record.status == _CANCELLED and _CANCELLED not in trigger.statuses):
        return UnmetCondition.CANCELLED
    if not _matches(trigger, record):
        return UnmetCondition.CONDITIONS
    if trigger.timing and record_date(record, trigger.timing.of) is None:
        return UnmetCondition.NO_DATE
    if trigger.to is TextTo.CLIENT and record.client_id is None and record.phone is None:
        return UnmetCondition.NO_CLIENT
    return None


def _matches(trigger: Trigger, record: Record) -> bool:
    if trigger.watches is RecordKind.KEYWORD:
        return record.kind is RecordKind.KEYWORD and record.status == trigger.keyword
    return (
        trigger.watches is record.kind
        and (not trigger.statuses or record.status in trigger.statuses)
        and (not trigger.types or record_word(record.of_type or "") in trigger.types)
    )


def day_for(trigger: Trigger, record: Record, zone: ZoneInfo) -> date | None:
    """Return the date that the text is about: the session or due date, or the local day of the change."""
    if trigger.timing:
        return record_date(record, trigger.timing.of)
    return months.local_day(record.changed_at, zone)


def record_word(text: str) -> str:
    """Return a status or type as it is compared: "Ready for Pickup" becomes `ready_for_pickup`."""
    return "_".join(text.casefold().replace("_", " ").replace("-", " ").split())


def record_statuses(kind: RecordKind, own: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Return the statuses of a kind of record, the studio's own if it has any for this kind."""
    return frozenset(ordered_statuses(kind, own))


def ordered_statuses(kind: RecordKind, own: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the statuses of a kind of record in the order in which a record usually has them, or the studio's."""
    return tuple(dict.fromkeys(map(record_word, own[kind]))) if kind in own else STATUSES[kind]


def record_after(known: Record | None, received: Record) -> Record | None:
    """Return the record's state after an event; None if this event, or a later one, was received before."""
    if known is None:
        return received
    if (received.at, received.event_id) <= (known.at, known.event_id):
        return None
    before = (known.status, record_word(known.of_type or ""))
    after = (received.status, record_word(received.of_type or ""))
    return replace(received, changed_at=known.changed_at) if before == after else received


def record_date(record: Record, which: DateOf) -> date | None:
    """Return a date of a record, or None if the record does not have it."""
    return record.session_date if which is DateOf.SESSION_DATE else record.due_date


def record_merge_values(record: Record) -> dict[str, str]:
    """Return the values of the merge fields that a record fills; values that its event set override them."""
    values = {"session.type": record.of_type or ""}
    for name, day in (("session.date", record.session_date), ("due.date", record.due_date)):
        if day:
            values[name] = f"{day:%A, %B} {day.day}"
    if record.session_time:
        at = time.fromisoformat(record.session_time)
        values["session.time"] = f"{at.hour % 12 or 12}:{at:%M %p}"
    return values | record.values
