"""Plans: what a month costs, which of a studio's changes of plan counts for it, and the operator's price list."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from longcode import months
from longcode.errors import BadPlans, PlanNotOffered, TooManyChanges, UnknownPlan
from longcode.shown import Shown
from longcode.template import ONE_LINE

MOST_CHANGES = 30
"""How often the plan of one month can be changed. Limited because each request reads all changes of an account."""

LEAD = timedelta(hours=1)
"""How long before its first month a version must be loaded, so that every process has read it by then."""

# With these limits no amount of an invoice exceeds 2 to the 53rd, the largest integer that every JSON reader keeps.
_MOST_MICROS = 1_000_000_000_000
_MOST_UNITS = 1_000_000_000
_MOST_MICROS_A_UNIT = 1_000_000
_MOST_BYTES = 300_000  # an item of the table has at most 400 kB
_ERROR_PATH = re.compile(r" - at `\$\.?(.*)`\Z")


class PastLimit(StrEnum):
    """What a plan does with texts beyond the included units: charge them, or stop sending."""

    CHARGE = "charge"
    STOP = "stop"


class Plan(Shown, frozen=True):
    """A plan's terms in a month. Amounts are millionths of its currency.

    The unit price is for units beyond the included ones. A plan that is not `on_offer` is only for studios that have
    it already. `version` is the version in infra/plans.json with these terms.
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


class PlanChange(Shown, frozen=True):
    """A studio's change to a plan. The first change is the sign-up."""

    at: datetime
    plan: str


class PlanTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A version of a plan, for the months from `from_month` on; `on_offer` is as in `Plan`."""

    version: Annotated[int, Meta(ge=1)]
    from_month: Annotated[str, Meta(pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])\Z")]
    title: Annotated[str, Meta(pattern=ONE_LINE, max_length=60)]
    monthly_fee_micros: Annotated[int, Meta(ge=0, le=_MOST_MICROS)]
    included_units: Annotated[int, Meta(ge=0, le=_MOST_UNITS)]
    # A plan that stops needs a price too: after a downgrade, units sent on the larger plan may be beyond it.
    unit_price_micros: Annotated[int, Meta(ge=1, le=_MOST_MICROS_A_UNIT)]
    past_limit: PastLimit
    on_offer: bool = True

    def __post_init__(self) -> None:
        if self.past_limit is PastLimit.STOP and self.included_units == 0:
            raise ValueError("a plan that stops at 0 units sends nothing")


class PlanHistory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All versions of a plan, oldest first. A version with the same month as the one before replaces it."""

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
        """Return the terms of a month: the newest version that has begun by then, or else the first."""
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
        """Return the terms of all plans in a month by name, on offer or not."""
        months.validate(month)
        return {plan.name: _plan(plan.name, plan.in_month(month), self.currency, month) for plan in self.plans}


def price_of(units: int, plan: Plan, used: int) -> int:
    """Return the cost, in millionths, of further units after those used (sent and received); 0 if the plan stops."""
    beyond = max(0, min(units, used + units - plan.included_units))
    return beyond * plan.unit_price_micros if plan.past_limit is PastLimit.CHARGE else 0


def first_month_of_change(at: datetime) -> str:
    """Return the first month for which a change counts: its own until the cut-off, or the next (facts S16)."""
    month = months.month_of(at)
    return month if at <= months.plan_cutoff(month) else months.following(month)


def changes_by_first_month(changes: Iterable[PlanChange]) -> list[tuple[PlanChange, str]]:
    """Return the changes, oldest first, each with the first month for which it counts.

    A later change for the same month replaces it. The plan of the sign-up counts at once, so that texts that a studio
    sends between the cut-off and the month's end have an invoice.
    """
    # The sort is stable: of two changes at one instant, the later in the list counts.
    in_order = sorted(changes, key=lambda change: months.utc(change.at))
    signed_up_at = months.utc(in_order[0].at) if in_order else None
    return [
        (change, months.month_of(change.at) if change.at == signed_up_at else first_month_of_change(change.at))
        for change in in_order
    ]


def plan_name_in(month: str, changes: Iterable[PlanChange]) -> str | None:
    """Return the name of a month's plan, or None before the studio joined."""
    months.validate(month)
    chosen = None
    for change, first in changes_by_first_month(changes):
        if first <= month:
            chosen = change.plan
    return chosen


def change_deadline_sentence(month: str) -> str:
    """Return the sentences that tell a studio until when a change of plan counts from a month."""
    until = months.time_in_words(months.plan_cutoff(month))
    return (
        f"If you make the change by {until}, it counts from {months.in_words(month)}."
        " If you make it later, it counts from the month after that."
    )


def change_effect_sentences(month: str, now: datetime) -> str:
    """Return what a studio is told after a change of plan: from when it counts, and until when it can be changed."""
    counts = f"It counts from {months.in_words(month)}."
    cutoff = months.plan_cutoff(month)
    return counts if now > cutoff else f"{counts} You can change it until {months.time_in_words(cutoff)}."


def time_of_change(changes: Iterable[PlanChange], now: datetime) -> datetime:
    """Return the time of a new change: now, or that of the newest change if this clock is behind it."""
    return max([now, *(change.at for change in changes)])


def new_change(
    plan: str, changes: Sequence[PlanChange], choosable: Mapping[str, Plan], now: datetime
) -> PlanChange | None:
    """Return the change to a plan, or None if the newest change was to it.

    `choosable` are the plans of the month from which the change counts, by name. Raise `UnknownPlan`,
    `TooManyChanges`, or `PlanNotOffered` for a plan that is not on offer, unless the studio has it this month.
    """
    if plan not in choosable:
        raise UnknownPlan(f"There is no plan {plan!r}.", field="plan")
    in_order = changes_by_first_month(changes)
    if in_order and in_order[-1][0].plan == plan:
        return None
    if not choosable[plan].on_offer and plan_name_in(months.month_of(now), changes) != plan:
        raise PlanNotOffered(f"The plan {choosable[plan].title} is no longer offered.", field="plan")
    new = PlanChange(time_of_change(changes, now), plan)
    first = first_month_of_change(new.at)
    if sum(month == first for _, month in in_order) >= MOST_CHANGES:
        until = f"Changes are taken again after {months.time_in_words(months.plan_cutoff(first))}."
        raise TooManyChanges(f"The plan for {first} was changed {MOST_CHANGES} times. {until}", field="plan")
    return new


def read_price_list(text: str | bytes) -> PriceList:
    """Return the price list in the text of infra/plans.json; raise `BadPlans` with the fault and its place."""
    try:
        prices = msgspec.json.decode(text, type=PriceList)
        json.loads(text, object_pairs_hook=_check_no_field_twice)
    except (ValueError, RecursionError) as error:
        path = _ERROR_PATH.search(str(error))
        raise BadPlans(f"The plans cannot be read: {error}.", field=path[1] or "file" if path else "file") from None
    if len(msgspec.json.encode(prices)) > _MOST_BYTES:
        raise BadPlans(
            f"The plans are larger than {_MOST_BYTES:,} bytes, the most that the table can store.", field="file"
        )
    return prices


def _check_no_field_twice(pairs: list[tuple[str, object]]) -> None:
    """Raise `ValueError` if an object has a field twice: a person could read one price, and msgspec the other."""
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} is there more than once in one object")


def added_versions(new: PriceList, loaded: PriceList | None, now: datetime) -> list[tuple[str, PlanTerms]]:
    """Return the versions that are in a file and not loaded yet.

    Raise `BadPlans` if a loaded version differs or is missing in the file, or if a loaded plan would get a version
    for a month that has begun.
    """
    if loaded is None:
        return list(_all_versions(new))
    if new.currency != loaded.currency:
        raise BadPlans(
            f"The loaded plans are in {loaded.currency}; the currency cannot become {new.currency}.", field="currency"
        )
    in_file = {(name, terms.version): terms for name, terms in _all_versions(new)}
    for name, terms in _all_versions(loaded):
        _check_unchanged(name, terms, in_file.pop((name, terms.version), None))
    known, begun = {plan.name for plan in loaded.plans}, months.month_of(now + LEAD)
    for (name, version), terms in in_file.items():
        if name in known and terms.from_month <= begun:
            why = f"{terms.from_month} has begun, or begins within the hour"
            raise BadPlans(
                f"Version {version} of {name!r} comes too late: {why}.", field=f"{name}.{version}.from_month"
            )
    return [(name, terms) for (name, _), terms in in_file.items()]


def _check_unchanged(name: str, loaded: PlanTerms, given: PlanTerms | None) -> None:
    if given is None:
        why = "is loaded, but not in this file: the file is an older one, or something was deleted from it"
        raise BadPlans(f"Version {loaded.version} of {name!r} {why}.", field=f"{name}.{loaded.version}")
    changed = [
        attribute
        for attribute in PlanTerms.__struct_fields__
        if getattr(given, attribute) != getattr(loaded, attribute)
    ]
    if changed:
        why = "is loaded and stays as it is; add a new version instead"
        field = f"{name}.{loaded.version}.{changed[0]}"
        raise BadPlans(
            f"Version {loaded.version} of {name!r} {why} (it differs in {', '.join(changed)}).", field=field
        )


def _all_versions(prices: PriceList) -> Iterator[tuple[str, PlanTerms]]:
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
