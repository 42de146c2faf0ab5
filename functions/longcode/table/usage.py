"""Usage: what was sent and received, by day."""

from dataclasses import asdict

from boto3.dynamodb.conditions import Attr
from msgspec.structs import replace

from longcode.limits import known_of
from longcode.message import Message
from longcode.table import keys, store
from longcode.table.codec import read
from longcode.table.writes import Update
from longcode.usage import Usage, counts, day, of

_CORRECTED = "corrected"  # names one of a day's counters, as a message's id does


def counting(message: Message, times: int = 1) -> list[Update]:
    """Make the write that counts a text, or with -1 takes that back; none for one that does not count."""
    if not counts(message):
        return []
    reserved = known_of(message)
    return [adding(message.account, day(message), message.id, of(message), times, reserved=reserved)]


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


def unreserved(account: str, month: str) -> int:
    """Add up the units sent in a month that its allowance does not have, as nobody reserved them in it."""
    counters = store.query(keys.usage_of_month(account, month))
    return sum(item.get("units_sent", 0) - item.get("units_reserved", 0) for item in counters)
