"""The price list in the table, and each process's copy of it."""

import time
from collections.abc import Callable

import msgspec
from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.errors import NothingLoaded
from longcode.plans.plans import Plan, PriceList
from longcode.table import keys, store
from longcode.table.writes import ABSENT, Put

_KEPT_SECONDS = 60


class _Kept(Struct):
    """The price list that this process last read, and when by its monotonic clock."""

    prices: PriceList | None = None
    at: float = 0.0


class _OfMonth(dict[str, Plan]):
    """The plans of a month by name. A name that is missing is read from the table: it may just have been loaded."""

    def __init__(self, prices: PriceList, month: str) -> None:
        super().__init__(prices.of_month(month))
        self._month = month

    def __missing__(self, name: str) -> Plan:
        return _need().of_month(self._month)[name]


_kept = _Kept()


def of_month(month: str, clock: Callable[[], float] = time.monotonic) -> dict[str, Plan]:
    """Return the plans of a month by name, on offer or not, in the order in which they are offered.

    The price list is read from the table once a minute. Raises `NothingLoaded` if no price list is loaded.
    """
    if _kept.prices is None or not 0 <= clock() - _kept.at < _KEPT_SECONDS:
        at, prices = clock(), _need()
        keep(prices, at)
        return _OfMonth(prices, month)
    return _OfMonth(_kept.prices, month)


def keep(prices: PriceList, at: float) -> None:
    """Keep a price list, as if it were read at that time of the monotonic clock."""
    _kept.prices, _kept.at = prices, at


def loaded() -> tuple[PriceList | None, int]:
    """Return the whole price list and its revision; None and 0 if no price list is loaded."""
    found = store.get(keys.price_list())
    if found is None:
        return None, 0
    return msgspec.convert({"currency": found["currency"], "plans": found["plans"]}, PriceList), found["revision"]


def write(prices: PriceList, revision: int) -> bool:
    """Write the whole price list as the one after `revision`; return False if another was written first."""
    item = {"type": "price-list", "revision": revision + 1, **msgspec.to_builtins(prices)}
    unchanged = Attr("revision").eq(revision) if revision else ABSENT
    return store.try_write(Put(keys.price_list(), item, unchanged))


def forget() -> None:
    """Forget the copy, so that the next call reads the table."""
    _kept.prices = None


def _need() -> PriceList:
    prices, _ = loaded()
    if prices is None:
        raise NothingLoaded("No plans are loaded: order plans.load with infra/plans.json, as docs/operating.md says.")
    return prices
