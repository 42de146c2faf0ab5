"""Allowances: what is reserved of an account's limits, in one item for a period."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import reduce
from operator import and_

from boto3.dynamodb.conditions import Attr

from longcode.limits import MONTH, Limits
from longcode.message import Message
from longcode.table import keys, store, usage
from longcode.table.codec import Attributes
from longcode.table.writes import Update
from longcode.usage import Usage


def reserving(limits: Limits, units: int) -> list[Update]:
    """Make the write that reserves units of the limits, if there are any, and fails rather than pass one."""
    counters = limits.counters
    if not counters:
        return []
    fits = [Attr(name).lte(limit - units) for name, limit in counters.items()]
    key = keys.allowance(limits.account, limits.period)
    return [Update(key, add=dict.fromkeys(counters, units), when=reduce(and_, fits))]


def releasing(message: Message) -> list[Update]:
    """Make the write that gives a message's reservation back, if it has one."""
    return giving_back(message.account, message.reserved_in, message.reserved_of, message.units)


def giving_back(account: str, period: str | None, counters: Sequence[str], units: int) -> list[Update]:
    """Make the write that gives units back to the counters of a period, if there is anything to give back."""
    if period is None or not units:
        return []
    return [Update(keys.allowance(account, period), add=dict.fromkeys(counters, -units))]


def start(limits: Limits, look_at: datetime) -> None:
    """Start each counter with what was sent of the month or the day, unless another has just done it.

    From then on somebody looks at how much of the limits is used.
    """
    key = keys.allowance(limits.account, limits.period)
    whose = {"type": "allowance", "account": limits.account, "month": limits.month, "period": limits.period}
    for name, units in _sent(limits).items():
        with suppress(store.ConditionFailed):
            changes = {**whose, name: units, **keys.due(limits.account, look_at)}
            store.write(Update(key, changes=changes, when=Attr(name).not_exists()))


def look_soon(limits: Limits, now: datetime) -> None:
    """Have somebody look at how much of the limits is used, if that is not about to happen."""
    later = Attr("due_at").gt(keys.instant(now))
    key = keys.allowance(limits.account, limits.period)
    with suppress(store.ConditionFailed):
        store.write(Update(key, changes={"due_at": now}, when=later))


def note_noticed(item: Attributes, notices: set[str]) -> None:
    """Note what the studio knows."""
    store.write(Update(keys.allowance(item["account"], item["period"]), changes={"noticed": notices}))


def past_days(item: Attributes, day: str) -> tuple[str, ...]:
    """Name the counters of an allowance whose days are over: a month of them would make each write cost double."""
    return tuple(name for name in item if name.startswith(f"{MONTH}_") and name < f"{MONTH}_{day}")


def rest(item: Attributes) -> None:
    """Look no more at the allowance of a period that is over."""
    store.write(Update(keys.allowance(item["account"], item["period"]), remove=("due_shard", "due_at")))


def reserved(limits: Limits) -> dict[str, int]:
    """Tell how much of each limit is used: what is reserved of it, or what was sent where nothing is yet."""
    found = store.get(keys.allowance(limits.account, limits.period)) or {}
    counters = limits.counters
    used = {name: found[name] for name in counters if name in found}
    return used if used.keys() == counters.keys() else _sent(limits) | used


def _sent(limits: Limits) -> dict[str, int]:
    sent = usage.by_day(limits.account, limits.month)
    of_the_day, of_the_month = sent.get(limits.day, Usage()), sum(sent.values(), Usage())
    return {name: (of_the_month if name == MONTH else of_the_day).units_sent for name in limits.counters}
