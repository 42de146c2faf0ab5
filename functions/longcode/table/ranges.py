"""Reads or counts the matching items of a range of a long partition; several ranges are read at the same time."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from boto3.dynamodb.conditions import ConditionBase
from msgspec import Struct

from longcode.aws.at_once import at_once
from longcode.aws.clients import client
from longcode.table.keys import Key
from longcode.table.store import BEGINS_WITH, may_exist
from longcode.table.writes import Attributes, filtered, from_wire, projection, table, to_wire, wire_key

MOST_CALLS = 40
"""About how many calls `find` makes at most."""

_FROM_UNTIL = "pk = :pk AND sk BETWEEN :sk AND :until"
_MOST_KEPT = 1_000  # lists; each has a key for each megabyte
_ends: dict[Key, list[Key]] = {}


class FoundItems(Struct, frozen=True, kw_only=True):
    """The items of a list that match, of the first `looked_at`; `is_all` says whether these were all."""

    items: list[Attributes]
    looked_at: int
    is_all: bool


def known_ends(prefix: Key) -> list[Key]:
    """Return where the calls of this process for the items of a prefix ended last.

    The next read makes its calls for the parts between at the same time.
    """
    return _ends.get(prefix, [])


def keep_ends(prefix: Key, ends: list[Key]) -> None:
    """Keep where the calls for the items of a prefix ended."""
    _ends.pop(prefix, None)
    _ends[prefix] = ends
    if len(_ends) > _MOST_KEPT:
        del _ends[next(iter(_ends))]


def find(
    prefix: Key,
    where: ConditionBase,
    *,
    only: Sequence[str],
    page: int,
    most_calls: int = MOST_CALLS,
) -> FoundItems:
    """Return the items whose keys begin with the prefix's and that match, in about `most_calls` calls at most.

    `page` is how many items a call passes over. The read is not strongly consistent.
    """
    parts = [*pairwise([None, *known_ends(prefix), None])]
    read_now = parts[:most_calls]
    calls = most_calls - len(read_now) + 1
    more = projection(only) | {"Limit": page}
    found = at_once(*(partial(_find_part, prefix, part, where, more, calls) for part in read_now))
    keep_ends(prefix, [end for _, _, ends, _ in found for end in ends][:most_calls])
    return FoundItems(
        items=[item for items, _, _, _ in found for item in items],
        looked_at=sum(looked_at for _, looked_at, _, _ in found),
        is_all=read_now == parts and all(is_whole for _, _, _, is_whole in found),
    )


def _find_part(
    prefix: Key, part: tuple[Key | None, Key | None], where: ConditionBase, more: Mapping[str, Any], calls: int
) -> tuple[list[Attributes], int, list[Key], bool]:
    """Return what matches in a part, how many items were looked at, where calls ended, and whether it is whole."""
    found: list[Attributes] = []
    ends: list[Key] = []
    looked_at = 0
    reached, until = part
    for _ in range(calls):
        items, response = _query_part(prefix, (reached, until), where, more)
        found += items
        looked_at += int(response.get("ScannedCount", 0))
        reached = _last(response)
        if reached in (None, until):
            return found, looked_at, [*ends, until] if until else ends, True
        ends += [reached] if reached else []
    return found, looked_at, ends, False


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
    prefix: Key, *, after: Key | None, until: Key | None, where: ConditionBase | None, page: int | None = None
) -> tuple[Iterator[Attributes], Key | None]:
    """Return the items after one key and up to another that match, and the last key that the call read.

    Only keys that begin with the prefix's are read, and without `after` or `until` all of these. The last key is None
    if nothing is left to read. A call reads a megabyte, or `page` items; it is not strongly consistent.
    """
    items, response = _query_part(prefix, (after, until), where, {"Limit": page} if page else {})
    return items, _last(response)


def count_part(
    prefix: Key, *, after: Key | None, until: Key | None, where: ConditionBase | None
) -> tuple[int, Key | None]:
    """Return how many of the items that `query_part` reads in one call match, and the last key that the call read."""
    _, response = _query_part(prefix, (after, until), where, {"Select": "COUNT"})
    return int(response.get("Count", 0)), _last(response)


def _query_part(
    prefix: Key, between: tuple[Key | None, Key | None], where: ConditionBase | None, more: Mapping[str, Any]
) -> tuple[Iterator[Attributes], Mapping[str, Any]]:
    after, until = between
    if after and not may_exist(after):
        return iter(()), {}
    bounds = {":sk": (after or prefix).sk, ":until": until.sk} if until else {":sk": prefix.sk}
    arguments: dict[str, Any] = {
        "KeyConditionExpression": _FROM_UNTIL if until else BEGINS_WITH,
        "ExpressionAttributeValues": to_wire({":pk": prefix.pk, **bounds}),
        **({"ExclusiveStartKey": wire_key(after)} if after else {}),
        **more,
    }
    response = client("dynamodb").query(TableName=table(), **(filtered(arguments, where) if where else arguments))
    return map(from_wire, response.get("Items", [])), response


def _last(response: Mapping[str, Any]) -> Key | None:
    last = response.get("LastEvaluatedKey")
    return Key(**from_wire(last)) if last else None
