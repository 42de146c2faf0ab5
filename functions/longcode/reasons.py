"""What a person is told of a triggered text: why it goes, or why it does not."""

from collections.abc import Mapping

from longcode.occurrence import EXPIRED, MOVED, SENT, TOO_LATE
from longcode.record import Record, RecordKind
from longcode.trigger import Trigger, Unmet

REASONS: Mapping[str, str] = {
    Unmet.DELETED: "The trigger was deleted.",
    Unmet.DISABLED: "The trigger is disabled.",
    Unmet.CANCELLED: "It was cancelled.",
    Unmet.CONDITIONS: "Its status or type is not one that the trigger watches.",
    Unmet.NO_DATE: "It has no date to count the trigger's days from.",
    Unmet.NO_CLIENT: "It names no client to text.",
    SENT: "Its text has gone: there is one for a trigger, a record and a date.",
    MOVED: "It was moved to another date.",
    TOO_LATE: "The day on which the text should have gone is past.",
    EXPIRED: "The text could not go for hours, and then it was too late.",
}
"""A sentence for a person, by reason."""


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
