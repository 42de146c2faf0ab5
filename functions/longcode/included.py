"""How much of a plan's included units a month has used, and from when on there are new ones."""

from dataclasses import dataclass
from datetime import datetime

from longcode import months
from longcode.plans import PastLimit, Plan
from longcode.usage import Usage


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


def of(month: str, plan: Plan, usage: Usage, reserved: int | None = None) -> Included:
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
