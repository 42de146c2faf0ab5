"""Triggers: rules that text a client, or staff, when something that the studio's software tells of happens."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from longcode import keywords, local_time
from longcode.account import Account
from longcode.errors import EditionNotEntitled, RequestError
from longcode.record import DateOf, Record, RecordKind, date_of, statuses, word
from longcode.template import check as check_template

MOST = 40
"""How many triggers an account has, so that an event and all that follows from it fit into one transaction."""

_ENTITLED_EDITIONS = ("professional", "enterprise")
_CANCELLED = "cancelled"
_DATED = set(RecordKind) - {RecordKind.CLIENT, RecordKind.KEYWORD}


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


REASONS: Mapping[str, str] = {
    Unmet.DELETED: "The trigger was deleted.",
    Unmet.DISABLED: "The trigger is disabled.",
    Unmet.CANCELLED: "It was cancelled.",
    Unmet.CONDITIONS: "Its status or type is not one that the trigger watches.",
    Unmet.NO_DATE: "It has no date to count the trigger's days from.",
    Unmet.NO_CLIENT: "It names no client to text.",
    "sent": "Its text has gone: there is one for a trigger, a record and a date.",
    "moved": "It was moved to another date.",
    "too_late": "The day on which the text should have gone is past.",
    "expired": "The text could not go for hours, and then it was too late.",
}
"""A sentence for a person, by reason."""


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


def check(trigger: Trigger, own_statuses: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse a trigger that could never text, or not as it is meant; raises `RequestError` with the field."""
    known = statuses(trigger.watches, own_statuses)
    unknown = [status for status in trigger.statuses if status not in known]
    if unknown:
        there = f"Known are {', '.join(sorted(known))}." if known else f"A {trigger.watches} has no status."
        raise RequestError(f"Unknown status: {', '.join(unknown)}. {there}", field="statuses")
    if trigger.watches is RecordKind.KEYWORD:
        _check_keyword(trigger)
    elif trigger.keyword is not None:
        raise RequestError("Only a trigger that watches a keyword has one.", field="keyword")
    elif trigger.watches is RecordKind.APPOINTMENT and not trigger.types:
        raise RequestError("Say which types of appointment.", field="types")
    elif trigger.watches is not RecordKind.APPOINTMENT and not trigger.statuses:
        raise RequestError("Say at which statuses to text.", field="statuses")
    if trigger.timing and trigger.watches not in _DATED:
        raise RequestError(f"A {trigger.watches} has no date to count days from; it texts at once.", field="timing")
    if trigger.body is not None:
        check_template(trigger.body)
    _check_recipient(trigger)


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


def because(trigger: Trigger, record: Record) -> str:
    """Tell a person why a trigger texts for a record, and when."""
    when = "at once"
    if trigger.timing:
        days, date_name = trigger.timing.days, trigger.timing.of.replace("_", " ")
        count = f"{abs(days)} {'day' if abs(days) == 1 else 'days'}"
        place = f"{count} {'before' if days < 0 else 'after'}" if days else "on"
        when = f"{place} its {date_name}, at {trigger.timing.at}"
    if record.kind is RecordKind.KEYWORD:
        return f"a client texted {record.status!r}; {when}"
    of_type = f" ({record.of_type})" if record.of_type else ""
    return f"{record.kind} {record.id} is {record.status or 'there'}{of_type}; {when}"


def _holds(trigger: Trigger, record: Record) -> bool:
    if trigger.watches is RecordKind.KEYWORD:
        return record.kind is RecordKind.KEYWORD and record.status == trigger.keyword
    return (
        trigger.watches is record.kind
        and (not trigger.statuses or record.status in trigger.statuses)
        and (not trigger.types or word(record.of_type or "") in trigger.types)
    )


def _check_keyword(trigger: Trigger) -> None:
    if not trigger.keyword or not keywords.fold(trigger.keyword):
        raise RequestError("Say the keyword that a client texts.", field="keyword")
    service = keywords.read(trigger.keyword)
    if service:
        raise RequestError(f"{trigger.keyword!r} is the service's own keyword ({service}).", field="keyword")
    if keywords.near_stop(trigger.keyword):
        raise RequestError(f"{trigger.keyword!r} asks for no more texts, and only that.", field="keyword")


def _check_recipient(trigger: Trigger) -> None:
    if trigger.to is To.STAFF and trigger.staff_phone is None:
        raise RequestError("Say which phone of your staff to text.", field="staff_phone")
    if trigger.to is To.CLIENT and trigger.staff_phone is not None:
        raise RequestError("A text to the client needs no phone of your staff.", field="staff_phone")
    if trigger.to is To.STAFF and trigger.sms_else_call:
        raise RequestError("A call task stands in for a text to the client only.", field="sms_else_call")
