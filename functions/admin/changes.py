"""The record of the operator's orders, and the order that lists changes."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from msgspec.structs import asdict

from admin.order import AccountId, Order, ReadingOrder, Unchanged
from longcode.changes import store as changes
from longcode.changes.change import Actor, ChangeKind, Detail, RecordedChange, Span, Way, short
from longcode.errors import RequestError
from longcode.message import Instant

_NOT_KEPT = {"account", "by", "cursor", "after", "limit", "file", "lines"}
"""The fields of orders that are kept elsewhere in the record, that only say where to go on, and whole files."""


class ListChanges(ReadingOrder, frozen=True, kw_only=True, tag="changes.list"):
    """List the changes of one account, or of all and the service, the newest first. A year of them is kept."""

    account: AccountId | None = None
    since: Instant | None = None
    until: Instant | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=200, pattern=changes.CURSOR)] | None = None


def list_changes(order: ListChanges, now: datetime) -> dict[str, Any]:
    """Return a page of changes and the cursor of the next; those at `until` are left out."""
    span = Span(limit=order.limit, cursor=order.cursor, since=order.since, until=order.until)
    page, next_cursor = changes.of_account(order.account, span, now) if order.account else changes.of_all(span, now)
    return {"items": msgspec.to_builtins(page), "next_cursor": next_cursor}


def recorded(
    order: Order, act: Callable[[Any, datetime], dict[str, Any]], now: datetime, request: str
) -> dict[str, Any]:
    """Carry out an order, and record it before and after; one that reads, is refused or changes nothing is not kept.

    `request` is the id of the invocation. The record of an order that was killed, or failed, stays unfinished.
    """
    if isinstance(order, ReadingOrder):
        return act(order, now)
    change = _change(order, now, request)
    changes.begin(change)
    try:
        answer = act(order, now)
    except RequestError:
        changes.withdraw(change)
        raise
    if isinstance(answer, Unchanged):
        changes.withdraw(change)
    else:
        changes.finish(change)
    return answer


def _change(order: Order, now: datetime, request: str) -> RecordedChange:
    given = {name: value for name, value in asdict(order).items() if name not in _NOT_KEPT and value is not None}
    return RecordedChange(
        account=getattr(order, "account", None) or "",
        id=changes.new_id(),
        at=now,
        kind=ChangeKind.ORDER,
        actor=Actor(way=Way.OPERATOR, who=Way.OPERATOR, name=order.by or "", request=request),
        about=str(order.__struct_config__.tag),
        details=tuple(Detail(name, after=short(value)) for name, value in given.items()),
        unfinished=True,
    )
