"""The due index: items of every type that the sweeper must look at, and when."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice, zip_longest
from typing import Any

from boto3.dynamodb.conditions import Attr

from longcode.months import instant
from longcode.table import keys, store
from longcode.table.keys import Key
from longcode.table.writes import Attributes, Update

_PAGE = 100
_MOST_COMPARED = 10_000  # entries of a shard, about a megabyte


def find(now: datetime, at_most: int) -> Iterator[Attributes]:
    """Yield the items that were due before `now`, at most `at_most` of each shard.

    The accounts take turns, each with its earliest item, so that one with many due items does not delay others'.
    The index lags behind the table: each item is read again, strongly, and left out if it is no longer due.
    """
    bound = instant(now)
    for shard in keys.due_shards():
        entries = store.query_index(keys.DUE, shard, before=bound, page=None, limit=_MOST_COMPARED)
        found = (Key(entry["pk"], entry["sk"]) for entry in entries)
        wanted = list(islice(_in_turn(found), at_most))
        items = store.get_many(wanted)
        in_order = (items[key] for key in wanted if key in items)
        yield from (item for item in in_order if item.get("due_at", bound) < bound)


def _in_turn(found: Iterable[Key]) -> Iterator[Key]:
    """Yield the first key of each partition, then the second of each, and so on: an account's items are in one."""
    partitions: defaultdict[str, list[Key]] = defaultdict(list)
    for key in found:
        partitions[key.pk].append(key)
    return (key for turn in zip_longest(*partitions.values()) for key in turn if key)


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
