"""Usage: what an account sent and received in a month or a day."""

from dataclasses import dataclass


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

    def __neg__(self) -> "Usage":
        return Usage(*(-getattr(self, name) for name in self.__slots__))

    @property
    def units(self) -> int:
        """What counts towards the plan: replies are units too."""
        return self.units_sent + self.units_received
