"""The operator's price list: every version of every plan, what it is in a month, and what may be added to it."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from longcode import months, one_line
from longcode.errors import BadPlans
from longcode.plans import PastLimit, Plan

LEAD = timedelta(hours=1)
"""How long before its month a version is loaded at the latest: by then every process has read it."""

# With these no amount of an invoice passes what any reader of JSON takes for a whole number (2 to the 53rd).
_MOST_MICROS = 1_000_000_000_000
_MOST_UNITS = 1_000_000_000
_MOST_MICROS_A_UNIT = 1_000_000
_MOST_BYTES = 300_000  # an item of the table has 400 kB
_PLACE = re.compile(r" - at `\$\.?(.*)`\Z")


class Terms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One version of a plan, for the months from `from_month` on; off offer, it is for those who have it already."""

    version: Annotated[int, Meta(ge=1)]
    from_month: Annotated[str, Meta(pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])\Z")]
    title: Annotated[str, Meta(pattern=one_line.PATTERN, max_length=60)]
    monthly_fee_micros: Annotated[int, Meta(ge=0, le=_MOST_MICROS)]
    included_units: Annotated[int, Meta(ge=0, le=_MOST_UNITS)]
    # Both kinds need a price: units sent on a larger plan are beyond a `stop` plan after a downgrade.
    unit_price_micros: Annotated[int, Meta(ge=1, le=_MOST_MICROS_A_UNIT)]
    past_limit: PastLimit
    on_offer: bool = True

    def __post_init__(self) -> None:
        if self.past_limit is PastLimit.STOP and self.included_units == 0:
            raise ValueError("a plan that stops at 0 units lets nobody send")


class History(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plan in all its versions, oldest first. The same month again corrects a version that has not begun."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\Z", max_length=60)]
    versions: Annotated[tuple[Terms, ...], Meta(min_length=1)]

    def __post_init__(self) -> None:
        numbers = [terms.version for terms in self.versions]
        if numbers != list(range(1, len(numbers) + 1)):
            raise ValueError(f"the versions of {self.name!r} are numbered {numbers}, and not 1, 2, 3 without a gap")
        for before, after in pairwise(self.versions):
            if after.from_month < before.from_month:
                raise ValueError(
                    f"version {after.version} of {self.name!r} begins in {after.from_month}, before the one before it"
                )

    def in_month(self, month: str) -> Terms:
        """Give the terms of a month: the newest that has begun by then, or else the first."""
        return next((terms for terms in reversed(self.versions) if terms.from_month <= month), self.versions[0])


class PriceList(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All plans, in the order in which they are offered."""

    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
    plans: Annotated[tuple[History, ...], Meta(min_length=1)]

    def __post_init__(self) -> None:
        names = [plan.name for plan in self.plans]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"there is more than one plan named {', '.join(twice)}")

    def of_month(self, month: str) -> dict[str, Plan]:
        """Give what every plan is in a month, by name, those too that nobody new can choose."""
        months.check(month)
        return {plan.name: _plan(plan.name, plan.in_month(month), self.currency, month) for plan in self.plans}


def read(text: str | bytes) -> PriceList:
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


def added(new: PriceList, to: PriceList | None, now: datetime) -> list[tuple[str, Terms]]:
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


def _check_kept(name: str, loaded: Terms, given: Terms | None) -> None:
    if given is None:
        why = "is loaded, but not in this file: the file is an older one, or something was deleted from it"
        raise BadPlans(f"Version {loaded.version} of {name!r} {why}.", field=f"{name}.{loaded.version}")
    changed = [one for one in Terms.__struct_fields__ if getattr(given, one) != getattr(loaded, one)]
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


def _every(prices: PriceList) -> Iterator[tuple[str, Terms]]:
    return ((plan.name, terms) for plan in prices.plans for terms in plan.versions)


def _plan(name: str, terms: Terms, currency: str, month: str) -> Plan:
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
