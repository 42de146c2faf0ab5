"""Refuses a query whose upper bound is below its lower bound, as DynamoDB does and moto does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from longcode.aws.clients import client

_EVENT = "provide-client-params.dynamodb.Query"


@contextmanager
def refusing_reversed_bounds() -> Iterator[None]:
    """Refuse such queries inside the block."""
    events = client("dynamodb").meta.events
    events.register(_EVENT, _check, "between")
    try:
        yield
    finally:
        events.unregister(_EVENT, _check, "between")


def _check(params: dict[str, Any], **_: Any) -> None:
    values = params["ExpressionAttributeValues"]
    if ":after" in values and values[":after"]["S"] > values[":before"]["S"]:
        why = "The BETWEEN operator requires upper bound to be greater than or equal to lower bound"
        raise ClientError({"Error": {"Code": "ValidationException", "Message": why}}, "Query")
