"""The forecast for a month's end: what was used, and a day's mean for each day that is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from longcode.invoice import draw_up
from longcode.months import day_of, days
from longcode.plans import PastLimit, Plan
from longcode.usage import Usage

_LOOKED_AT = 7  # a studio's weekdays differ, and a week has each of them once


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a month will have come to at its end, if it goes on as the last full days went.

    `days_looked_at` says how many these were. `would_stop` says that the plan stops before that: then the amount is
    what it charges up to there. Texts that are scheduled are left out.
    """

    units_sent: int
    units_received: int
    days_looked_at: int
    would_stop: bool
    total_micros: int


def of(plan: Plan, used: Mapping[str, Usage], joined: datetime, now: datetime) -> Forecast | None:
    """Tell the forecast from what was used by day, of this month and the one before; None on a studio's first day.

    Days are Chicago's, however long the clocks make them, and parts of a unit are rounded up. Of today, what a mean
    day has or what it has already, whichever is more.
    """
    today = day_of(now)
    full = _full_days(joined, today)
    if not full:
        return None
    sent = _expected({day: of_day.units_sent for day, of_day in used.items()}, full, today)
    received = _expected({day: of_day.units_received for day, of_day in used.items()}, full, today)
    so_far = sum(of_day.units_sent for day, of_day in used.items() if day[:7] == today[:7])
    allowed = max(plan.included_units, so_far) if plan.past_limit is PastLimit.STOP else sent
    goes = Usage(units_sent=min(sent, allowed), units_received=received)
    return Forecast(
        units_sent=sent,
        units_received=received,
        days_looked_at=len(full),
        would_stop=sent > allowed,
        total_micros=draw_up("", today[:7], plan, goes).total_micros,
    )


def _expected(units: Mapping[str, int], full: Sequence[str], today: str) -> int:
    before = [day for day in days(today[:7]) if day < today]
    left = len(days(today[:7])) - len(before)  # with today

    def mean(times: int) -> int:
        return -(-sum(units.get(day, 0) for day in full) * times // len(full))

    return sum(units.get(day, 0) for day in before) + max(mean(left), units.get(today, 0) + mean(left - 1))


def _full_days(joined: datetime, today: str) -> list[str]:
    """List the last full days of a studio, a week of them at most: not the day it joined on, nor today."""
    last = date.fromisoformat(today)
    every = [(last - timedelta(days=back)).isoformat() for back in range(1, _LOOKED_AT + 1)]
    return [day for day in every if day > day_of(joined)]
