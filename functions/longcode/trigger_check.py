"""Which triggers are refused when they are saved: those that could never text, or not as it is meant."""

from collections.abc import Mapping

from longcode import keywords, template
from longcode.errors import RequestError
from longcode.record import RecordKind, statuses
from longcode.trigger import To, Trigger

_DATED = set(RecordKind) - {RecordKind.CLIENT, RecordKind.KEYWORD}


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
        template.check(trigger.body)
    _check_recipient(trigger)


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
