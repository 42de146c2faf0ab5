"""What a studio sees beside its usage: the units included, a forecast of the month, and the month on other plans."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from longcode import months
from longcode.billing.invoice import compute_invoice
from longcode.months import day_of, days
from longcode.plans.plans import PastLimit, Plan
from longcode.shown import Shown
from longcode.usage.usage import Usage

_DAYS_LOOKED_AT = 7  # a week, as a studio's weekdays differ


class Included(Shown, frozen=True, kw_only=True):
    """A plan's units of a month, and how many are used, left and beyond.

    On a plan that charges, texts and replies use units. On a plan that stops, only texts do: those sent and, in the
    current month, those on their way or scheduled in it, because units are reserved before a text is accepted.
    `percent` is rounded down, and None if the plan includes no units.
    """

    included: int
    past_limit: PastLimit
    used: int
    left: int
    beyond: int
    percent: int | None
    frees_at: datetime


class Forecast(Shown, frozen=True, kw_only=True):
    """The usage and cost of a month at its end, if each day that is left has the mean usage of the last full days.

    `days_looked_at` is the number of those full days. `would_stop`: the plan stops sending before the month ends, and
    `total_micros` is what it charges until then. Scheduled texts are left out.
    """

    units_sent: int
    units_received: int
    days_looked_at: int
    would_stop: bool
    total_micros: int


class PlanCost(Shown, frozen=True, kw_only=True):
    """What a month would have cost on a plan; no amount if the plan would have stopped sending before its end."""

    plan: str
    title: str
    is_own: bool
    would_have_stopped: bool
    total_micros: int | None


class Comparison(Shown, frozen=True, kw_only=True):
    """A month on the account's own plan and on each plan that was on offer, in the order of the price list.

    `cheapest` is the plan that would have sent all texts for the least; of equal ones, the account's own.
    """

    plans: tuple[PlanCost, ...]
    cheapest: str
    saved_micros: int


def included_units(month: str, plan: Plan, usage: Usage, reserved: int | None = None) -> Included:
    """Return how many of a month's units are used: those of `usage` or, on a plan that stops, the `reserved` ones."""
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


def forecast(plan: Plan, used: Mapping[str, Usage], joined: datetime, now: datetime) -> Forecast | None:
    """Return the forecast from the usage by day of this month and the one before; None on a studio's first two days.

    Days are those of Chicago, also where a clock change makes them 23 or 25 hours long. Units are rounded up. Today
    counts as a mean day, or as what it has already if that is more.
    """
    today = day_of(now)
    full = _full_days(joined, today)
    if not full:
        return None
    sent = _expected({day: usage.units_sent for day, usage in used.items()}, full, today)
    received = _expected({day: usage.units_received for day, usage in used.items()}, full, today)
    so_far = sum(usage.units_sent for day, usage in used.items() if day[:7] == today[:7])
    allowed = max(plan.included_units, so_far) if plan.past_limit is PastLimit.STOP else sent
    expected = Usage(units_sent=min(sent, allowed), units_received=received)
    return Forecast(
        units_sent=sent,
        units_received=received,
        days_looked_at=len(full),
        would_stop=sent > allowed,
        total_micros=compute_invoice("", today[:7], plan, expected).total_micros,
    )


def _expected(units: Mapping[str, int], full: Sequence[str], today: str) -> int:
    before = [day for day in days(today[:7]) if day < today]
    left = len(days(today[:7])) - len(before)  # today included

    def mean_days(number: int) -> int:
        return -(-sum(units.get(day, 0) for day in full) * number // len(full))  # rounded up

    return sum(units.get(day, 0) for day in before) + max(mean_days(left), units.get(today, 0) + mean_days(left - 1))


def _full_days(joined: datetime, today: str) -> list[str]:
    """Return the last full days since the studio joined, newest first, a week of them at most."""
    last = date.fromisoformat(today)
    last_week = [(last - timedelta(days=back)).isoformat() for back in range(1, _DAYS_LOOKED_AT + 1)]
    return [day for day in last_week if day > day_of(joined)]


def compare_plans(month: str, own: Plan, listed: Iterable[Plan], used: Usage) -> Comparison:
    """Return what a month costs on each plan: fee and units, without credits and late units of other months.

    `listed` are all plans of the month, on offer or not; `own` is the account's, which may be newer than the list.
    The account's own plan always has an amount, because the texts were sent, even if they exceed its limit.
    """
    compared = {plan.name: plan for plan in (*listed, own) if plan.on_offer or plan.name == own.name}
    on_each = tuple(_month_on_plan(month, plan, used, is_own=plan.name == own.name) for plan in compared.values())
    allowed = [on_plan for on_plan in on_each if on_plan.total_micros is not None]
    best = min(allowed, key=lambda on_plan: (on_plan.total_micros, not on_plan.is_own))
    (paid,) = [on_plan for on_plan in on_each if on_plan.is_own]
    saved = (paid.total_micros or 0) - (best.total_micros or 0)
    return Comparison(plans=on_each, cheapest=best.plan, saved_micros=saved)


def _month_on_plan(month: str, plan: Plan, used: Usage, *, is_own: bool) -> PlanCost:
    stops = plan.past_limit is PastLimit.STOP and used.units_sent > plan.included_units and not is_own
    return PlanCost(
        plan=plan.name,
        title=plan.title,
        is_own=is_own,
        would_have_stopped=stops,
        total_micros=None if stops else compute_invoice("", month, plan, used).total_micros,
    )
