"""The record of the operator's orders, and the order that lists changes."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from msgspec.structs import asdict, replace

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


def operator(request: str, address: str = "", browser: str = "") -> Actor:
    """Return the operator, as the actor of an order that came in a request of this id."""
    return Actor(way=Way.OPERATOR, who=Way.OPERATOR, request=request, address=address, browser=browser)


def recorded(
    order: Order, act: Callable[[Any, datetime], dict[str, Any]], now: datetime, operator: Actor
) -> dict[str, Any]:
    """Carry out an order, and record it before and after; one that reads, is refused or changes nothing is not kept.

    `operator` says where the order came from; its `by` says who gave it, and one without it is refused. The record of
    an order that was killed, or failed, stays unfinished.
    """
    if isinstance(order, ReadingOrder):
        return act(order, now)
    if order.by is None:
        raise RequestError(
            'The order is recorded, and does not say who gives it: add your name, for example "by": "Ann".',
            field="by",
        )
    return changes.around(
        _change(order, now, operator),
        lambda: act(order, now),
        lambda answer: None if isinstance(answer, Unchanged) else (),
    )


def _change(order: Order, now: datetime, operator: Actor) -> RecordedChange:
    given = {name: value for name, value in asdict(order).items() if name not in _NOT_KEPT and value is not None}
    return changes.draft(
        getattr(order, "account", None) or "",
        ChangeKind.ORDER,
        now,
        replace(operator, name=order.by or ""),
        about=str(order.__struct_config__.tag),
        details=[Detail(name, after=short(value)) for name, value in given.items()],
    )
