"""Notices: that four fifths of a limit or of a plan are used, and that all of it is; and their words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from longcode.billing.estimates import Comparison
from longcode.billing.invoice import money
from longcode.months import following, plan_cutoff, spoken
from longcode.plans.plans import PastLimit, Plan
from longcode.usage.usage import MONTH_COUNTER, Limits, Usage

PERCENTS = (80, 100)
CHARGED = "charged"
"""What is used of a plan that charges: units sent and received, as its invoice counts them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """So much of a limit is used: of a month's, or with `day` of that day's.

    Each is sent once in a month: `name` tells it from all others, and the same share of another limit is another.
    """

    counter: str
    month: str
    day: str | None
    percent: int
    used: int
    limit: int
    plan: Plan

    @property
    def name(self) -> str:
        """Name it."""
        return f"{self.counter}_{self.percent}_of_{self.limit}"

    @property
    def goes_on(self) -> bool:
        """Tell whether texts go on, and are charged, when all is used."""
        return self.counter == CHARGED


def limits_of(held: Limits, plan: Plan) -> dict[str, int]:
    """Name the counters of which a studio wants to know how much is used, each with its limit."""
    included = {CHARGED: plan.included_units} if plan.past_limit is PastLimit.CHARGE and plan.included_units else {}
    return held.counters | included


def due(held: Limits, plan: Plan, used: Mapping[str, int]) -> list[Notice]:
    """List what the studio should know by now."""
    return [
        Notice(
            counter=counter,
            month=held.month,
            day=None if counter in (MONTH_COUNTER, CHARGED) else held.day,
            percent=percent,
            used=used.get(counter, 0),
            limit=limit,
            plan=plan,
        )
        for counter, limit in limits_of(held, plan).items()
        for percent in PERCENTS
        if used.get(counter, 0) * 100 >= limit * percent
    ]


def shown(notice: Notice) -> dict[str, Any]:
    """Tell it to a studio's software."""
    return {
        "month": notice.month,
        "day": notice.day,
        "percent": notice.percent,
        "used_units": notice.used,
        "limit_units": notice.limit,
        "plan": notice.plan.name,
        "goes_on": notice.goes_on,
    }


def subject(notice: Notice) -> str:
    """Head a mail."""
    limit, when = ("your limit of a day", notice.day) if notice.day else ("your plan", notice.month)
    return f"{notice.percent} % of {limit} are used for {when}"


def words(notice: Notice, advice: str = "") -> str:
    """Tell a person how much is used, what comes then, and what can be done."""
    of, when = ("your limit of a day", notice.day) if notice.day else (f"the plan {notice.plan.title}", notice.month)
    counted = "units, sent and received," if notice.goes_on else "units"
    used = f"{notice.used:,} of the {notice.limit:,} {counted} of {of} are used for {when} (in Chicago)."
    return "\n\n".join(filter(None, [used, _what_comes(notice), advice])) + "\n"


def advice(expected: Usage, compared: Comparison, currency: str) -> str:
    """Tell which other plan would let all that is expected of a month go for less, if one would."""

    [cheapest] = [one for one in compared.plans if one.plan == compared.cheapest]
    if cheapest.is_own:
        return ""
    return (
        f"At this pace the month comes to about {expected.units:,} units, for which the plan {cheapest.title} would"
        f" cost {money(compared.saved_micros, currency)} less. A change made by 17:00 on the month's last day (in"
        " Chicago) counts for all of it."
    )


def _what_comes(notice: Notice) -> str:
    if notice.day:
        return "When all are used, texts are refused until the next day. The limit is units_a_day in the settings."
    if notice.goes_on:
        price = money(notice.plan.unit_price_micros, notice.plan.currency)
        return f"Texts go on when all are used: each unit beyond, sent or received, then costs {price}."
    until = spoken(plan_cutoff(notice.month))
    return (
        f"When all are used, texts are refused until {following(notice.month)}. Replies still arrive, and are free."
        f" A bigger plan that is taken by {until} takes effect at once."
    )
