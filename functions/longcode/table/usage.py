"""Usage: what was sent and received, by day; and what is reserved of a month's limit."""

from dataclasses import asdict

from boto3.dynamodb.conditions import Attr

from longcode.message import Direction, Message
from longcode.table import keys, store
from longcode.table.codec import read
from longcode.table.writes import ABSENT, Put, Update
from longcode.usage import Usage


def of(message: Message, units: int) -> Usage:
    """Give what one text adds to the counters."""
    if message.direction is Direction.OUT:
        return Usage(texts_sent=1, units_sent=units, segments_sent=message.segments)
    return Usage(texts_received=1, units_received=units, segments_received=message.segments)


def adding(account: str, day: str, spread_by: str, usage: Usage) -> Update:
    """Make the write that counts; it belongs into the transaction of what it counts."""
    counted = {name: count for name, count in asdict(usage).items() if count}
    return Update(keys.usage(account, day, spread_by), changes={"type": "usage", "day": day}, add=counted)


def of_month(account: str, month: str) -> Usage:
    """Add up a month."""
    return sum(by_day(account, month).values(), Usage())


def by_day(account: str, month: str) -> dict[str, Usage]:
    """Add up each day of a month that has something."""
    days: dict[str, Usage] = {}
    for item in store.query(keys.usage_of_month(account, month)):
        days[item["day"]] = days.get(item["day"], Usage()) + read(Usage, item)
    return days


def reserving(account: str, period: str, units: int, limit: int) -> Update:
    """Make the write that reserves units of a limit, and fails rather than pass it."""
    return Update(keys.allowance(account, period), add={"used": units}, when=Attr("used").lte(limit - units))


def releasing(message: Message) -> list[Update]:
    """Make the write that gives a message's reservation back, if it has one."""
    if message.reserved_in is None:
        return []
    return [Update(keys.allowance(message.account, message.reserved_in), add={"used": -message.units})]


def start_allowance(account: str, period: str, month: str) -> None:
    """Start what is reserved of a limit with what is sent of the month, unless another has just done it."""
    used = of_month(account, month).units_sent
    item = {"type": "allowance", "used": used}
    try:
        store.write(Put(keys.allowance(account, period), item, ABSENT))
    except store.ConditionFailed:
        return
