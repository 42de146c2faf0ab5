"""Usage: what an account sent and received in a month or a day."""

from dataclasses import dataclass

from longcode.message import Direction, Message
from longcode.months import day_of


@dataclass(frozen=True, slots=True)
class Usage:
    """Texts, the units that the studio pays for, and the segments that the carrier charges us for."""

    texts_sent: int = 0
    units_sent: int = 0
    segments_sent: int = 0
    texts_received: int = 0
    units_received: int = 0
    segments_received: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            texts_sent=self.texts_sent + other.texts_sent,
            units_sent=self.units_sent + other.units_sent,
            segments_sent=self.segments_sent + other.segments_sent,
            texts_received=self.texts_received + other.texts_received,
            units_received=self.units_received + other.units_received,
            segments_received=self.segments_received + other.segments_received,
        )

    @property
    def units(self) -> int:
        """What counts towards the plan: replies are units too."""
        return self.units_sent + self.units_received


def counts(message: Message) -> bool:
    """Tell whether a month's counters count a text.

    They do not count what never went or was taken back, nor keywords, nor what the operator handed over.
    """
    return message.month is not None and message.charged_units == message.units


def of(message: Message) -> Usage:
    """Give what one text adds to the counters of its month: nothing if it does not count."""
    if not counts(message):
        return Usage()
    if message.direction is Direction.OUT:
        return Usage(texts_sent=1, units_sent=message.charged_units, segments_sent=message.segments)
    return Usage(texts_received=1, units_received=message.charged_units, segments_received=message.segments)


def day(message: Message) -> str:
    """Tell the day of a text, in Chicago: of its claim for the carrier, or of its arrival."""
    return day_of(message.sent_at or message.created_at)
