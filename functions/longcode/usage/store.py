"""Quotas and usage counters: what is reserved of an account's limits, and what it sent and received.

A quota is one item for an account and month, with a counter for the month and one for each day that has a limit. The
usage counters are several items for each day, added up when they are read.

The counter of a limit must include what was sent before the account had the limit, without a reservation. A counter
is begun when these units have been added; the month's counter is begun again after each change of plan. A quota is on
the due index, so that the sweeper checks it for usage notices.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import and_

from boto3.dynamodb.conditions import Attr
from msgspec.structs import asdict, replace

from longcode.accounts.account import Account
from longcode.message import Direction, Message
from longcode.months import day_of, end_of_day, instant
from longcode.table import keys, store
from longcode.table.writes import Attributes, Update, has_value, read
from longcode.usage.habit import Activity
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

_UNRESERVED = "unreserved"  # how many of the units in the month's counter were sent without a reservation
_SERVICE_DAYS_KEPT = timedelta(days=40)
_CORRECTED = "corrected"  # the `spread_by` of corrections


def reserve_writes(limits: Limits, units: int, check_at: datetime) -> list[Update]:
    """Return the write that reserves units, if they are limited or reserved ahead; it fails if they exceed a limit.

    It also fails if a counter is not begun since the last change of plan: call `begin_counters`, and try again.
    """
    if not limits.reserving:
        return []
    fits = [Attr(name).lte(limit - units) for name, limit in limits.counters.items()]
    if MONTH_COUNTER in limits.counters:
        fits.append(Attr(BEGUN).gte(limits.changes))
    change = _quota_update(limits.account, limits.month, check_at)
    when = reduce(and_, fits) if fits else None
    return [replace(change, add=dict.fromkeys(limits.reserving, units), when=when)]


def release_writes(message: Message) -> list[Update]:
    """Return the write that releases a message's reservation, if it has one."""
    return release_units_writes(message.account, message.reserved_in, message.reserved_of, message.units)


def release_units_writes(account: str, month: str | None, counters: Sequence[str], units: int) -> list[Update]:
    """Return the write that releases units reserved in a month's counters; none without a month or units."""
    if month is None or not counters or not units:
        return []
    return [Update(keys.quota(account, month), add=dict.fromkeys(counters, -units))]


def begin_counters(limits: Limits, check_at: datetime) -> None:
    """Begin each counter that has a limit: add what was sent in the month or on the day, unless that is done."""
    quota = _quota(limits)
    if MONTH_COUNTER in limits.counters:
        add_unreserved(limits, quota, check_at)
        if quota:  # the next check adds the texts that were on their way during a change of plan
            schedule_check(limits.account, limits.month, check_at)
    for name in limits.counters.keys() - quota.keys() - {MONTH_COUNTER}:
        change = _quota_update(limits.account, limits.month, check_at)
        begun = change.changes | {name: _sent_on_day(limits)}
        store.try_write(replace(change, changes=begun, when=Attr(name).not_exists()))


def add_unreserved(limits: Limits, quota: Attributes, check_at: datetime) -> int:
    """Add the units that were sent without a reservation to a month's counter, and return its new value."""
    unreserved = _units_unreserved(limits.account, limits.month)
    added = unreserved - int(quota.get(_UNRESERVED, 0))
    if added or not limits.is_begun(quota, MONTH_COUNTER):
        change = _quota_update(limits.account, limits.month, check_at)
        begun = {_UNRESERVED: unreserved, BEGUN: max(limits.changes, quota.get(BEGUN, 0))}
        unchanged = has_value(_UNRESERVED, quota.get(_UNRESERVED)) & has_value(BEGUN, quota.get(BEGUN))
        update = replace(change, changes=change.changes | begun, add={MONTH_COUNTER: added}, when=unchanged)
        store.try_write(update)  # fails if another process has just done it
    return int(quota.get(MONTH_COUNTER, 0)) + added


def reserved(limits: Limits) -> dict[str, int]:
    """Return how much of each limit is used: units reserved, and units sent without a reservation."""
    quota = _quota(limits)
    return {name: _used(limits, quota, name) for name in limits.counters}


def _used(limits: Limits, quota: Attributes, name: str) -> int:
    if limits.is_begun(quota, name):
        return int(quota.get(name, 0))
    if name != MONTH_COUNTER:
        return _sent_on_day(limits)
    unreserved = _units_unreserved(limits.account, limits.month)
    return int(quota.get(MONTH_COUNTER, 0)) + unreserved - int(quota.get(_UNRESERVED, 0))


def _quota(limits: Limits) -> Attributes:
    return store.get(keys.quota(limits.account, limits.month)) or {}


def _sent_on_day(limits: Limits) -> int:
    return activity_on(limits.account, limits.day).units_handed_over


def _units_unreserved(account: str, month: str) -> int:
    counters = store.query(keys.usage_of_month(account, month))
    return sum(item.get("units_sent", 0) - item.get("units_reserved", 0) for item in counters)


def watch(account: Account, month: str, check_at: datetime) -> None:
    """Put a month's quota on the due index, so that the sweeper sends its usage notices."""
    if writes := watch_writes(account, month, check_at):
        store.transact(writes)


def watch_writes(account: Account, month: str, check_at: datetime) -> list[Update]:
    """Return the writes that put a month's quota on the due index; none if the account records that it is there."""
    if account.watched_month is not None and account.watched_month >= month:
        return []
    known = Update(keys.account(account.id), changes={"watched_month": month})
    return [_quota_update(account.id, month, check_at), known]


def _quota_update(account: str, month: str, check_at: datetime) -> Update:
    """Return an update of a quota, to be extended; it puts the quota on the due index if it is not there."""
    owner = {"type": "allowance", "account": account, "month": month}
    return Update(keys.quota(account, month), changes=owner, if_absent=keys.due(account, check_at))


def schedule_check(account: str, month: str, check_at: datetime) -> None:
    """Set a quota's due time to `check_at`, unless it is due earlier or not at all."""
    later = Attr("due_at").gt(instant(check_at))
    store.try_write(Update(keys.quota(account, month), changes={"due_at": check_at}, when=later))


def save_notices(item: Attributes, notices: set[str]) -> None:
    """Write the names of the notices that the studio has been sent."""
    store.write(Update(keys.quota(item["account"], item["month"]), changes={"noticed": notices}))


def unschedule(item: Attributes) -> None:
    """Take a quota off the due index, because its month is over."""
    store.write(Update(keys.quota(item["account"], item["month"]), remove=("due_shard", "due_at")))


def count_writes(message: Message, times: int = 1) -> list[Update]:
    """Return the write that adds a text to the counters (`times=-1`: subtracts it); none if it is not counted."""
    if not is_counted(message):
        return []
    others = {
        "units_reserved": already_reserved(message),
        "texts_abroad": int(message.abroad and message.direction is Direction.OUT),
    }
    return [count_write(message.account, usage_day(message), message.id, usage_of(message), times, **others)]


def count_write(account: str, day: str, spread_by: str, usage: Usage, times: int = 1, **others: int) -> Update:
    """Return the write that adds to a day's counters, for the transaction that writes what is counted.

    `spread_by` selects one of the day's items. `others` are the counters that are not billed: `units_reserved`, how
    many of the units are in the month's quota already, and those of `Activity`.
    """
    counts = asdict(usage) | others
    counted = {name: times * count for name, count in counts.items() if count}
    return Update(keys.usage(account, day, spread_by), changes={"type": "usage", "day": day}, add=counted)


def credit_writes(message: Message, times: int = 1) -> list[Update]:
    """Return the writes that count a text as not delivered, so not charged (`times=-1`: as charged after all).

    It was handed over. So it stays in the day's limit, and is among what its account has handed over on the day; only
    what the month includes is released.
    """
    counts = {"units_undelivered": message.units, "texts_undelivered": 1}
    if message.month is None:  # the receipt came before our own record, which would have counted it
        counts["texts_abroad"] = int(message.abroad)
        usage, day = Usage(), day_of(message.claimed_at or message.created_at)
    else:
        charged = replace(message, charged_units=message.units)
        usage, day = -usage_of(charged), usage_day(message)
        counts["units_reserved"] = -already_reserved(message)
    of_month = [name for name in message.reserved_of if name == MONTH_COUNTER]
    return [
        count_write(message.account, day, message.id, usage, times, **counts),
        *release_units_writes(message.account, message.reserved_in, of_month, times * message.units),
    ]


def count_refused(message: Message) -> None:
    """Count a text that the carrier refused for its phone or its words, on the day on which it was claimed.

    It is not counted in the transaction that ends the text, since no bill depends on it.
    """
    day = day_of(message.claimed_at or message.created_at)
    store.write(count_write(message.account, day, message.id, Usage(), texts_refused=1))


def correction_count(account: str, day: str) -> int:
    """Return how often the counters of a day were corrected."""
    return int((store.get(keys.usage(account, day, _CORRECTED)) or {}).get("corrected", 0))


def correct(account: str, day: str, missing: Usage, corrections: int) -> bool:
    """Add what a day's counters lack; return False if they were not corrected exactly `corrections` times before."""
    unchanged = has_value("corrected", corrections or None)
    change = count_write(account, day, _CORRECTED, missing)
    return store.try_write(replace(change, changes={**change.changes, "corrected": corrections + 1}, when=unchanged))


def of_month(account: str, month: str) -> Usage:
    """Return what an account sent and received in a month."""
    return sum(by_day(account, month).values(), Usage())


def by_day(account: str, month: str) -> dict[str, Usage]:
    """Return what an account sent and received on each day of a month; days without usage are left out."""
    days: dict[str, Usage] = {}
    for item in store.query(keys.usage_of_month(account, month)):
        days[item["day"]] = days.get(item["day"], Usage()) + read(Usage, item)
    return days


def keys_of_day(account: str, day: str) -> list[keys.Key]:
    """Return the keys of the items that count what an account sent on a day."""
    return [keys.usage(account, day, number) for number in range(keys.USAGE_SHARDS)]


def activity_of(items: Iterable[Attributes]) -> Activity:
    """Return what an account sent on a day, by its counters."""
    return sum((read(Activity, item) for item in items), Activity())


def activity_on(account: str, day: str) -> Activity:
    """Read what an account sent on a day."""
    return activity_of(store.get_many(keys_of_day(account, day)).values())


def activity_by_day(account: str, month: str) -> dict[str, Activity]:
    """Return what an account sent on each day of a month; days without counters are left out."""
    days: dict[str, Activity] = {}
    for item in store.query(keys.usage_of_month(account, month)):
        days[item["day"]] = days.get(item["day"], Activity()) + read(Activity, item)
    return days


def take_segments(day: str, segments: int, ceiling: int) -> bool:
    """Take segments of a day for texts of any account; return False if that would exceed the service's ceiling."""
    if segments > ceiling:
        return False
    fits = Attr("taken").not_exists() | Attr("taken").lte(ceiling - segments)
    item = {"type": "service-day", "day": day, **store.expires(end_of_day(day) + _SERVICE_DAYS_KEPT)}
    return store.try_write(Update(keys.service_day(day), changes=item, add={"taken": segments}, when=fits))


def segments_taken(day: str) -> int:
    """Return how many segments of a day are taken."""
    return int((store.get(keys.service_day(day)) or {}).get("taken", 0))
