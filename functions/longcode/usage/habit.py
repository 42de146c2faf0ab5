"""An account's habit: what it sends on its days, and the thresholds beyond which the service stops it.

Every threshold is here, with its reason. A day has to pass three of them at once: a number that an ordinary studio
does not reach by chance, a share (or the plan) that is unusual for anybody, and a multiple of its own habit.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

DAYS = 35
"""The days before today that make the habit: a monthly broadcast is among them, however long the month."""

FACTOR = 3
"""How many times its habit a day has to be. Christmas and the week of school photographs double a studio's texts."""

PACE_UNITS = 1_000
"""Fewer units a day stop nobody: they cost the operator some ten dollars."""
PACE_PLANS = 2
"""Nor do fewer than twice the units that the plan includes for a month: a new studio's first broadcast, to everybody
on its list, has no habit to be compared with, and a studio chooses the plan that its months fit in.
"""

ABROAD_TEXTS = 100
"""Fewer texts abroad on a day stop nobody: a wedding abroad has guests. Fraud abroad needs hundreds."""
ABROAD_SHARE = 0.25
"""Nor does a smaller share: a broadcast to everybody also goes to those who moved away."""

REFUSED_TEXTS = 50
"""Fewer refused texts on a day stop nobody: an old list has some numbers that are gone."""
REFUSED_SHARE = 0.25
"""Nor does a smaller share. A list that was kept up has 2 to 10 % dead numbers, a bought or invented one half."""

UNDELIVERED_TEXTS = 200
"""Fewer texts of a day that the carrier took and did not deliver stop nobody. The studio does not pay for them."""
UNDELIVERED_SHARE = 0.5
"""Nor does a smaller share: a phone company may fail for hours, and invented phones are out of reach all day."""

REPLY_UNITS = 500
"""Fewer units of replies in a day are told to nobody: a broadcast to everybody brings some hundred."""


class StopCause(StrEnum):
    """Why the service stops an account by itself."""

    PACE = "pace"
    ABROAD = "abroad"
    REFUSED = "refused"
    UNDELIVERED = "undelivered"


class Activity(Struct, frozen=True, kw_only=True):
    """What an account sent on a day: units, texts, those of them to other countries, and refused texts.

    `units_sent` and `texts_sent` are charged; `units_undelivered` and `texts_undelivered` were handed over too, and
    are not charged, since the carrier did not deliver them. A refused text is one that the carrier refused or did not
    deliver because of its phone number or its words. `units_received` are those of replies, which are charged too.
    """

    units_sent: int = 0
    texts_sent: int = 0
    units_undelivered: int = 0
    texts_undelivered: int = 0
    texts_abroad: int = 0
    texts_refused: int = 0
    units_received: int = 0

    def __add__(self, other: "Activity") -> "Activity":
        return Activity(
            units_sent=self.units_sent + other.units_sent,
            texts_sent=self.texts_sent + other.texts_sent,
            units_undelivered=self.units_undelivered + other.units_undelivered,
            texts_undelivered=self.texts_undelivered + other.texts_undelivered,
            texts_abroad=self.texts_abroad + other.texts_abroad,
            texts_refused=self.texts_refused + other.texts_refused,
            units_received=self.units_received + other.units_received,
        )

    @property
    def units_handed_over(self) -> int:
        """Return the units that the carrier took, whether it delivered them or not."""
        return self.units_sent + self.units_undelivered

    @property
    def texts_handed_over(self) -> int:
        """Return the texts that the carrier took, whether it delivered them or not."""
        return self.texts_sent + self.texts_undelivered

    @property
    def share_abroad(self) -> float:
        """Return which share of the texts handed over went to other countries."""
        return self.texts_abroad / max(self.texts_handed_over, 1)

    @property
    def share_undelivered(self) -> float:
        """Return which share of the texts handed over was not delivered, and is not charged."""
        return self.texts_undelivered / max(self.texts_handed_over, 1)

    @property
    def share_refused(self) -> float:
        """Return which share of the texts was refused. Refused texts are not among those sent, unless charged."""
        return self.texts_refused / max(self.texts_sent + self.texts_refused, 1)


class Stop(Struct, frozen=True, kw_only=True):
    """The cause of a stop, and the sentence about it that the studio and the operator read."""

    cause: StopCause
    reason: str


def first_day(day: str) -> str:
    """Return the first of the days that make the habit of a day."""
    return (date.fromisoformat(day) - timedelta(days=DAYS)).isoformat()


def may_be_unusual(today: Activity) -> bool:
    """Return whether a day has enough texts of any kind that its account's habit has to be read."""
    return (
        today.units_handed_over >= PACE_UNITS
        or today.texts_abroad >= ABROAD_TEXTS
        or today.texts_refused >= REFUSED_TEXTS
        or today.texts_undelivered >= UNDELIVERED_TEXTS
        or today.units_received >= REPLY_UNITS
    )


def stops(day: str, days: Mapping[str, Activity], included_units: int) -> list[Stop]:
    """Return the stops of an account for what it sent on a day; `days` has that day and those before it.

    `included_units` are those that its plan includes in a month, the smallest plan of these days.
    """
    today = days.get(day, Activity())
    before = [activity for name, activity in days.items() if first_day(day) <= name < day]
    found = (
        _pace(today, before, included_units),
        _abroad(today, before),
        _refused(today, before),
        _undelivered(today, before),
    )
    return [stop for stop in found if stop]


def has_many_replies(day: str, days: Mapping[str, Activity]) -> bool:
    """Return whether the replies of a day are more than its account's habit, and more than it sent that day.

    No stop helps against a phone that writes without end, and nobody's replies are dropped: the owner is told.
    """
    today = days.get(day, Activity())
    busiest = max(
        (activity.units_received for name, activity in days.items() if first_day(day) <= name < day), default=0
    )
    return today.units_received >= max(REPLY_UNITS, FACTOR * busiest + 1, today.units_handed_over + 1)


def _pace(today: Activity, before: Iterable[Activity], included_units: int) -> Stop | None:
    sent = today.units_handed_over
    busiest = max((activity.units_handed_over for activity in before), default=0)
    if sent <= max(PACE_UNITS, PACE_PLANS * included_units, FACTOR * busiest):
        return None
    reason = f"It sent {sent:,} units in a day, and {busiest:,} on the busiest of the {DAYS} days before."
    return Stop(cause=StopCause.PACE, reason=reason)


def _abroad(today: Activity, before: Iterable[Activity]) -> Stop | None:
    usual = sum(before, Activity()).share_abroad
    if today.texts_abroad < ABROAD_TEXTS or today.share_abroad <= max(ABROAD_SHARE, FACTOR * usual):
        return None
    reason = (
        f"{today.texts_abroad:,} of its {today.texts_handed_over:,} texts of a day went to other countries,"
        f" {today.share_abroad:.0%}; in the {DAYS} days before it was {usual:.0%}."
    )
    return Stop(cause=StopCause.ABROAD, reason=reason)


def _refused(today: Activity, before: Iterable[Activity]) -> Stop | None:
    usual = sum(before, Activity()).share_refused
    if today.texts_refused < REFUSED_TEXTS or today.share_refused <= max(REFUSED_SHARE, FACTOR * usual):
        return None
    reason = (
        f"The phone companies refused {today.texts_refused:,} of its texts of a day, {today.share_refused:.0%};"
        f" in the {DAYS} days before it was {usual:.0%}."
    )
    return Stop(cause=StopCause.REFUSED, reason=reason)


def _undelivered(today: Activity, before: Iterable[Activity]) -> Stop | None:
    usual = sum(before, Activity()).share_undelivered
    share = today.share_undelivered
    if today.texts_undelivered < UNDELIVERED_TEXTS or share <= max(UNDELIVERED_SHARE, FACTOR * usual):
        return None
    reason = (
        f"{today.texts_undelivered:,} of its {today.texts_handed_over:,} texts of a day were not delivered,"
        f" {share:.0%}; in the {DAYS} days before it was {usual:.0%}."
    )
    return Stop(cause=StopCause.UNDELIVERED, reason=reason)
