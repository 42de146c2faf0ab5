"""The calls to DynamoDB: read items, query, write on a condition, transact; and the expiry of items."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from heapq import merge
from itertools import islice
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase
from botocore.exceptions import ClientError

from longcode.aws.at_once import at_once
from longcode.aws.clients import client, pause
from longcode.months import instant
from longcode.table.keys import END, FOLDER, INDEXES, Key
from longcode.table.writes import (
    ABSENT,
    Attributes,
    Write,
    filtered,
    from_wire,
    projection,
    request,
    table,
    to_wire,
    wire_key,
)

_BATCH_GET = 100
_LONGEST_PK, _LONGEST_SK = 2_048, 1_024  # bytes
_ATTEMPTS = 8
_TRANSIENT = {
    "TransactionConflict",  # between a transaction and another write
    "TransactionConflictException",  # between a single write and a transaction; the SDK does not retry it
    "TransactionInProgressException",  # the SDK retried the transaction before its first attempt ended
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
}
BEGINS_WITH = "pk = :pk AND begins_with(sk, :sk)"
_BEFORE = "#partition = :partition AND #sort < :before"
_BETWEEN = "#partition = :partition AND #sort BETWEEN :after AND :before"
_CONDITION_FAILED = "ConditionalCheckFailed"


class ConditionFailed(Exception):
    """A condition failed. `found` maps the index of each write whose condition failed to the item as it is stored."""

    def __init__(self, found: Mapping[int, Attributes]) -> None:
        super().__init__(f"conditions of writes {sorted(found)} failed")
        self.found = found


def get(key: Key) -> Attributes | None:
    """Return an item, read strongly, or None, also for a key that is longer than DynamoDB allows."""
    if not may_exist(key):
        return None
    response = client("dynamodb").get_item(TableName=table(), Key=wire_key(key), ConsistentRead=True)
    return from_wire(response["Item"]) if "Item" in response else None


def get_many(keys: Iterable[Key], only: Sequence[str] = ()) -> dict[Key, Attributes]:
    """Return the items that exist, read strongly, a hundred in a call; raise `TimeoutError` if some stay unread.

    The calls are made at the same time. `only` are the attributes to return, besides the keys.
    """
    items: dict[Key, Attributes] = {}
    unread = [wire_key(key) for key in dict.fromkeys(keys) if may_exist(key)]
    for attempt in range(_ATTEMPTS):
        if not unread:
            return items
        if attempt:
            pause(attempt - 1)
        chunks = [unread[start : start + _BATCH_GET] for start in range(0, len(unread), _BATCH_GET)]
        unread = []
        for response in at_once(*(partial(_get_chunk, chunk, only) for chunk in chunks)):
            page = [from_wire(wire) for wire in response["Responses"].get(table(), [])]
            items |= {Key(item["pk"], item["sk"]): item for item in page}
            unread += response.get("UnprocessedKeys", {}).get(table(), {}).get("Keys", [])
    if unread:
        raise TimeoutError(f"{len(unread)} items were not read")
    return items


def _get_chunk(wire_keys: list[Any], only: Sequence[str]) -> Any:
    chunk = {"Keys": wire_keys, "ConsistentRead": True, **(projection(("pk", "sk", *only)) if only else {})}
    return client("dynamodb").batch_get_item(RequestItems={table(): chunk})


def get_settled(keys: Iterable[Key]) -> list[Attributes]:
    """Return those of up to a hundred items that exist, as of one moment, in the order of `keys`.

    Wait while a transaction writes any of them.
    """
    gets = [{"Get": {"TableName": table(), "Key": wire_key(key)}} for key in keys]
    response = _with_retries(lambda: client("dynamodb").transact_get_items(TransactItems=gets))
    return [from_wire(result["Item"]) for result in response["Responses"] if "Item" in result]


def query(
    prefix: Key,
    *,
    after: Key | None = None,
    limit: int | None = None,
    page: int | None = None,
    only: Sequence[str] = (),
    where: ConditionBase | None = None,
    newest_first: bool = False,
) -> Iterator[Attributes]:
    """Yield the items of a partition whose sort keys begin with the prefix's, in order, read strongly.

    `page` is the number of items to read in a call, `only` the attributes to return, of the items that match `where`.
    """
    if not may_exist(prefix) or (after and not may_exist(after)):
        return iter(())
    arguments: dict[str, Any] = {
        "ConsistentRead": True,
        "KeyConditionExpression": BEGINS_WITH,
        "ExpressionAttributeValues": to_wire({":pk": prefix.pk, ":sk": prefix.sk}),
    }
    if newest_first:
        arguments["ScanIndexForward"] = False
    if after:
        arguments["ExclusiveStartKey"] = wire_key(after)
    if only:
        arguments |= projection(only)
    return _pages(filtered(arguments, where) if where else arguments, limit, page)


def count(prefix: Key, where: ConditionBase | None = None) -> int:
    """Return how many items of a partition have sort keys that begin with the prefix's, and match `where`."""
    values = to_wire({":pk": prefix.pk, ":sk": prefix.sk})
    arguments = {"ConsistentRead": True, "KeyConditionExpression": BEGINS_WITH, "ExpressionAttributeValues": values}
    return _total(filtered(arguments, where) if where else arguments)


def count_list(folder: str, after: str | None = None, before: str | None = None) -> int:
    """Return how many entries a list of the folder index has, between two places if they are given."""
    return _total(_index_arguments(FOLDER, folder, (after, before), False, None))


def _total(arguments: dict[str, Any]) -> int:
    total = 0
    start: dict[str, Any] = {}
    while True:
        response = client("dynamodb").query(TableName=table(), Select="COUNT", **arguments, **start)
        total += int(response["Count"])
        if "LastEvaluatedKey" not in response:
            return total
        start = {"ExclusiveStartKey": response["LastEvaluatedKey"]}


def query_index(
    index: str,
    partition: str,
    *,
    before: str | None = None,
    page: int | None,
    after: str | None = None,
    limit: int | None = None,
    newest_first: bool = False,
    where: ConditionBase | None = None,
    only: Sequence[str] = (),
) -> Iterator[Attributes]:
    """Yield entries of an index (see `INDEXES`) up to the sort key `before`, `page` of them in a call.

    `before` is exclusive, unless there is an `after`: then both are inclusive. With `where`, only the entries that
    match are returned, but `page` counts them all. `only` are the attributes to return, by default all of the entry.
    """
    if not _bounds_are_allowed(partition, before, after):
        return iter(())
    arguments = _index_arguments(index, partition, (after, before), newest_first, where)
    if only:
        chosen = projection(only)
        chosen["ExpressionAttributeNames"] |= arguments["ExpressionAttributeNames"]
        arguments |= chosen
    return _pages(arguments, limit, page)


def index_chunk(
    folder: str, *, before: str | None, after: str | None, where: ConditionBase, page: int | None = None
) -> tuple[list[Attributes], str | None]:
    """Return the newest entries of a list in the folder index that match, and the last place that the call read.

    The place is None if nothing is left to read. A call reads a megabyte, or `page` entries.
    """
    if not _bounds_are_allowed(folder, before, after):
        return [], None
    arguments = _index_arguments(FOLDER, folder, (after, before), True, where) | ({"Limit": page} if page else {})
    response = client("dynamodb").query(TableName=table(), **arguments)
    last = response.get("LastEvaluatedKey")
    return list(map(from_wire, response["Items"])), from_wire(last)[INDEXES[FOLDER][1]] if last else None


def _bounds_are_allowed(partition: str, before: str | None, after: str | None) -> bool:
    """Return whether DynamoDB accepts the bounds of a query."""
    end = before or END
    exist = all(may_exist(Key(partition, bound)) for bound in (end, after or END))
    return exist and not (after and after > end)


def _index_arguments(
    index: str, partition: str, bounds: tuple[str | None, str | None], newest_first: bool, where: ConditionBase | None
) -> dict[str, Any]:
    after, before = bounds
    sorts = {":before": before or END} | ({":after": after} if after else {})
    arguments = {
        "IndexName": index,
        "KeyConditionExpression": _BETWEEN if after else _BEFORE,
        "ExpressionAttributeNames": dict(zip(("#partition", "#sort"), INDEXES[index], strict=True)),
        "ExpressionAttributeValues": to_wire({":partition": partition, **sorts}),
        "ScanIndexForward": not newest_first,
    }
    return filtered(arguments, where) if where else arguments


def index_page(
    *folders: str, limit: int, cursor: str | None, since: str | None = None, newest_first: bool = False
) -> tuple[list[Attributes], str | None]:
    """Return a page of lists in the folder index, merged by place, and the cursor of the next page or None.

    `since` is the earliest place in the lists. The index lags behind the table: the items are read again, strongly,
    and deleted ones are left out. An item that has left the list since is still returned: callers check for it.
    """
    size = limit + 1 + newest_first
    # A cursor is the last place of the page before if the newest come first, else the first place of its page.
    before, after = (cursor, since) if newest_first else (None, cursor or since)
    lists = at_once(*(partial(_entries, folder, before, after, size, newest_first) for folder in folders))
    entries = list(merge(*lists, key=lambda entry: str(entry["folder_at"]), reverse=newest_first))
    page_entries = [entry for entry in entries if not newest_first or entry["folder_at"] != cursor]
    # An item that is moving from list to list may be in both.
    keys = [*dict.fromkeys(Key(entry["pk"], entry["sk"]) for entry in page_entries[:limit])]
    items = get_many(keys)
    following = page_entries[limit - newest_first] if len(page_entries) > limit else None
    return [items[key] for key in keys if key in items], str(following["folder_at"]) if following else None


def _entries(folder: str, before: str | None, after: str | None, size: int, newest_first: bool) -> list[Attributes]:
    found = query_index(FOLDER, folder, before=before, after=after, page=size, newest_first=newest_first)
    return list(islice(found, size))


def _pages(arguments: dict[str, Any], limit: int | None, page: int | None) -> Iterator[Attributes]:
    count = 0
    while limit is None or count < limit:
        size = {"Limit": page} if page else {} if limit is None else {"Limit": limit - count}
        response = client("dynamodb").query(TableName=table(), **arguments, **size)
        yield from map(from_wire, response["Items"])
        count += len(response["Items"])
        if "LastEvaluatedKey" not in response:
            return
        arguments = {**arguments, "ExclusiveStartKey": response["LastEvaluatedKey"]}


def may_exist(key: Key) -> bool:
    """Return whether a key is as short as DynamoDB wants it; people can write anything into an address."""
    pk, sk = (len(part.encode(errors="replace")) for part in key)
    return pk <= _LONGEST_PK and sk <= _LONGEST_SK


def write(change: Write) -> None:
    """Apply one write; raise `ConditionFailed`. Wait while a transaction writes the same item."""
    call = getattr(client("dynamodb"), f"{type(change).__name__.lower()}_item")
    try:
        _with_retries(lambda: call(**request(change)))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        raise ConditionFailed({0: from_wire(error.response.get("Item", {}))}) from error


def transact(changes: Sequence[Write]) -> None:
    """Apply all writes or none; raise `ConditionFailed`. Wait while others write the same items."""
    if len(changes) == 1:
        write(changes[0])
        return
    actions = [{type(change).__name__: request(change)} for change in changes]
    try:
        _with_retries(lambda: client("dynamodb").transact_write_items(TransactItems=actions))
    except ClientError as error:
        reasons = error.response.get("CancellationReasons", [])
        failed = {
            index: from_wire(reason.get("Item", {}))
            for index, reason in enumerate(reasons)
            if reason["Code"] == _CONDITION_FAILED
        }
        if not failed:
            raise
        raise ConditionFailed(failed) from error


def try_write(*changes: Write) -> bool:
    """Apply the writes atomically; return False if a condition failed."""
    try:
        transact(changes)
    except ConditionFailed:
        return False
    return True


def _with_retries(call: Callable[[], Any]) -> Any:
    for attempt in range(_ATTEMPTS - 1):
        try:
            return call()
        except ClientError as error:
            reasons = error.response.get("CancellationReasons", [error.response["Error"]])
            codes = {reason["Code"] for reason in reasons}
            if _CONDITION_FAILED in codes or not codes & _TRANSIENT:
                raise
            pause(attempt)
    return call()


# DynamoDB deletes expired items up to two days late. Until then they are hidden, and their keys count as free.


def expires(at: datetime) -> dict[str, int]:
    """Return the attribute that hides an item from an instant on, and has DynamoDB delete it later."""
    return {"expires_at": int(at.timestamp())}


def unexpired(item: Attributes | None, now: datetime) -> Attributes | None:
    """Return the item, or None if it has expired."""
    return item if item and item.get("expires_at", now.timestamp() + 1) > now.timestamp() else None


def all_unexpired(items: Iterable[Attributes], now: datetime) -> Iterator[Attributes]:
    """Yield the items that have not expired."""
    return (item for item in items if unexpired(item, now))


def absent_or_expired(now: datetime) -> ConditionBase:
    """Return the condition that a key has no item, or an expired one."""
    return ABSENT | Attr("expires_at").lte(int(now.timestamp()))


def unset_or_before(name: str, at: datetime) -> ConditionBase:
    """Return the condition that an attribute, such as the end of a lease, has no instant or one before `at`."""
    return Attr(name).not_exists() | Attr(name).lt(instant(at))
