"""The DynamoDB calls that the other files here are made of: one item, many, a query, a transaction."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from boto3.dynamodb.conditions import ConditionBase
from botocore.exceptions import ClientError

from longcode.aws.clients import client
from longcode.table.codec import Attributes, from_wire, to_wire
from longcode.table.keys import INDEXES, Key
from longcode.table.writes import Write, narrowed, projection, request, table, wire_key

_BATCH_GET = 100
_ATTEMPTS = 8
_PASSING = {
    "TransactionConflict",  # of a transaction with another write
    "TransactionConflictException",  # of a write alone with a transaction; the SDK does not repeat it
    "TransactionInProgressException",  # the same transaction, repeated by the SDK before its answer came
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
}
_BEFORE = "#partition = :partition AND #sort < :before"
_BETWEEN = "#partition = :partition AND #sort BETWEEN :after AND :before"
_CONDITION = "ConditionalCheckFailed"


class ConditionFailed(Exception):
    """A conditional write met something else: for each write that failed, what stands there."""

    def __init__(self, found: Mapping[int, Attributes]) -> None:
        super().__init__(f"conditions of writes {sorted(found)} failed")
        self.found = found


def get(key: Key) -> Attributes | None:
    """Read one item, strongly."""
    answer = client("dynamodb").get_item(TableName=table(), Key=wire_key(key), ConsistentRead=True)
    return from_wire(answer["Item"]) if "Item" in answer else None


def get_many(keys: Iterable[Key]) -> dict[Key, Attributes]:
    """Read items strongly, a hundred in a call; what is not there is not in the answer."""
    found: dict[Key, Attributes] = {}
    wanted = [wire_key(key) for key in dict.fromkeys(keys)]
    for attempt in range(_ATTEMPTS):
        rest: list[Any] = []
        for start in range(0, len(wanted), _BATCH_GET):
            chunk = {"Keys": wanted[start : start + _BATCH_GET], "ConsistentRead": True}
            answer = client("dynamodb").batch_get_item(RequestItems={table(): chunk})
            items = [from_wire(wire) for wire in answer["Responses"].get(table(), [])]
            found |= {Key(item["pk"], item["sk"]): item for item in items}
            rest += answer.get("UnprocessedKeys", {}).get(table(), {}).get("Keys", [])
        if not rest:
            return found
        wanted = rest
        pause(attempt)
    raise TimeoutError(f"{len(wanted)} items were not read")


def get_settled(keys: Iterable[Key]) -> list[Attributes]:
    """Read up to a hundred items as of one moment, in their order, once no transaction is writing any of them."""
    asked = [{"Get": {"TableName": table(), "Key": wire_key(key)}} for key in keys]
    answers: list[Any] = []

    def read() -> None:
        answers[:] = client("dynamodb").transact_get_items(TransactItems=asked)["Responses"]

    _patiently(read)
    return [from_wire(answer["Item"]) for answer in answers if "Item" in answer]


def write(change: Write) -> None:
    """Make one write; raises `ConditionFailed`. Waits for a transaction that writes the same item."""
    call = getattr(client("dynamodb"), f"{type(change).__name__.lower()}_item")
    try:
        _patiently(lambda: call(**request(change)))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        raise ConditionFailed({0: from_wire(error.response.get("Item", {}))}) from error


def transact(changes: Sequence[Write]) -> None:
    """Make all writes or none; raises `ConditionFailed`. Waits for others that write the same items."""
    if len(changes) == 1:
        write(changes[0])
        return
    actions = [{type(change).__name__: request(change)} for change in changes]
    try:
        _patiently(lambda: client("dynamodb").transact_write_items(TransactItems=actions))
    except ClientError as error:
        reasons = error.response.get("CancellationReasons", [])
        failed = {
            index: from_wire(reason.get("Item", {}))
            for index, reason in enumerate(reasons)
            if reason["Code"] == _CONDITION
        }
        if not failed:
            raise
        raise ConditionFailed(failed) from error


def holds(*changes: Write) -> bool:
    """Make all writes or none; tells whether their conditions held."""
    try:
        transact(changes)
    except ConditionFailed:
        return False
    return True


def _patiently(call: Callable[[], Any]) -> None:
    for attempt in range(_ATTEMPTS - 1):
        try:
            call()
        except ClientError as error:
            reasons = error.response.get("CancellationReasons", [error.response["Error"]])
            codes = {reason["Code"] for reason in reasons}
            if _CONDITION in codes or not codes & _PASSING:
                raise
            pause(attempt)
        else:
            return
    call()


def query(
    beginning: Key,
    *,
    after: Key | None = None,
    limit: int | None = None,
    page: int | None = None,
    only: Sequence[str] = (),
) -> Iterator[Attributes]:
    """Read strongly and in order the items of a partition whose sort key begins like that one.

    `page` is how many a call reads, `only` which of their attributes it answers with.
    """
    asked: dict[str, Any] = {
        "ConsistentRead": True,
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
        "ExpressionAttributeValues": to_wire({":pk": beginning.pk, ":sk": beginning.sk}),
    }
    if after:
        asked["ExclusiveStartKey"] = wire_key(after)
    if only:
        asked |= projection(only)
    return _pages(asked, limit, page)


def query_index(
    index: str,
    partition: str,
    *,
    before: str,
    page: int | None,
    after: str | None = None,
    limit: int | None = None,
    newest_first: bool = False,
    where: ConditionBase | None = None,
) -> Iterator[Attributes]:
    """Read an index (its attributes: `INDEXES`) up to and without the sort key `before`, `page` items a call.

    From `after` on, the two ends are part of what is read; DynamoDB refuses two that are the wrong way round.
    With `where`, a call gives only those of its items of which that holds, be they none.
    """
    if after and after > before:
        return iter(())
    bounds = {":before": before} | ({":after": after} if after else {})
    asked = {
        "IndexName": index,
        "KeyConditionExpression": _BETWEEN if after else _BEFORE,
        "ExpressionAttributeNames": dict(zip(("#partition", "#sort"), INDEXES[index], strict=True)),
        "ExpressionAttributeValues": to_wire({":partition": partition, **bounds}),
        "ScanIndexForward": not newest_first,
    }
    return _pages(narrowed(asked, where) if where else asked, limit, page)


def _pages(asked: dict[str, Any], limit: int | None, page: int | None = None) -> Iterator[Attributes]:
    given = 0
    while limit is None or given < limit:
        size = {"Limit": page} if page else {} if limit is None else {"Limit": limit - given}
        answer = client("dynamodb").query(TableName=table(), **asked, **size)
        yield from map(from_wire, answer["Items"])
        given += len(answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return
        asked = {**asked, "ExclusiveStartKey": answer["LastEvaluatedKey"]}


def pause(attempt: int) -> None:
    """Wait a little, longer after each attempt from 0, before asking again for what another has."""
    time.sleep(random.uniform(0, 0.02 * 2 ** min(attempt, 6)))  # noqa: S311  # jitter is no secret
