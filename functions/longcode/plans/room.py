"""Room for another template, trigger or client of an account: the bounds of its plan, and the count of what it has.

The count is one item for each account and kind. A template or client is added to it before it is created, in a write
of its own, so that parallel requests cannot pass the bound. They are counted anew once a day, and before a refusal
unless that was done in the last hour, which corrects what a crash or a race has left wrong.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from threading import Lock

from boto3.dynamodb.conditions import Attr

from longcode.aws.settings import SOURCE_ROOT, settings
from longcode.errors import BoundReached
from longcode.months import instant
from longcode.plans import bounds
from longcode.plans import store as price_list
from longcode.plans.bounds import Bounded, PlanBounds
from longcode.plans.plans import PlanChange, first_month_of_change
from longcode.table import credential_keys, keys, store
from longcode.table.writes import ABSENT, PRESENT, Attributes, Put, Update

_COUNTED_FOR = timedelta(days=1)
_REFUSED_FOR = timedelta(hours=1)
_ATTEMPTS = 8
_PREFIXES = {Bounded.TEMPLATES: keys.template, Bounded.CLIENTS: keys.client}


class Room:
    """The room of an account for more templates or clients; `batch` is how many are reserved in a call."""

    def __init__(
        self, account: str, changes: Sequence[PlanChange], bounded: Bounded, now: datetime, batch: int = 1
    ) -> None:
        self._account, self._bounded, self._now, self._batch = account, bounded, now, batch
        self._changes = changes
        self._lock = Lock()
        self._reserved = 0
        self._refusal: BoundReached | None = None

    def take(self) -> None:
        """Take the room for one that will be created; raise `BoundReached` if there is none."""
        with self._lock:
            if self._reserved == 0 and self._refusal is None:
                self._reserved = self._more(most(self._bounded, self._changes, self._now))
                if self._reserved == 0:
                    self._refusal = refusal(self._bounded, self._changes, self._now)
            if self._reserved == 0 and self._refusal:
                raise self._refusal
            self._reserved -= 1

    def give_back(self) -> None:
        """Release what was reserved and not taken."""
        with self._lock:
            unused, self._reserved = self._reserved, 0
        if unused:
            release(self._account, self._bounded, unused)

    def _more(self, limit: int) -> int:
        return _reserve(self._account, self._bounded, self._batch, limit, self._now)


class DryRunRoom(Room):
    """The room of an account for a dry run: nothing of it is reserved."""

    _is_counted = False

    def give_back(self) -> None:
        """Do nothing, because nothing was reserved."""

    def _more(self, limit: int) -> int:
        if self._is_counted:
            return 0
        self._is_counted = True
        return max(0, limit - store.count(_PREFIXES[self._bounded](self._account)))


@cache
def plan_bounds() -> PlanBounds:
    """Return the operator's bounds, from infra/plan_bounds.json, which the build puts beside the code."""
    return bounds.read((SOURCE_ROOT / settings().plan_bounds_file).read_bytes())


def most(bounded: Bounded, changes: Sequence[PlanChange], now: datetime) -> int:
    """Return how many of a kind an account with these changes of plan may have."""
    return plan_bounds().most(bounded, bounds.counting_plans(changes, now))


def refusal(bounded: Bounded, changes: Sequence[PlanChange], now: datetime) -> BoundReached:
    """Return the error of an account that has as many as it may have; it names the plans on offer that allow more."""
    offered = price_list.of_month(first_month_of_change(now)).values()
    return bounds.refusal(bounded, most(bounded, changes, now), plan_bounds(), offered)


def release(account: str, bounded: Bounded, count: int) -> None:
    """Take deleted ones off the count."""
    store.try_write(Update(credential_keys.count(account, bounded), add={"total": -count}, when=PRESENT))


def _reserve(account: str, bounded: Bounded, wanted: int, limit: int, now: datetime) -> int:
    """Add up to `wanted` to the count of an account, and return how many: fewer, or none, if the limit is reached."""
    place = credential_keys.count(account, bounded)
    for _ in range(_ATTEMPTS):
        fresh = Attr("counted_at").gt(instant(now - _COUNTED_FOR))
        try:
            store.write(Update(place, add={"total": wanted}, when=fresh & Attr("total").lte(limit - wanted)))
        except store.ConditionFailed as failed:
            found = failed.found.get(0) or {}
        else:
            return wanted
        counted_at = found.get("counted_at", "")
        if counted_at <= instant(now - _REFUSED_FOR):
            _count_anew(account, bounded, found, now)
        else:
            wanted = min(wanted, max(0, limit - found["total"]))
            if wanted == 0:
                return 0
    return 0


def _count_anew(account: str, bounded: Bounded, found: Attributes, now: datetime) -> None:
    """Write the number of existing ones, unless the count changes meanwhile."""
    unchanged = Attr("counted_at").eq(found["counted_at"]) & Attr("total").eq(found["total"]) if found else ABSENT
    total = store.count(_PREFIXES[bounded](account))
    item = {"type": "count", "account": account, "of": bounded, "total": total, "counted_at": now}
    store.try_write(Put(credential_keys.count(account, bounded), item, unchanged))
