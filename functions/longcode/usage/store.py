"""Allowances: what is reserved of a month and of its days, in one item for an account and month."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import reduce
from operator import and_

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec.structs import replace

from longcode.accounts.account import Account
from longcode.message import Message
from longcode.table import keys, store
from longcode.table.writes import Attributes, Update, read
from longcode.usage.usage import (
    BEGUN,
    MONTH_COUNTER,
    Limits,
    Usage,
    already_reserved,
    is_counted,
    usage_day,
    usage_of,
)

_UNRESERVED = "unreserved"  # so many of the units used were sent and never reserved

_CORRECTED = "corrected"  # names one of a day's counters, as a message's id does


def reserving(limits: Limits, units: int, look_at: datetime) -> list[Update]:
    """Make the write that reserves units, if they are to be, and fails rather than pass a limit.

    It fails as well where a counter was not begun, or not since the last change of plan: `start` does that.
    """
    if not limits.kept:
        return []
    fits = [Attr(name).lte(limit - units) for name, limit in limits.counters.items()]
    if MONTH_COUNTER in limits.counters:
        fits.append(Attr(BEGUN).gte(limits.changes))
    change = _change(limits.account, limits.month, look_at)
    when = reduce(and_, fits) if fits else None
    return [replace(change, add=dict.fromkeys(limits.kept, units), when=when)]


def releasing(message: Message) -> list[Update]:
    """Make the write that gives a message's reservation back, if it has one."""
    return giving_back(message.account, message.reserved_in, message.reserved_of, message.units)


def giving_back(account: str, month: str | None, counters: Sequence[str], units: int) -> list[Update]:
    """Make the write that gives units back to the counters of a month, if there is anything to give back."""
    if month is None or not units:
        return []
    return [Update(keys.allowance(account, month), add=dict.fromkeys(counters, -units))]


def start(limits: Limits, look_at: datetime) -> None:
    """Begin each counter that is held to a limit with what was sent of the month or the day, unless that is done."""
    found = _found(limits)
    if MONTH_COUNTER in limits.counters:
        level(limits, found, look_at)
        if found:  # what is on its way at a change of plan is added at the next look
            look_soon(limits, look_at)
    for name in limits.counters.keys() - found.keys() - {MONTH_COUNTER}:
        change = _change(limits.account, limits.month, look_at)
        begun = change.changes | {name: _sent_on(limits)}
        store.try_write(replace(change, changes=begun, when=Attr(name).not_exists()))


def level(limits: Limits, found: Attributes, look_at: datetime) -> int:
    """Bring a month's counter up to what was sent without a reservation, and give what is used then."""
    unreserved = units_unreserved(limits.account, limits.month)
    more = unreserved - int(found.get(_UNRESERVED, 0))
    if more or not limits.is_begun(found, MONTH_COUNTER):
        change = _change(limits.account, limits.month, look_at)
        begun = {_UNRESERVED: unreserved, BEGUN: max(limits.changes, found.get(BEGUN, 0))}
        unchanged = _is(_UNRESERVED, found) & _is(BEGUN, found)
        levelled = replace(change, changes=change.changes | begun, add={MONTH_COUNTER: more}, when=unchanged)
        store.try_write(levelled)  # else another has just done it
    return int(found.get(MONTH_COUNTER, 0)) + more


def begin_watch(account: Account, month: str, look_at: datetime) -> None:
    """Have somebody look at what is used of a month, from then on."""
    if writes := watching(account, month, look_at):
        store.transact(writes)


def watching(account: Account, month: str, look_at: datetime) -> list[Update]:
    """Make the writes by which somebody looks at what is used of a month, unless the account says that this is so."""
    if account.watched_month is not None and account.watched_month >= month:
        return []
    known = Update(keys.account(account.id), changes={"watched_month": month})
    return [_change(account.id, month, look_at), known]


def look_soon(limits: Limits, look_at: datetime) -> None:
    """Have somebody look at how much of the limits is used by then, if nobody does so earlier."""
    later = Attr("due_at").gt(keys.instant(look_at))
    store.try_write(Update(keys.allowance(limits.account, limits.month), changes={"due_at": look_at}, when=later))


def note_noticed(item: Attributes, notices: set[str]) -> None:
    """Note what the studio knows."""
    store.write(Update(keys.allowance(item["account"], item["month"]), changes={"noticed": notices}))


def unschedule(item: Attributes) -> None:
    """Take an allowance off the due index: its month is over."""
    store.write(Update(keys.allowance(item["account"], item["month"]), remove=("due_shard", "due_at")))


def reserved(limits: Limits) -> dict[str, int]:
    """Tell how much of each limit is used: what is reserved of it, and what was sent unreserved."""
    found = _found(limits)
    return {name: _used(limits, found, name) for name in limits.counters}


def _used(limits: Limits, found: Attributes, name: str) -> int:
    if limits.is_begun(found, name):
        return int(found.get(name, 0))
    if name != MONTH_COUNTER:
        return _sent_on(limits)
    unreserved = units_unreserved(limits.account, limits.month)
    return int(found.get(MONTH_COUNTER, 0)) + unreserved - int(found.get(_UNRESERVED, 0))


def _sent_on(limits: Limits) -> int:
    return by_day(limits.account, limits.month).get(limits.day, Usage()).units_sent


def _found(limits: Limits) -> Attributes:
    return store.get(keys.allowance(limits.account, limits.month)) or {}


def _is(name: str, found: Attributes) -> ConditionBase:
    return Attr(name).eq(found[name]) if name in found else Attr(name).not_exists()


def _change(account: str, month: str, look_at: datetime) -> Update:
    """Begin a write to an allowance, at which somebody looks from then on."""
    whose = {"type": "allowance", "account": account, "month": month}
    return Update(keys.allowance(account, month), changes=whose, if_absent=keys.due(account, look_at))


def counting(message: Message, times: int = 1) -> list[Update]:
    """Make the write that counts a text, or with -1 takes that back; none for one that does not count."""
    if not is_counted(message):
        return []
    reserved = already_reserved(message)
    return [adding(message.account, usage_day(message), message.id, usage_of(message), times, reserved=reserved)]


def adding(account: str, day: str, spread_by: str, usage: Usage, times: int = 1, *, reserved: int = 0) -> Update:
    """Make the write that counts; it belongs into the transaction of what it counts.

    `reserved` are those of the units that the month's allowance has already.
    """
    counts = asdict(usage) | {"units_reserved": reserved}
    counted = {name: times * count for name, count in counts.items() if count}
    return Update(keys.usage(account, day, spread_by), changes={"type": "usage", "day": day}, add=counted)


def corrections(account: str, day: str) -> int:
    """Tell how often the counters of a day were set right."""
    return int((store.get(keys.usage(account, day, _CORRECTED)) or {}).get("corrected", 0))


def correct(account: str, day: str, missing: Usage, corrected: int) -> bool:
    """Add what the counters lack of their messages; False when they were set right since `corrected` was read."""
    unchanged = Attr("corrected").eq(corrected) if corrected else Attr("corrected").not_exists()
    change = adding(account, day, _CORRECTED, missing)
    return store.try_write(replace(change, changes={**change.changes, "corrected": corrected + 1}, when=unchanged))


def of_month(account: str, month: str) -> Usage:
    """Add up a month."""
    return sum(by_day(account, month).values(), Usage())


def by_day(account: str, month: str) -> dict[str, Usage]:
    """Add up each day of a month that has something."""
    days: dict[str, Usage] = {}
    for item in store.query(keys.usage_of_month(account, month)):
        days[item["day"]] = days.get(item["day"], Usage()) + read(Usage, item)
    return days


def units_unreserved(account: str, month: str) -> int:
    """Add up the units sent in a month that its allowance does not have, as nobody reserved them in it."""
    counters = store.query(keys.usage_of_month(account, month))
    return sum(item.get("units_sent", 0) - item.get("units_reserved", 0) for item in counters)
