"""Reads or counts the matching items of a part of a long partition, in one call; callers read several parts at once."""

from collections.abc import Iterator, Mapping
from typing import Any

from boto3.dynamodb.conditions import ConditionBase

from longcode.aws.clients import client
from longcode.table.keys import Key
from longcode.table.store import BEGINS_WITH, may_exist
from longcode.table.writes import Attributes, filtered, from_wire, table, to_wire, wire_key

_FROM_UNTIL = "pk = :pk AND sk BETWEEN :sk AND :until"


def query_part(
    prefix: Key, *, after: Key | None, until: Key | None, where: ConditionBase | None, page: int | None = None
) -> tuple[Iterator[Attributes], Key | None]:
    """Return the items after one key and up to another that match, and the last key that the call read.

    Only keys that begin with the prefix's are read, and without `after` or `until` all of these. The last key is None
    if nothing is left to read. A call reads a megabyte, or `page` items; it is not strongly consistent.
    """
    items, _, last = _query_part(prefix, (after, until), where, {"Limit": page} if page else {})
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
