"""What a text past a limit is refused with: when the limit frees, and which plan would allow the text at once."""

from collections.abc import Iterable, Mapping

from longcode import months
from longcode.errors import DayLimitReached, PlanLimitReached
from longcode.limits import MONTH, Limits
from longcode.plans import PastLimit, Plan


def of(
    held: Limits, plan: Plan, used: Mapping[str, int], units: int, choosable: Iterable[Plan]
) -> PlanLimitReached | DayLimitReached:
    """Word the refusal of so many units; `choosable` are the plans that the studio can yet take for that month."""
    reached = held.reached(used, units)
    if MONTH not in reached:
        return _day(held, used, units)
    ends = months.bounds(held.month)[1]
    fits = units <= plan.included_units
    which = allowing(choosable, used.get(MONTH, 0) + units) if reached == {MONTH} else []
    words = [
        f"This needs {units:,} of the {plan.included_units:,} units of the plan {plan.title} for"
        f" {months.named(held.month)}, of which {_left(plan.included_units, used.get(MONTH, 0))}.",
        f"All are free again at {months.spoken(ends)}." if fits else "",
        f"The plan {which[0].title} would allow it at once." if which else "",
    ]
    names = tuple(one.name for one in which)
    return PlanLimitReached(" ".join(filter(None, words)), frees_at=ends if fits else None, plans_that_allow=names)


def allowing(choosable: Iterable[Plan], needed: int) -> list[Plan]:
    """List the plans that allow so many units sent in a month, the smallest first: one that charges always does."""
    allow = [one for one in choosable if one.past_limit is PastLimit.CHARGE or needed <= one.included_units]
    return sorted(allow, key=lambda one: (one.included_units, one.monthly_fee_micros))


def _day(held: Limits, used: Mapping[str, int], units: int) -> DayLimitReached:
    limit = held.units_a_day or 0
    ends = months.day_ends(held.day)
    fits = units <= limit
    words = [
        f"This needs {units:,} of the {limit:,} units that this account sends a day at most, of which"
        f" {_left(limit, used.get(f'{MONTH}_{held.day}', 0))} for {held.day} (in Chicago).",
        f"All are free again at {months.spoken(ends)}." if fits else "",
        "The limit is units_a_day in the settings.",
    ]
    return DayLimitReached(" ".join(filter(None, words)), frees_at=ends if fits else None)


def _left(limit: int, used: int) -> str:
    left = max(0, limit - used)
    return "none is left" if left == 0 else "1 is left" if left == 1 else f"{left:,} are left"
