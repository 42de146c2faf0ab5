"""Triggers: rules that text a client, or staff, when something that the studio's software tells of happens."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from longcode import local_time
from longcode.account import Account
from longcode.errors import EditionNotEntitled
from longcode.record import DateOf, Record, RecordKind, date_of, word

MOST = 40
"""How many triggers an account has, so that an event and all that follows from it fit into one transaction."""

_ENTITLED_EDITIONS = ("professional", "enterprise")
_CANCELLED = "cancelled"


class To(StrEnum):
    """Whom a trigger texts."""

    CLIENT = "client"
    STAFF = "staff"


class Unmet(StrEnum):
    """Why a trigger does not, or no longer, text for a record."""

    DELETED = "trigger_deleted"
    DISABLED = "trigger_disabled"
    CANCELLED = "cancelled"
    CONDITIONS = "conditions_not_met"
    NO_DATE = "no_date"
    NO_CLIENT = "no_client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Days before (negative) or after a date of the record, at a time of the studio's zone such as "09:00"."""

    days: int
    of: DateOf
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A rule. It holds for a record of one of its statuses (if it has any) and of one of its types (likewise).

    Without a timing it texts at once, on the day on which the status changed.
    """

    account: str
    name: str
    watches: RecordKind
    statuses: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    keyword: str | None = None
    timing: Timing | None = None
    to: To = To.CLIENT
    staff_phone: str | None = None
    template: str | None = None
    body: str | None = None
    sms_else_call: bool = False
    enabled: bool = True


def check_edition(account: Account) -> None:
    """Refuse a studio whose edition has no triggered texts (facts S1); raises `EditionNotEntitled`."""
    if account.edition.strip().casefold() not in _ENTITLED_EDITIONS:
        raise EditionNotEntitled("Triggered texts need the Professional or Enterprise edition.", field="edition")


def unmet(trigger: Trigger | None, record: Record) -> Unmet | None:
    """Tell why a trigger does not text for a record as both are now; None when it does."""
    if trigger is None:
        return Unmet.DELETED
    if not trigger.enabled:
        return Unmet.DISABLED
    if record.cancelled or (record.status == _CANCELLED and _CANCELLED not in trigger.statuses):
        return Unmet.CANCELLED
    if not _holds(trigger, record):
        return Unmet.CONDITIONS
    if trigger.timing and date_of(record, trigger.timing.of) is None:
        return Unmet.NO_DATE
    if trigger.to is To.CLIENT and record.client_id is None and record.phone is None:
        return Unmet.NO_CLIENT
    return None


def day_for(trigger: Trigger, record: Record, zone: ZoneInfo) -> date | None:
    """Tell the date that the text is about: of the session or due date, or the local day of the change."""
    if trigger.timing:
        return date_of(record, trigger.timing.of)
    return local_time.day_of(record.changed_at, zone)


def _holds(trigger: Trigger, record: Record) -> bool:
    if trigger.watches is RecordKind.KEYWORD:
        return record.kind is RecordKind.KEYWORD and record.status == trigger.keyword
    return (
        trigger.watches is record.kind
        and (not trigger.statuses or record.status in trigger.statuses)
        and (not trigger.types or word(record.of_type or "") in trigger.types)
    )
