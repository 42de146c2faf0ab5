"""Plans: what a month costs, and which of a studio's changes of plan counts for it."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from longcode import months
from longcode.errors import BadPlans, PlanNotOffered, TooManyChanges, UnknownPlan
from longcode.template import PATTERN

MOST_CHANGES = 30
"""How often the plan of one month can be changed: every request reads an account with all its changes."""

LEAD = timedelta(hours=1)
"""How long before its month a version is loaded at the latest: by then every process has read it."""

# With these no amount of an invoice passes what any reader of JSON takes for a whole number (2 to the 53rd).
_MOST_MICROS = 1_000_000_000_000
_MOST_UNITS = 1_000_000_000
_MOST_MICROS_A_UNIT = 1_000_000
_MOST_BYTES = 300_000  # an item of the table has 400 kB
_PLACE = re.compile(r" - at `\$\.?(.*)`\Z")


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
class PlanChange:
    """A studio took this plan at this instant; its first change is its joining."""

    at: datetime
    plan: str


def counts_from(at: datetime) -> str:
    """Tell the first month for which a change counts: this one up to its cut-off, or the next (facts S16)."""
    month = months.month_of(at)
    return month if at <= months.plan_cutoff(month) else months.following(month)


def counted(changes: Iterable[PlanChange]) -> list[tuple[PlanChange, str]]:
    """Put changes in the order of time, each with the first month for which it counts unless a later one does.

    The plan that a studio joins with counts at once, so that texts of a last evening have an invoice.
    """
    # The sort is stable: of two changes at one instant, the later in the list counts.
    in_order = sorted(changes, key=lambda change: months.utc(change.at))
    joined = months.utc(in_order[0].at) if in_order else None
    return [(one, months.month_of(one.at) if one.at == joined else counts_from(one.at)) for one in in_order]


def in_month(month: str, changes: Iterable[PlanChange]) -> str | None:
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


def taken_at(changes: Iterable[PlanChange], now: datetime) -> datetime:
    """Tell when a change made now is dated: never before an earlier one, even if the clock went back."""
    return max([now, *(one.at for one in changes)])


def change(plan: str, changes: Sequence[PlanChange], prices: Mapping[str, Plan], now: datetime) -> PlanChange | None:
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
    made = PlanChange(taken_at(changes, now), plan)
    first = counts_from(made.at)
    if sum(month == first for _, month in in_order) >= MOST_CHANGES:
        until = f"Changes are taken again after {months.spoken(months.plan_cutoff(first))}."
        raise TooManyChanges(f"The plan for {first} was changed {MOST_CHANGES} times. {until}", field="plan")
    return made


class PlanTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One version of a plan, for the months from `from_month` on; off offer, it is for those who have it already."""

    version: Annotated[int, Meta(ge=1)]
    from_month: Annotated[str, Meta(pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])\Z")]
    title: Annotated[str, Meta(pattern=PATTERN, max_length=60)]
    monthly_fee_micros: Annotated[int, Meta(ge=0, le=_MOST_MICROS)]
    included_units: Annotated[int, Meta(ge=0, le=_MOST_UNITS)]
    # Both kinds need a price: units sent on a larger plan are beyond a `stop` plan after a downgrade.
    unit_price_micros: Annotated[int, Meta(ge=1, le=_MOST_MICROS_A_UNIT)]
    past_limit: PastLimit
    on_offer: bool = True

    def __post_init__(self) -> None:
        if self.past_limit is PastLimit.STOP and self.included_units == 0:
            raise ValueError("a plan that stops at 0 units lets nobody send")


class PlanHistory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plan in all its versions, oldest first. The same month again corrects a version that has not begun."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\Z", max_length=60)]
    versions: Annotated[tuple[PlanTerms, ...], Meta(min_length=1)]

    def __post_init__(self) -> None:
        numbers = [terms.version for terms in self.versions]
        if numbers != list(range(1, len(numbers) + 1)):
            raise ValueError(f"the versions of {self.name!r} are numbered {numbers}, and not 1, 2, 3 without a gap")
        for before, after in pairwise(self.versions):
            if after.from_month < before.from_month:
                raise ValueError(
                    f"version {after.version} of {self.name!r} begins in {after.from_month}, before the one before it"
                )

    def in_month(self, month: str) -> PlanTerms:
        """Give the terms of a month: the newest that has begun by then, or else the first."""
        return next((terms for terms in reversed(self.versions) if terms.from_month <= month), self.versions[0])


class PriceList(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All plans, in the order in which they are offered."""

    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
    plans: Annotated[tuple[PlanHistory, ...], Meta(min_length=1)]

    def __post_init__(self) -> None:
        names = [plan.name for plan in self.plans]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"there is more than one plan named {', '.join(twice)}")

    def of_month(self, month: str) -> dict[str, Plan]:
        """Give what every plan is in a month, by name, those too that nobody new can choose."""
        months.check(month)
        return {plan.name: _plan(plan.name, plan.in_month(month), self.currency, month) for plan in self.plans}


def read_price_list(text: str | bytes) -> PriceList:
    """Read infra/plans.json; raises `BadPlans`, which says what is wrong with it and where."""
    try:
        prices = msgspec.json.decode(text, type=PriceList)
        json.loads(text, object_pairs_hook=_check_each_once)
    except (ValueError, RecursionError) as error:
        place = _PLACE.search(str(error))
        raise BadPlans(f"The plans cannot be read: {error}.", field=place[1] or "file" if place else "file") from None
    if len(msgspec.json.encode(prices)) > _MOST_BYTES:
        raise BadPlans(f"The plans are more than the table can hold: {_MOST_BYTES:,} bytes.", field="file")
    return prices


def added_versions(new: PriceList, to: PriceList | None, now: datetime) -> list[tuple[str, PlanTerms]]:
    """List the versions that a file adds to what is loaded; raises `BadPlans` for what would change a month.

    Nothing that is loaded changes or goes, and a plan that is there gets no version for a month that has begun.
    """
    if to is None:
        return list(_every(new))
    if new.currency != to.currency:
        raise BadPlans(f"The plans are in {to.currency}, for good, and not in {new.currency}.", field="currency")
    file = {(name, terms.version): terms for name, terms in _every(new)}
    for name, terms in _every(to):
        _check_kept(name, terms, file.pop((name, terms.version), None))
    known, begun = {plan.name for plan in to.plans}, months.month_of(now + LEAD)
    for (name, version), terms in file.items():
        if name in known and terms.from_month <= begun:
            why = f"{terms.from_month} has begun, or begins within the hour"
            raise BadPlans(
                f"Version {version} of {name!r} comes too late: {why}.", field=f"{name}.{version}.from_month"
            )
    return [(name, terms) for (name, _), terms in file.items()]


def _check_kept(name: str, loaded: PlanTerms, given: PlanTerms | None) -> None:
    if given is None:
        why = "is loaded, but not in this file: the file is an older one, or something was deleted from it"
        raise BadPlans(f"Version {loaded.version} of {name!r} {why}.", field=f"{name}.{loaded.version}")
    changed = [one for one in PlanTerms.__struct_fields__ if getattr(given, one) != getattr(loaded, one)]
    if changed:
        why = "is loaded and stays as it is; add a new version instead"
        field = f"{name}.{loaded.version}.{changed[0]}"
        raise BadPlans(
            f"Version {loaded.version} of {name!r} {why} (it differs in {', '.join(changed)}).", field=field
        )


def _check_each_once(pairs: list[tuple[str, object]]) -> None:
    """Refuse a field that is given twice: the last would count, and whoever reads the first reads another price."""
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} is there more than once in one object")


def _every(prices: PriceList) -> Iterator[tuple[str, PlanTerms]]:
    return ((plan.name, terms) for plan in prices.plans for terms in plan.versions)


def _plan(name: str, terms: PlanTerms, currency: str, month: str) -> Plan:
    return Plan(
        name=name,
        title=terms.title,
        monthly_fee_micros=terms.monthly_fee_micros,
        included_units=terms.included_units,
        unit_price_micros=terms.unit_price_micros,
        past_limit=terms.past_limit,
        currency=currency,
        version=terms.version,
        on_offer=terms.on_offer and terms.from_month <= month,
    )
