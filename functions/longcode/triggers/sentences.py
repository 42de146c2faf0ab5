"""A trigger's rule as a sentence for people: "1 day before a session, at 10:00, text the client “…”, if …"."""

import re
from collections.abc import Sequence

from longcode.triggers.trigger import DateOf, RecordKind, TextTo, Trigger

KINDS = {
    RecordKind.SESSION: "a session",
    RecordKind.APPOINTMENT: "an appointment",
    RecordKind.PRODUCTION: "a production order",
    RecordKind.PREPRODUCTION: "a preproduction order",
    RecordKind.INVOICE: "an invoice",
    RecordKind.TASK: "a task",
    RecordKind.CLIENT: "a client",
    RecordKind.KEYWORD: "a keyword",
}
"""What people call a record of each kind."""

_FIELD = r"\{\{([^{}|]*)(?:\|[^{}]*)?\}\}"
_MOST_QUOTED = 120  # characters of the words
_WITH_SESSION_DATE = {RecordKind.SESSION, RecordKind.APPOINTMENT}


def sentence(trigger: Trigger, *, staff: str = "") -> str:
    """Return a trigger's rule as a sentence; `staff` is the phone of the staff as people write it."""
    acts = f"{_whom(trigger, staff)} {_words(trigger)}"
    if trigger.watches is RecordKind.KEYWORD:
        said = f"when a client texts “{trigger.keyword}”, {acts}"
    elif trigger.timing:
        said = f"{_day(trigger)}, at {trigger.timing.at}, {acts}{_if_still(trigger)}"
    else:
        said = f"when {_record(trigger)} {_becomes(trigger)}, {acts}"
    call = " A client without a number for texts becomes a call to make." if trigger.sms_else_call else ""
    return f"{said[:1].upper()}{said[1:]}.{call}"


def status_in_words(status: str) -> str:
    """Return a status as people write it: `ready for pickup`."""
    return status.replace("_", " ")


def _whom(trigger: Trigger, staff: str) -> str:
    if trigger.to is TextTo.STAFF:
        return f"text your staff ({staff or trigger.staff_phone})"
    return "text the client"


def _words(trigger: Trigger) -> str:
    if trigger.template:
        return f"the template “{trigger.template}”"
    words = " ".join(re.sub(_FIELD, _shown_field, trigger.body or "").split())
    return f"“{words if len(words) <= _MOST_QUOTED else f'{words[:_MOST_QUOTED].rstrip()}…'}”"


def _shown_field(field: re.Match[str]) -> str:
    """Return a merge field as people read it: `[first name]`."""
    name = field[1].strip().removeprefix("client.")
    return f"[{name.replace('.', ' ').replace('_', ' ')}]"


def _day(trigger: Trigger) -> str:
    """Return the day that a timing names: `2 days before a session`, `on the day an invoice is due`."""
    days, of = (trigger.timing.days, trigger.timing.of) if trigger.timing else (0, DateOf.DUE_DATE)
    record = _record(trigger)
    if of is DateOf.SESSION_DATE and trigger.watches not in _WITH_SESSION_DATE:
        record = f"the session of {record}"
    if days:
        count = f"{abs(days)} {'day' if abs(days) == 1 else 'days'} {'before' if days < 0 else 'after'}"
        return f"{count} {record}{' is due' if of is DateOf.DUE_DATE else ''}"
    return f"on the day {record} is due" if of is DateOf.DUE_DATE else f"on the day of {record}"


def _record(trigger: Trigger) -> str:
    kind = KINDS[trigger.watches]
    return f"{kind} of type {_either(trigger.types)}" if trigger.types else kind


def _becomes(trigger: Trigger) -> str:
    return f"becomes {_either(trigger.statuses)}" if trigger.statuses else "gets this type or changes its status"


def _if_still(trigger: Trigger) -> str:
    if not trigger.statuses:
        return ", unless it is cancelled"
    still = "still " if trigger.timing and trigger.timing.days < 0 else ""
    return f", if it is {still}{_either(trigger.statuses)}"


def _either(words: Sequence[str]) -> str:
    *others, last = map(status_in_words, words)
    return f"{', '.join(others)} or {last}" if others else last
