"""The price list: what the operator's plans are in a month."""

import time
from collections.abc import Callable

import msgspec
from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.errors import NothingLoaded
from longcode.plans.plans import Plan, PriceList
from longcode.table import keys, store
from longcode.table.writes import ABSENT, Put

_SECONDS = 60


class _Kept(Struct):
    """What this process last read, and when by its monotonic clock."""

    prices: PriceList | None = None
    at: float = 0.0


class _OfMonth(dict[str, Plan]):
    """Plans of a month. Who asks for one by a name that is not there may have it from a process that knows more."""

    def __init__(self, prices: PriceList, month: str) -> None:
        super().__init__(prices.of_month(month))
        self._month = month

    def __missing__(self, name: str) -> Plan:
        return _need().of_month(self._month)[name]


_kept = _Kept()


def of_month(month: str, clock: Callable[[], float] = time.monotonic) -> dict[str, Plan]:
    """Give the plans of a month by name, in the order in which they are offered; those off offer too.

    Raises `NothingLoaded` on a stack without a price list. What is read is kept for a minute.
    """
    if _kept.prices is None or not 0 <= clock() - _kept.at < _SECONDS:
        at, prices = clock(), _need()
        keep(prices, at)
        return _OfMonth(prices, month)
    return _OfMonth(_kept.prices, month)


def keep(prices: PriceList, at: float) -> None:
    """Keep a price list as read at a time of the monotonic clock."""
    _kept.prices, _kept.at = prices, at


def loaded() -> tuple[PriceList | None, int]:
    """Read the whole list, and how often it was written."""
    found = store.get(keys.price_list())
    if found is None:
        return None, 0
    return msgspec.convert({"currency": found["currency"], "plans": found["plans"]}, PriceList), found["revision"]


def write(prices: PriceList, revision: int) -> bool:
    """Write the whole list as the successor of a revision, 0 for none; False when another came first."""
    item = {"type": "price-list", "revision": revision + 1, **msgspec.to_builtins(prices)}
    unchanged = Attr("revision").eq(revision) if revision else ABSENT
    return store.try_write(Put(keys.price_list(), item, unchanged))


def forget() -> None:
    """Forget what was read, as a new process would."""
    _kept.prices = None


def _need() -> PriceList:
    prices, _ = loaded()
    if prices is None:
        raise NothingLoaded("No plans are loaded: order plans.load with infra/plans.json, as docs/operating.md says.")
    return prices
