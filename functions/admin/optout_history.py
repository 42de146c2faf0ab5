"""Export the history of opt-outs as JSON lines (who opted out or in, when, how, in which words), and import lines."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from admin.order import Cursor, Order, PhoneNumber
from longcode.clients import store as clients
from longcode.errors import RequestError
from longcode.one_spelling import one_spelling
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent, account_scope

_MOST = 400  # events of up to 1,600 characters; the response of a Lambda function has at most 6 MB


class ExportHistory(Order, frozen=True, kw_only=True, tag="optouts.export"):
    """Export the history of one phone, or of all, page by page."""

    phone: PhoneNumber | None = None
    limit: Annotated[int, Meta(ge=1, le=_MOST)] = _MOST
    cursor: Cursor | None = None


class ImportHistory(Order, frozen=True, kw_only=True, tag="optouts.import"):
    """Record events that a restored table has lost, from lines of an export."""

    lines: str


def export_history(order: ExportHistory, now: datetime) -> dict[str, Any]:
    """Return a line for each event, oldest first, and the cursor of the next page, None on the last."""
    if order.phone:
        events, next_cursor = optouts.phone_history(one_spelling(order.phone), now), None
    else:
        events, next_cursor = optouts.history_page(now, limit=order.limit, cursor=order.cursor)
    lines = b"".join(msgspec.json.encode(event) + b"\n" for event in events)
    return {"lines": lines.decode(), "next_cursor": next_cursor}


def import_history(order: ImportHistory, now: datetime) -> dict[str, Any]:
    """Record the events that the history does not have, and return how many; raise `RequestError` for a bad line.

    The latest event by time counts, as if they had come now. Possible opt-outs are left out: they change nothing.
    """
    imported = 0
    for event in sorted(_read_lines(order.lines), key=lambda event: event.at):
        known = {one.id for one in optouts.phone_history(event.phone, now) if one.scope == event.scope}
        if event.id not in known:
            optouts.record(event)
            imported += 1
        for account, client_id in clients.with_phone_in_all_accounts(event.phone) if event.out else ():
            if event.scope in (SHARED, account_scope(account)):
                clients.mark_opt_out(account, client_id, event.phone)
    return {"imported": imported}


def _read_lines(lines: str) -> list[OptOutEvent]:
    try:
        events = [msgspec.json.decode(line, type=OptOutEvent) for line in lines.split("\n") if line.strip()]
    except msgspec.MsgspecError as error:
        raise RequestError(f"A line is not one of an export: {error}.", field="lines") from None
    return [event for event in events if not event.asks]
