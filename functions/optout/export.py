"""The history of who said STOP and START, when, how and in which words, as JSON lines; invoked by the operator."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from longcode.aws import clock
from longcode.aws.telemetry import logger
from longcode.table import opt_outs

_MOST = 400  # of 1,600 characters each: Lambda answers with 6 MB at most


class Order(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose history is wanted: one phone's, or all, page by page."""

    phone: Annotated[str, Meta(pattern=r"^\+[0-9]{7,15}\Z")] | None = None
    limit: Annotated[int, Meta(ge=1, le=_MOST)] = _MOST
    cursor: str | None = None


def export(order: Order, now: datetime) -> dict[str, str | None]:
    """Give events, oldest first, a line for each; and the cursor of the next page, None on the last."""
    if order.phone:
        events, next_cursor = opt_outs.all_of(order.phone, now), None
    else:
        events, next_cursor = opt_outs.everything(now, limit=order.limit, cursor=order.cursor)
    lines = b"".join(msgspec.json.encode(event) + b"\n" for event in events)
    return {"lines": lines.decode(), "next_cursor": next_cursor}


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, str | None]:
    return export(msgspec.convert(event, Order), clock.now())
