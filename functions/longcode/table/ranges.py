"""Reads or counts the matching items of a range of a long partition; callers read several ranges at the same time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from boto3.dynamodb.conditions import ConditionBase

from longcode.aws.clients import client
from longcode.table.keys import Key
from longcode.table.store import BEGINS_WITH, may_exist
from longcode.table.writes import Attributes, filtered, from_wire, projection, table, to_wire, wire_key

_FROM_UNTIL = "pk = :pk AND sk BETWEEN :sk AND :until"


def read(
    first: Key,
    last: Key,
    where: ConditionBase,
    *,
    only: Sequence[str] = (),
    page: int | None = None,
    limit: int | None = None,
    max_calls: int | None = None,
) -> tuple[list[Attributes], int]:
    """Return the items from one key of a partition to another that match, and how many others were passed over.

    `page` is how many items a call passes over, None for a megabyte. The last call is the one after which there are
    `limit` items, or that of the number `max_calls`. The read is not strongly consistent.
    """
    arguments: dict[str, Any] = {
        "TableName": table(),
        "KeyConditionExpression": _FROM_UNTIL,
        "ExpressionAttributeValues": to_wire({":pk": first.pk, ":sk": first.sk, ":until": last.sk}),
        **({"Limit": page} if page else {}),
    }
    arguments = filtered(arguments | (projection(only) if only else {}), where)
    items: list[Attributes] = []
    others = calls = 0
    while True:
        response = client("dynamodb").query(**arguments)
        items += map(from_wire, response["Items"])
        others += response["ScannedCount"] - response["Count"]
        calls += 1
        reached = response.get("LastEvaluatedKey")
        if reached is None or calls == max_calls or (limit and len(items) >= limit):
            return items, others
        arguments["ExclusiveStartKey"] = reached


def query_part(
    prefix: Key,
    *,
    after: Key | None,
    until: Key | None,
    where: ConditionBase | None,
    page: int | None = None,
    only: Sequence[str] = (),
) -> tuple[Iterator[Attributes], Key | None]:
    """Return the items after one key and up to another that match, and the last key that the call read.

    Only keys that begin with the prefix's are read, and without `after` or `until` all of these. The last key is None
    if nothing is left to read. A call reads a megabyte, or `page` items; it is not strongly consistent. `only` are
    the attributes to return, by default all.
    """
    more = ({"Limit": page} if page else {}) | (projection(only) if only else {})
    items, _, last = _query_part(prefix, (after, until), where, more)
    return items, last


def count_part(
    prefix: Key, *, after: Key | None, until: Key | None, where: ConditionBase | None
) -> tuple[int, Key | None]:
    """Return how many of the items that `query_part` reads in one call match, and the last key that the call read."""
    _, count, last = _query_part(prefix, (after, until), where, {"Select": "COUNT"})
    return count, last


def _query_part(
    prefix: Key, between: tuple[Key | None, Key | None], where: ConditionBase | None, more: Mapping[str, Any]
) -> tuple[Iterator[Attributes], int, Key | None]:
    after, until = between
    if after and not may_exist(after):
        return iter(()), 0, None
    bounds = {":sk": (after or prefix).sk, ":until": until.sk} if until else {":sk": prefix.sk}
    arguments: dict[str, Any] = {
        "KeyConditionExpression": _FROM_UNTIL if until else BEGINS_WITH,
        "ExpressionAttributeValues": to_wire({":pk": prefix.pk, **bounds}),
        **({"ExclusiveStartKey": wire_key(after)} if after else {}),
        **more,
    }
    response = client("dynamodb").query(TableName=table(), **(filtered(arguments, where) if where else arguments))
    last = response.get("LastEvaluatedKey")
    return map(from_wire, response.get("Items", [])), int(response["Count"]), Key(**from_wire(last)) if last else None
