"""Unattributed replies and replies at the wrong studio: listed, handed over, moved."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from admin.order import AccountId, Cursor, ItemId, Order, need_account
from longcode import keywords
from longcode.accounts.account import Account, was_closed
from longcode.clients import store as clients
from longcode.errors import NotFound
from longcode.message import Direction, Message
from longcode.messages import replies, reply, retentions
from longcode.messages import store as messages
from longcode.months import month_of
from longcode.numbers.routing import Attribution, AttributionRule, client_of_reply
from longcode.optouts import store as optouts
from longcode.optouts.report import report_possible_opt_out
from longcode.plans.plans import in_month
from longcode.table.store import ConditionFailed


class ListUnattributed(Order, frozen=True, kw_only=True, tag="replies.list_unattributed"):
    """Show the replies that are no studio's, newest first."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor | None = None


class HandOver(Order, frozen=True, kw_only=True, tag="replies.hand_over"):
    """Give an unattributed reply to an account."""

    carrier: ItemId
    carrier_id: ItemId
    account: AccountId


class Move(Order, frozen=True, kw_only=True, tag="replies.move"):
    """Move a reply from one account to another."""

    account: AccountId
    message_id: ItemId
    to: AccountId


def list_unattributed(order: ListUnattributed, now: datetime) -> dict[str, Any]:
    """Return a page of what is kept. Nobody but the operator sees it, and it is not logged."""
    found, next_cursor = replies.unattributed_page(now, limit=order.limit, cursor=order.cursor)
    items = [
        {**msgspec.to_builtins(one.inbound), "received_at": one.at.isoformat(), "kept_until": one.until.isoformat()}
        for one in found
    ]
    return {"items": items, "next_cursor": next_cursor}


def hand_over(order: HandOver, now: datetime) -> dict[str, Any]:
    """Give an unattributed reply to an account, unread and uncharged. Nothing answers it; repeated, it is given once.

    Raises `NotFound`.
    """
    account = need_account(order.account)
    kept = replies.get_unattributed(order.carrier, order.carrier_id, now)
    if kept:
        decision = Attribution(
            rule=AttributionRule.OPERATOR, account=order.account, answers=None, client_id=None, candidates=()
        )
        made = reply.make(kept.inbound, decision, keywords.heard(kept.inbound.body), kept.at, account)
        owner = replies.assign_unattributed(kept, replace(made, month=None, charged_units=0))
    else:
        owner = replies.owner(order.carrier, order.carrier_id)
    return _settled(_had(owner, order.account, "carrier_id"))


def move(order: Move, now: datetime) -> dict[str, Any]:
    """Move a reply, unread, with what it counts; repeated, it is moved once. Raises `NotFound`."""
    account = need_account(order.to, "to")
    message = messages.get(order.account, order.message_id)
    if message is None:
        moved = messages.get(order.to, order.message_id)
        there = (order.to, moved.id) if moved and moved.direction is Direction.IN else None
        return _settled(_had(there, order.to, "message_id"), instead_of=order.account)
    if message.direction is not Direction.IN or order.account == order.to:
        raise NotFound("Only a reply can be moved, and only to another account.", field="message_id")
    try:
        owner = replies.move_reply(message, _at(account, message))
    except ConditionFailed:  # staff have read or linked it meanwhile
        return move(order, now)
    return _settled(_had(owner, order.to, "message_id"), instead_of=order.account)


def _at(account: Account, message: Message) -> Message:
    """Return a reply as the other account gets it, with its words as far as they are kept and what it counts.

    It counts nothing at an account that was closed when it came, or that joined after its month: no invoice has it.
    """
    joined = in_month(month_of(message.created_at), account.plan_changes) is not None
    if not joined or was_closed(message.created_at, account.standings):
        message = replace(message, month=None, charged_units=0)
    return replace(
        message,
        account=account.id,
        client_id=client_of_reply(None, clients.with_phone(account.id, message.phone)),
        record=None,
        read=False,
        answers=None,  # it answers none of this account's texts, and it is not to see the other account's
        replies_to=None,
        rule=AttributionRule.OPERATOR,
        candidates=(message.account, *(one for one in message.candidates if one != account.id)),
    )


def _had(owner: tuple[str, str] | None, wanted: str, field: str) -> dict[str, str]:
    if owner is None or owner[0] != wanted:
        raise NotFound("It is not there: its days are over, or another account has it.", field=field)
    return {"account": owner[0], "message_id": owner[1]}


def _settled(had: dict[str, str], instead_of: str | None = None) -> dict[str, str]:
    """Have only the staff who have the reply now asked about a possible opt-out, and its words deleted in time."""
    message = messages.get(had["account"], had["message_id"])
    if message:
        if instead_of:
            optouts.withdraw(instead_of, message.phone, message.id)
        report_possible_opt_out(message)
        retentions.go_back(message.account, message.created_at)
    return had
