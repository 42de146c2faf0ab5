"""The broadcasts of an account, who got the text of one, and whom it left out."""

import re
from datetime import datetime
from itertools import islice
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from admin.order import AccountId, Cursor, ItemId, ReadingOrder, account_or_raise
from admin.texts import find, why
from admin.texts.why import Known
from longcode.accounts.account import Account
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast
from longcode.broadcasts.outcome import Outcome
from longcode.errors import BadCursor, NotFound
from longcode.message import NOT_REACHED
from longcode.months import instant

Limit = Annotated[int, Meta(ge=1, le=500)]


class ListBroadcasts(ReadingOrder, frozen=True, kw_only=True, tag="broadcasts.list"):
    """List the broadcasts of an account, the newest first."""

    account: AccountId
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: Cursor | None = None


class ListRecipients(ReadingOrder, frozen=True, kw_only=True, tag="broadcasts.recipients"):
    """List the texts of a broadcast with what became of each; with `not_reached`, only those that did not arrive."""

    account: AccountId
    broadcast: ItemId
    not_reached: bool = False
    limit: Limit = 200
    cursor: Cursor | None = None


class ListLeftOut(ReadingOrder, frozen=True, kw_only=True, tag="broadcasts.left_out"):
    """List the clients, and their phones, whom a broadcast sent no text, and why."""

    account: AccountId
    broadcast: ItemId
    limit: Limit = 200
    cursor: Annotated[str, Meta(pattern=r"^[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}\Z")] | None = None


def list_broadcasts(order: ListBroadcasts, _now: datetime) -> dict[str, Any]:
    """Return a page of broadcasts, with how many texts each has, and how many clients and phones it left out."""
    account = account_or_raise(order.account)
    page, next_cursor = broadcasts.page(account.id, limit=order.limit, cursor=order.cursor)
    return {"items": list(map(_shown, page)), "next_cursor": next_cursor}


def _shown(broadcast: Broadcast) -> dict[str, Any]:
    names = ("id", "state", "paused", "body", "by", "texts", "units", "send_at", "error", "detail")
    shown = {name: msgspec.to_builtins(getattr(broadcast, name)) for name in names}
    return {**shown, "at": instant(broadcast.created_at), "left_out": sum(broadcast.skipped.values())}


def list_recipients(order: ListRecipients, now: datetime) -> dict[str, Any]:
    """Return a page of texts, short if some of it arrived; raise `NotFound`, or `BadCursor` for another list's."""
    account, broadcast = _broadcast_or_raise(order)
    if order.cursor and not re.fullmatch(f"{re.escape(broadcast.id)}-[0-9a-f]{{16}}", order.cursor):
        raise BadCursor("The cursor is none of this broadcast.", field="cursor")
    page = broadcasts.texts_page(broadcast, order.cursor, order.limit)
    known = Known(account=account, broadcast=broadcast)
    texts = [text for text in page.texts if not order.not_reached or text.state in NOT_REACHED]
    items = [{"client_id": text.client_id, **find.shown(text, known, now)} for text in texts]
    return {"items": items, "next_cursor": page.last}


def list_left_out(order: ListLeftOut, _now: datetime) -> dict[str, Any]:
    """Return a page of those whom a broadcast left out; a cursor is the place of the first one. Raise `NotFound`."""
    _, broadcast = _broadcast_or_raise(order)
    begin = _place(order.cursor) if order.cursor else None
    found = list(islice(broadcasts.skipped_from(broadcast, begin), order.limit + 1))
    following = ".".join(map(str, found[order.limit][0])) if len(found) > order.limit else None
    return {"items": [_left_out(outcome) for _, outcome in found[: order.limit]], "next_cursor": following}


def _place(cursor: str) -> broadcasts.SkippedPlace:
    step, part, row = map(int, cursor.split("."))
    return step, part, row


def _left_out(outcome: Outcome) -> dict[str, Any]:
    said = why.left_out(outcome.code, outcome.detail)
    shown = {"client_id": outcome.client_id, "phone": outcome.phone, "code": outcome.code}
    return {**shown, "why": said.why, "help": said.help}


def _broadcast_or_raise(order: ListRecipients | ListLeftOut) -> tuple[Account, Broadcast]:
    account = account_or_raise(order.account)
    broadcast = broadcasts.get(account.id, order.broadcast)
    if broadcast is None:
        raise NotFound(f"Account {account.id} has no broadcast {order.broadcast!r}.", field="broadcast")
    return account, broadcast
