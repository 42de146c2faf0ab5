"""Strangers' texts and replies at the wrong studio: listed, handed over, moved; invoked by the operator."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from inbox import asking, reply
from longcode import keywords
from longcode.account import Account
from longcode.aws import clock
from longcode.aws.telemetry import logger
from longcode.errors import NotFound
from longcode.message import Direction, Message
from longcode.months import month_of
from longcode.plans import in_month
from longcode.route import Decision, Rule, link
from longcode.standing import was_closed
from longcode.table import accounts, clients, messages, opt_outs, retentions, strangers
from longcode.table.store import ConditionFailed


class List(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="list"):
    """Show strangers' texts, newest first."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: str | None = None


class HandOver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="hand_over"):
    """Give a stranger's text to an account."""

    carrier: str
    carrier_id: str
    account: str


class Move(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="move"):
    """Give a reply of one account to another."""

    account: str
    message_id: str
    to: str


def listed(order: List, now: datetime) -> dict[str, Any]:
    """List what is kept. Nobody but the operator sees it, and it is not logged."""
    found, next_cursor = strangers.page(now, limit=order.limit, cursor=order.cursor)
    items = [
        {**msgspec.to_builtins(one.inbound), "received_at": one.at.isoformat(), "kept_until": one.until.isoformat()}
        for one in found
    ]
    return {"items": items, "next_cursor": next_cursor}


def hand_over(order: HandOver, now: datetime) -> dict[str, str]:
    """Hand a stranger's text over, unread and uncharged. Nothing answers it; repeated, it does nothing twice."""
    account = _need(order.account, "account")
    stranger = strangers.get(order.carrier, order.carrier_id, now)
    if stranger:
        decision = Decision(rule=Rule.OPERATOR, account=order.account, answers=None, client_id=None, candidates=())
        made = reply.make(stranger.inbound, decision, keywords.heard(stranger.inbound.body), stranger.at, account)
        owner = strangers.hand_over(stranger, replace(made, month=None, charged_units=0))
    else:
        owner = strangers.owner(order.carrier, order.carrier_id)
    return _settled(_had(owner, order.account, "carrier_id"))


def move(order: Move) -> dict[str, str]:
    """Move a reply, unread, with what it counts. Repeated, it does nothing twice."""
    account = _need(order.to, "to")
    message = messages.get(order.account, order.message_id)
    if message is None:
        moved = messages.get(order.to, order.message_id)
        there = (order.to, moved.id) if moved and moved.direction is Direction.IN else None
        return _settled(_had(there, order.to, "message_id"), instead_of=order.account)
    if message.direction is not Direction.IN or order.account == order.to:
        raise NotFound("Only a reply can be moved, and only to another account.", field="message_id")
    try:
        owner = strangers.move(message, _at(account, message))
    except ConditionFailed:  # staff have read or linked it meanwhile
        return move(order)
    return _settled(_had(owner, order.to, "message_id"), instead_of=order.account)


def _at(account: Account, message: Message) -> Message:
    """Give a reply as another account gets it: with its words as far as they are kept, and what it counts.

    It counts nothing for an account that was closed when it came, or that joined after its month: no invoice has it.
    """
    joined = in_month(month_of(message.created_at), account.plan_changes) is not None
    if not joined or was_closed(message.created_at, account.standings):
        message = replace(message, month=None, charged_units=0)
    return replace(
        message,
        account=account.id,
        client_id=link(None, clients.with_phone(account.id, message.phone)),
        record=None,
        read=False,
        answers=None,  # it answers none of this account's texts, and the other account's are none of its business
        replies_to=None,
        rule=Rule.OPERATOR,
        candidates=(message.account, *(one for one in message.candidates if one != account.id)),
    )


def _need(account: str, field: str) -> Account:
    found = accounts.get(account)
    if found is None:
        raise NotFound(f"There is no account {account!r}.", field=field)
    return found


def _had(owner: tuple[str, str] | None, wanted: str, field: str) -> dict[str, str]:
    if owner is None or owner[0] != wanted:
        raise NotFound("It is not there: its days are over, or another account has it.", field=field)
    return {"account": owner[0], "message_id": owner[1]}


def _settled(had: dict[str, str], instead_of: str | None = None) -> dict[str, str]:
    """Have the staff who have a near miss now asked about it, and no others; and old words forgotten in time."""
    message = messages.get(had["account"], had["message_id"])
    if message:
        if instead_of:
            opt_outs.withdraw(instead_of, message.phone, message.id)
        asking.ask(message)
        retentions.go_back(message.account, message.created_at)
    return had


def act(event: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Do what the operator asks for; `msgspec.ValidationError` says what of it cannot be read."""
    order: List | HandOver | Move = msgspec.convert(event, List | HandOver | Move)
    match order:
        case List():
            return listed(order, now)
        case HandOver():
            return hand_over(order, now)
        case Move():
            return move(order)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return act(event, clock.now())
