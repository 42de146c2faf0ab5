"""Plans: what a month costs, and which of a studio's changes of plan counts for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import itemgetter

from longcode import months


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


@dataclass(frozen=True, slots=True)
class Change:
    """A studio took this plan at this instant; its first change is its joining."""

    at: datetime
    plan: str


def counts_from(at: datetime) -> str:
    """Tell the first month for which a change counts: this one up to its cut-off, or the next (facts S16)."""
    month = months.month_of(at)
    return month if at <= months.plan_cutoff(month) else months.following(month)


def in_month(month: str, changes: Iterable[Change]) -> str | None:
    """Tell the plan of a month, or None before the studio joined.

    The plan that a studio joins with counts at once, so that texts of a last evening have an invoice.
    """
    months.check(month)
    # The sort is stable: of two changes at one instant, the later in the list counts.
    in_order = sorted(((months.utc(change.at), change.plan) for change in changes), key=itemgetter(0))
    chosen = None
    for at, plan in in_order:
        first = months.month_of(at) if at == in_order[0][0] else counts_from(at)
        if first <= month:
            chosen = plan
    return chosen
