"""Allowances: what is reserved of a month and of its days, in one item for an account and month."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import and_

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec.structs import replace

from longcode.account import Account
from longcode.limits import BEGUN, MONTH, Limits
from longcode.message import Message
from longcode.table import keys, store, usage
from longcode.table.codec import Attributes
from longcode.table.writes import Update
from longcode.usage import Usage

_UNRESERVED = "unreserved"  # so many of the units used were sent and never reserved


def reserving(limits: Limits, units: int, look_at: datetime) -> list[Update]:
    """Make the write that reserves units, if they are to be, and fails rather than pass a limit.

    It fails as well where a counter was not begun, or not since the last change of plan: `start` does that.
    """
    if not limits.kept:
        return []
    fits = [Attr(name).lte(limit - units) for name, limit in limits.counters.items()]
    if MONTH in limits.counters:
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
    if MONTH in limits.counters:
        level(limits, found, look_at)
        if found:  # what is on its way at a change of plan is added at the next look
            look_soon(limits, look_at)
    for name in limits.counters.keys() - found.keys() - {MONTH}:
        change = _change(limits.account, limits.month, look_at)
        begun = change.changes | {name: _sent_on(limits)}
        store.try_write(replace(change, changes=begun, when=Attr(name).not_exists()))


def level(limits: Limits, found: Attributes, look_at: datetime) -> int:
    """Bring a month's counter up to what was sent without a reservation, and give what is used then."""
    unreserved = usage.unreserved(limits.account, limits.month)
    more = unreserved - int(found.get(_UNRESERVED, 0))
    if more or not limits.is_begun(found, MONTH):
        change = _change(limits.account, limits.month, look_at)
        begun = {_UNRESERVED: unreserved, BEGUN: max(limits.changes, found.get(BEGUN, 0))}
        unchanged = _is(_UNRESERVED, found) & _is(BEGUN, found)
        levelled = replace(change, changes=change.changes | begun, add={MONTH: more}, when=unchanged)
        store.try_write(levelled)  # else another has just done it
    return int(found.get(MONTH, 0)) + more


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
    if name != MONTH:
        return _sent_on(limits)
    unreserved = usage.unreserved(limits.account, limits.month)
    return int(found.get(MONTH, 0)) + unreserved - int(found.get(_UNRESERVED, 0))


def _sent_on(limits: Limits) -> int:
    return usage.by_day(limits.account, limits.month).get(limits.day, Usage()).units_sent


def _found(limits: Limits) -> Attributes:
    return store.get(keys.allowance(limits.account, limits.month)) or {}


def _is(name: str, found: Attributes) -> ConditionBase:
    return Attr(name).eq(found[name]) if name in found else Attr(name).not_exists()


def _change(account: str, month: str, look_at: datetime) -> Update:
    """Begin a write to an allowance, at which somebody looks from then on."""
    whose = {"type": "allowance", "account": account, "month": month}
    return Update(keys.allowance(account, month), changes=whose, if_absent=keys.due(account, look_at))
