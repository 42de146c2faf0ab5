"""The forecast for a month's end: what was used, and a day's mean for each day that is left."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from longcode import months
from longcode.billing.invoice import draw_up
from longcode.months import day_of, days
from longcode.plans.plans import PastLimit, Plan
from longcode.usage.usage import Usage

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


def forecast(plan: Plan, used: Mapping[str, Usage], joined: datetime, now: datetime) -> Forecast | None:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPlan:
    """A month's usage on a plan: the amount, or that the plan would have stopped before it came to that."""

    plan: str
    title: str
    is_own: bool
    would_have_stopped: bool
    total_micros: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A month on each plan that was on offer in it, and on the account's own, in the order of the price list.

    `cheapest` would have let all texts go for the least: of two alike, the own plan, for nobody changes for nothing.
    """

    plans: tuple[OnPlan, ...]
    cheapest: str
    saved_micros: int


def compare_plans(month: str, own: Plan, listed: Iterable[Plan], used: Usage) -> Comparison:
    """Draw up a month's bill on each plan: fee and units alone, without what other months and credits add to it.

    `listed` are all plans of the month, those off offer too; the own one may have been loaded since they were read.
    The own plan has let go what went, so its amount is what it charges for that, a limit or not.
    """
    every = {plan.name: plan for plan in (*listed, own) if plan.on_offer or plan.name == own.name}
    on_each = tuple(_month_on_plan(month, plan, used, is_own=plan.name == own.name) for plan in every.values())
    allowed = [one for one in on_each if one.total_micros is not None]
    best = min(allowed, key=lambda one: (one.total_micros, not one.is_own))
    (paid,) = [one for one in on_each if one.is_own]
    saved = (paid.total_micros or 0) - (best.total_micros or 0)
    return Comparison(plans=on_each, cheapest=best.plan, saved_micros=saved)


def _month_on_plan(month: str, plan: Plan, used: Usage, *, is_own: bool) -> OnPlan:
    stops = plan.past_limit is PastLimit.STOP and used.units_sent > plan.included_units and not is_own
    return OnPlan(
        plan=plan.name,
        title=plan.title,
        is_own=is_own,
        would_have_stopped=stops,
        total_micros=None if stops else draw_up("", month, plan, used).total_micros,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Included:
    """A plan's units of a month, and how many are used, left and beyond.

    Where a plan charges, sent texts and replies use them. Where it stops, only texts do: those sent, and of the
    current month those on their way or scheduled in it, as each must fit before it is taken. `percent` is rounded
    down, and None where nothing is included.
    """

    included: int
    past_limit: PastLimit
    used: int
    left: int
    beyond: int
    percent: int | None
    frees_at: datetime


def included_units(month: str, plan: Plan, usage: Usage, reserved: int | None = None) -> Included:
    """Tell how much of a month's units is used; `reserved` is what a plan that stops has taken of its limit."""
    used = usage.units if plan.past_limit is PastLimit.CHARGE else usage.units_sent
    used = used if reserved is None else reserved
    return Included(
        included=plan.included_units,
        past_limit=plan.past_limit,
        used=used,
        left=max(plan.included_units - used, 0),
        beyond=max(used - plan.included_units, 0),
        percent=used * 100 // plan.included_units if plan.included_units else None,
        frees_at=months.bounds(month)[1],
    )
