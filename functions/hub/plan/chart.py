"""The chart of a month: a bar for each day, with the units sent and received."""

from msgspec import Struct

from billing.usage_api import MonthUsage
from longcode.months import days
from longcode.usage.usage import Usage

_HEIGHT = 64
_ROUND = (1, 2, 5, 10)  # what the highest line of the chart stands for, times a power of ten


class Bar(Struct, frozen=True, kw_only=True):
    """A day of the chart: its date, units sent and received, and the heights of both in the chart's unit."""

    day: str
    sent: int
    received: int
    sent_height: int
    received_height: int


class Chart(Struct, frozen=True):
    """The bars of a month's days, those to come included, and what the highest line stands for."""

    bars: list[Bar]
    top: int


def chart_of(month: MonthUsage) -> Chart:
    """Return the chart of a month."""
    top = top_of_chart(max([0, *(usage.units for usage in month.days.values())]))
    return Chart([_bar(day, month.days.get(day, Usage()), top) for day in days(month.month)], top)


def top_of_chart(most: int) -> int:
    """Return the round number that is at least `most`, and at least 2, so that its half is whole."""
    power = 1
    while power * _ROUND[-1] < most:
        power *= 10
    return max(2, next(power * step for step in _ROUND if power * step >= most))


def _bar(day: str, usage: Usage, top: int) -> Bar:
    return Bar(
        day=day,
        sent=usage.units_sent,
        received=usage.units_received,
        sent_height=-(-usage.units_sent * _HEIGHT // top),
        received_height=-(-usage.units_received * _HEIGHT // top),
    )
