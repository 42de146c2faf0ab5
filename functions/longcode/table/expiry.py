"""TTL removes items up to two days late (facts §6): until then nobody is shown them, and their keys are free."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from boto3.dynamodb.conditions import Attr, ConditionBase

from longcode.table.codec import Attributes
from longcode.table.writes import ABSENT


def at(when: datetime) -> dict[str, int]:
    """Give what has an item removed soon after an instant, and hidden from that instant on."""
    return {"expires_at": int(when.timestamp())}


def current(item: Attributes | None, now: datetime) -> Attributes | None:
    """Give an item unless its time is over."""
    return item if item and item.get("expires_at", now.timestamp() + 1) > now.timestamp() else None


def all_current(items: Iterable[Attributes], now: datetime) -> Iterator[Attributes]:
    """Give the items whose time is not over."""
    return (item for item in items if current(item, now))


def free(now: datetime) -> ConditionBase:
    """Give the condition that nothing stands at a key, or only what nobody is shown any more."""
    return ABSENT | Attr("expires_at").lte(int(now.timestamp()))
