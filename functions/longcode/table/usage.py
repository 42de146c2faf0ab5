"""Usage: what was sent and received, by day."""

from dataclasses import asdict

from longcode.message import Message
from longcode.table import keys, store
from longcode.table.codec import read
from longcode.table.writes import Update
from longcode.usage import Usage, counts, day, of


def counting(message: Message, times: int = 1) -> list[Update]:
    """Make the write that counts a text, or with -1 takes that back; none for one that does not count."""
    used = of(message)
    return [adding(message.account, day(message), message.id, used, times)] if counts(message) else []


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
