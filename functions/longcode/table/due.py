"""The due index: items of every type that the sweeper must look at, and when."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from boto3.dynamodb.conditions import Attr

from longcode.months import instant
from longcode.table import keys, store
from longcode.table.keys import Key
from longcode.table.writes import Attributes, Update

_PAGE = 100


def find(now: datetime, at_most: int) -> Iterator[Attributes]:
    """Yield the items that were due before `now`, at most `at_most` of each shard.

    The index lags behind the table: each item is read again, strongly, and left out if it is no longer due.
    """
    bound = instant(now)
    for shard in keys.due_shards():
        entries = store.query_index(keys.DUE, shard, before=bound, page=at_most, limit=at_most)
        items = store.get_many(Key(entry["pk"], entry["sk"]) for entry in entries)
        yield from (item for item in items.values() if item.get("due_at", bound) < bound)


def find_until(until: datetime) -> Iterator[Attributes]:
    """Yield the items that are due before `until`, shard by shard, each shard in the order of time."""
    for shard in keys.due_shards():
        entries = store.query_index(keys.DUE, shard, before=instant(until), page=_PAGE)
        while page := list(islice(entries, _PAGE)):
            yield from store.get_many(Key(entry["pk"], entry["sk"]) for entry in page).values()


def reschedule(item: Attributes, at: datetime, *, remove: tuple[str, ...] = (), **changes: Any) -> bool:
    """Set another due time for an item; return False if its time was changed since it was read."""
    rescheduled = Update(
        Key(item["pk"], item["sk"]),
        changes={"due_at": at, **changes},
        remove=remove,
        when=Attr("due_at").eq(item["due_at"]),
    )
    return store.try_write(rescheduled)
