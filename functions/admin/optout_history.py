"""Export the history of opt-outs as JSON lines: who opted out or in, when, how and in which words."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from admin.order import Cursor, Order
from longcode.optouts import store as optouts

_MOST = 400  # events of up to 1,600 characters; the response of a Lambda function has at most 6 MB


class ExportHistory(Order, frozen=True, kw_only=True, tag="optouts.export"):
    """Export the history of one phone, or of all, page by page."""

    phone: Annotated[str, Meta(pattern=r"^\+[0-9]{7,15}\Z")] | None = None
    limit: Annotated[int, Meta(ge=1, le=_MOST)] = _MOST
    cursor: Cursor | None = None


def export_history(order: ExportHistory, now: datetime) -> dict[str, Any]:
    """Return a line for each event, oldest first, and the cursor of the next page, None on the last."""
    if order.phone:
        events, next_cursor = optouts.phone_history(order.phone, now), None
    else:
        events, next_cursor = optouts.history_page(now, limit=order.limit, cursor=order.cursor)
    lines = b"".join(msgspec.json.encode(event) + b"\n" for event in events)
    return {"lines": lines.decode(), "next_cursor": next_cursor}
