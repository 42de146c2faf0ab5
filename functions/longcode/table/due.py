"""The due index: items of any type that the sweeper must look at, and when."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from boto3.dynamodb.conditions import Attr

from longcode.table import keys, store
from longcode.table.writes import Attributes, Update

_PAGE = 100


def by(now: datetime, at_most: int) -> Iterator[Attributes]:
    """Yield the items that are due. The index lags, so each is read again, strongly, and its own time counts."""
    bound = keys.instant(now)
    for shard in keys.due_shards():
        found = store.query_index(keys.DUE, shard, before=bound, page=at_most, limit=at_most)
        items = store.get_many(keys.Key(one["pk"], one["sk"]) for one in found)
        yield from (item for item in items.values() if item.get("due_at", bound) < bound)


def ahead(until: datetime) -> Iterator[Attributes]:
    """Yield the items that will be due by then, shard by shard, each in the order of time."""
    for shard in keys.due_shards():
        found = store.query_index(keys.DUE, shard, before=keys.instant(until), page=_PAGE)
        while places := list(islice(found, _PAGE)):
            yield from store.get_many(keys.Key(one["pk"], one["sk"]) for one in places).values()


def again(item: Attributes, at: datetime, *, remove: tuple[str, ...] = (), **changes: Any) -> bool:
    """Make an item due at another time; return False if its time was changed since it was read."""
    later = Update(
        keys.Key(item["pk"], item["sk"]),
        changes={"due_at": at, **changes},
        remove=remove,
        when=Attr("due_at").eq(item["due_at"]),
    )
    return store.try_write(later)
