"""What a month that is over would have cost on each plan, and which of them would have been the cheapest."""

from collections.abc import Iterable
from dataclasses import dataclass

from longcode.invoice import draw_up
from longcode.plans import PastLimit, Plan
from longcode.usage import Usage


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


def compare(month: str, own: Plan, listed: Iterable[Plan], used: Usage) -> Comparison:
    """Draw up a month's bill on each plan: fee and units alone, without what other months and credits add to it.

    `listed` are all plans of the month, those off offer too; the own one may have been loaded since they were read.
    The own plan has let go what went, so its amount is what it charges for that, a limit or not.
    """
    every = {plan.name: plan for plan in (*listed, own) if plan.on_offer or plan.name == own.name}
    on_each = tuple(_on(month, plan, used, is_own=plan.name == own.name) for plan in every.values())
    allowed = [one for one in on_each if one.total_micros is not None]
    best = min(allowed, key=lambda one: (one.total_micros, not one.is_own))
    (paid,) = [one for one in on_each if one.is_own]
    saved = (paid.total_micros or 0) - (best.total_micros or 0)
    return Comparison(plans=on_each, cheapest=best.plan, saved_micros=saved)


def _on(month: str, plan: Plan, used: Usage, *, is_own: bool) -> OnPlan:
    stops = plan.past_limit is PastLimit.STOP and used.units_sent > plan.included_units and not is_own
    return OnPlan(
        plan=plan.name,
        title=plan.title,
        is_own=is_own,
        would_have_stopped=stops,
        total_micros=None if stops else draw_up("", month, plan, used).total_micros,
    )
