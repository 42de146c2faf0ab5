"""The price list in the table, and each process's copy of it."""

import time
from collections.abc import Callable
from datetime import datetime

import msgspec
from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.errors import NoPriceList
from longcode.plans.plans import Plan, PriceList, first_month_of_change
from longcode.table import keys, store
from longcode.table.writes import ABSENT, Put

_COPY_SECONDS = 60


class _Copy(Struct):
    """The price list that this process last read, and when by its monotonic clock."""

    prices: PriceList | None = None
    at: float = 0.0


class _PlansOfMonth(dict[str, Plan]):
    """The plans of a month by name. A missing plan is read from the table: it may just have been loaded."""

    def __init__(self, prices: PriceList, month: str) -> None:
        super().__init__(prices.of_month(month))
        self._month = month

    def __missing__(self, name: str) -> Plan:
        return _read_or_raise().of_month(self._month)[name]


_copy = _Copy()


def of_month(month: str, clock: Callable[[], float] = time.monotonic) -> dict[str, Plan]:
    """Return the plans of a month by name, on offer or not, in the order in which they are offered.

    The price list is read from the table once a minute. Raise `NoPriceList` if no price list is loaded.
    """
    if _copy.prices is None or not 0 <= clock() - _copy.at < _COPY_SECONDS:
        at, prices = clock(), _read_or_raise()
        set_copy(prices, at)
        return _PlansOfMonth(prices, month)
    return _PlansOfMonth(_copy.prices, month)


def on_offer(now: datetime) -> dict[str, Plan]:
    """Return the plans that a studio can choose, by name, in the order in which they are offered."""
    prices = of_month(first_month_of_change(now))
    return {name: plan for name, plan in prices.items() if plan.on_offer}


def set_copy(prices: PriceList, at: float) -> None:
    """Set this process's copy of the price list, as if it were read at the time `at` of the monotonic clock."""
    _copy.prices, _copy.at = prices, at


def read_loaded() -> tuple[PriceList | None, int]:
    """Return the whole price list and its revision; None and 0 if no price list is loaded."""
    item = store.get(keys.price_list())
    if item is None:
        return None, 0
    return msgspec.convert({"currency": item["currency"], "plans": item["plans"]}, PriceList), item["revision"]


def write(prices: PriceList, revision: int) -> bool:
    """Write the whole price list as the one after `revision`; return False if another was written first."""
    item = {"type": "price-list", "revision": revision + 1, **msgspec.to_builtins(prices)}
    unchanged = Attr("revision").eq(revision) if revision else ABSENT
    return store.try_write(Put(keys.price_list(), item, unchanged))


def clear_copy() -> None:
    """Forget the copy, so that the next call reads the table."""
    _copy.prices = None


def _read_or_raise() -> PriceList:
    prices, _ = read_loaded()
    if prices is None:
        raise NoPriceList("No plans are loaded: order plans.load with infra/plans.json, as docs/operate.md says.")
    return prices
