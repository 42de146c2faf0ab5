"""Usage: what was sent and received, by day."""

from dataclasses import asdict

from longcode.message import Direction, Message
from longcode.table import keys, store
from longcode.table.codec import read
from longcode.table.writes import Update
from longcode.usage import Usage


def of(message: Message, units: int) -> Usage:
    """Give what one text adds to the counters."""
    if message.direction is Direction.OUT:
        return Usage(texts_sent=1, units_sent=units, segments_sent=message.segments)
    return Usage(texts_received=1, units_received=units, segments_received=message.segments)


def adding(account: str, day: str, spread_by: str, usage: Usage, times: int = 1) -> Update:
    """Make the write that counts; it belongs into the transaction of what it counts."""
    counted = {name: times * count for name, count in asdict(usage).items() if count}
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
