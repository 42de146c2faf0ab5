"""Plans: what a month costs, and which of a studio's changes of plan counts for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import itemgetter
from typing import Annotated

import msgspec

from longcode import months


class PastLimit(StrEnum):
    """What happens to a text past the included units: it is charged, or it is not sent."""

    CHARGE = "charge"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of infra/plans.json, in millionths of its currency; the unit price is for units beyond."""

    name: str
    title: str
    monthly_fee_micros: int
    included_units: int
    unit_price_micros: int
    past_limit: PastLimit
    currency: str = "USD"
    version: int = 1


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


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\Z")]
    title: Annotated[str, msgspec.Meta(pattern=r"\S")]
    monthly_fee_micros: Annotated[int, msgspec.Meta(ge=0)]
    included_units: Annotated[int, msgspec.Meta(ge=0)]
    # Both kinds need a price: units sent on a larger plan are beyond a `stop` plan after a downgrade.
    unit_price_micros: Annotated[int, msgspec.Meta(ge=1)]
    past_limit: PastLimit

    def __post_init__(self) -> None:
        if self.past_limit is PastLimit.STOP and self.included_units == 0:
            raise ValueError(f"plan {self.name!r} stops at 0 units, so nobody could send on it")


class _File(msgspec.Struct, forbid_unknown_fields=True):
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]
    plans: Annotated[list[_Entry], msgspec.Meta(min_length=1)]

    def __post_init__(self) -> None:
        names = [entry.name for entry in self.plans]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"there is more than one plan named {', '.join(twice)}")


def read(text: str | bytes) -> dict[str, Plan]:
    """Read infra/plans.json, by name and in its order; a ValueError says what is wrong with it and where."""
    file = msgspec.json.decode(text, type=_File)
    return {entry.name: Plan(**msgspec.structs.asdict(entry), currency=file.currency) for entry in file.plans}
