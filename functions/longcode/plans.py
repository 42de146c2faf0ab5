"""Plans: what a month costs, and which of a studio's changes of plan counts for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from longcode import months
from longcode.errors import PlanNotOffered, TooManyChanges, UnknownPlan

MOST_CHANGES = 30
"""How often the plan of one month can be changed: every request reads an account with all its changes."""


class PastLimit(StrEnum):
    """What happens to a text past the included units: it is charged, or it is not sent."""

    CHARGE = "charge"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan is in a month, in millionths of its currency; the unit price is for units beyond.

    Off offer it is for those who have it already. `version` is the one of infra/plans.json whose terms these are.
    """

    name: str
    title: str
    monthly_fee_micros: int
    included_units: int
    unit_price_micros: int
    past_limit: PastLimit
    currency: str = "USD"
    version: int = 1
    on_offer: bool = True


def price_of(units: int, plan: Plan, used: int) -> int:
    """Tell what units more cost after those used, sent and received; where a plan stops, none goes beyond."""
    beyond = max(0, min(units, used + units - plan.included_units))
    return beyond * plan.unit_price_micros if plan.past_limit is PastLimit.CHARGE else 0


@dataclass(frozen=True, slots=True)
class Change:
    """A studio took this plan at this instant; its first change is its joining."""

    at: datetime
    plan: str


def counts_from(at: datetime) -> str:
    """Tell the first month for which a change counts: this one up to its cut-off, or the next (facts S16)."""
    month = months.month_of(at)
    return month if at <= months.plan_cutoff(month) else months.following(month)


def counted(changes: Iterable[Change]) -> list[tuple[Change, str]]:
    """Put changes in the order of time, each with the first month for which it counts unless a later one does.

    The plan that a studio joins with counts at once, so that texts of a last evening have an invoice.
    """
    # The sort is stable: of two changes at one instant, the later in the list counts.
    in_order = sorted(changes, key=lambda change: months.utc(change.at))
    joined = months.utc(in_order[0].at) if in_order else None
    return [(one, months.month_of(one.at) if one.at == joined else counts_from(one.at)) for one in in_order]


def in_month(month: str, changes: Iterable[Change]) -> str | None:
    """Tell the plan of a month, or None before the studio joined."""
    months.check(month)
    chosen = None
    for change, first in counted(changes):
        if first <= month:
            chosen = change.plan
    return chosen


def if_made(month: str) -> str:
    """Tell a person until when a change counts from a month."""
    until = months.spoken(months.plan_cutoff(month))
    return f"Made by {until}, the change counts from {months.named(month)} on, and later from the month after."


def once_made(month: str, now: datetime) -> str:
    """Tell a person from when a change counts, and until when that month's plan can be changed again."""
    counts = f"It counts from {months.named(month)} on."
    cutoff = months.plan_cutoff(month)
    return counts if now > cutoff else f"{counts} Until {months.spoken(cutoff)} that can be changed."


def taken_at(changes: Iterable[Change], now: datetime) -> datetime:
    """Tell when a change made now is dated: never before an earlier one, even if the clock went back."""
    return max([now, *(one.at for one in changes)])


def change(plan: str, changes: Sequence[Change], prices: Mapping[str, Plan], now: datetime) -> Change | None:
    """Make the change to a plan, or None when the newest was to it; `prices` are of the month that it counts from.

    Raises `UnknownPlan`, `PlanNotOffered` unless the studio has the plan this month, or `TooManyChanges`.
    """
    if plan not in prices:
        raise UnknownPlan(f"There is no plan {plan!r}.", field="plan")
    in_order = counted(changes)
    if in_order and in_order[-1][0].plan == plan:
        return None
    if not prices[plan].on_offer and in_month(months.month_of(now), changes) != plan:
        raise PlanNotOffered(f"The plan {prices[plan].title} is no longer offered.", field="plan")
    made = Change(taken_at(changes, now), plan)
    first = counts_from(made.at)
    if sum(month == first for _, month in in_order) >= MOST_CHANGES:
        until = f"Changes are taken again after {months.spoken(months.plan_cutoff(first))}."
        raise TooManyChanges(f"The plan for {first} was changed {MOST_CHANGES} times. {until}", field="plan")
    return made
