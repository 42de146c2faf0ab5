"""The list of a broadcast's recipients: first those who get its text, then those who get none, and why."""

from longcode.aws import web
from longcode.broadcast import Broadcast
from longcode.errors import RequestError
from longcode.table import broadcast_texts
from send import broadcast_shown
from send.broadcast_shown import Recipient

_SKIPPED = "skipped"


def page(found: Broadcast, cursor: str | None, limit: int) -> web.Listed[Recipient]:
    """List recipients from a cursor on; raises `RequestError` for a cursor of another list."""
    if cursor and cursor.startswith(f"{_SKIPPED}."):
        return _skipped(found, [], _row(cursor), limit)
    if cursor and not cursor.startswith(f"{found.id}-"):
        raise _no_cursor()
    texts = broadcast_texts.page(found, cursor, limit)
    items = [broadcast_shown.texted(one) for one in texts.texts]
    if texts.last:
        return web.Listed(items=items, next_cursor=texts.last)
    return _skipped(found, items, None, limit)


def _skipped(
    found: Broadcast, items: list[Recipient], begin: broadcast_texts.Row | None, limit: int
) -> web.Listed[Recipient]:
    for row, one in broadcast_texts.skipped_from(found, begin):
        if len(items) == limit:
            return web.Listed(items=items, next_cursor=".".join(map(str, (_SKIPPED, *row))))
        items.append(broadcast_shown.skipped(one))
    return web.Listed(items=items, next_cursor=None)


def _row(cursor: str) -> broadcast_texts.Row:
    try:
        step, part, row = map(int, cursor.split(".")[1:])
    except ValueError as error:
        raise _no_cursor() from error
    return step, part, row


def _no_cursor() -> RequestError:
    return RequestError("This is no cursor of this list.", field="cursor")
