"""Reads a range of a partition: the items that match, and how many others there are."""

from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.conditions import ConditionBase

from longcode.aws.clients import client
from longcode.table.keys import Key
from longcode.table.store import FROM_UNTIL
from longcode.table.writes import Attributes, filtered, from_wire, projection, table, to_wire


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
        "KeyConditionExpression": FROM_UNTIL,
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
