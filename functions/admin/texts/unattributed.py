"""List unattributed replies, hand one over to an account, and move a reply that is at the wrong account."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from admin.order import AccountId, Cursor, ItemId, Order, ReadingOrder, Unchanged, account_or_raise
from longcode import keywords
from longcode.accounts.account import Account, was_closed
from longcode.clients import store as clients
from longcode.errors import NotFound
from longcode.message import Direction, Message
from longcode.messages import replies, reply, retentions
from longcode.messages import store as messages
from longcode.months import instant, month_of
from longcode.numbers import store as numbers
from longcode.numbers.routing import Attribution, AttributionRule, client_of_reply
from longcode.optouts import store as optouts
from longcode.optouts.report import report_possible_opt_out
from longcode.plans.plans import plan_name_in
from longcode.table.store import ConditionFailed


class ListUnattributed(ReadingOrder, frozen=True, kw_only=True, tag="replies.list_unattributed"):
    """List the replies that no studio has got, newest first."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor | None = None


class HandOver(Order, frozen=True, kw_only=True, tag="replies.hand_over"):
    """Hand an unattributed reply over to an account."""

    carrier: ItemId
    carrier_id: ItemId
    account: AccountId


class Move(Order, frozen=True, kw_only=True, tag="replies.move"):
    """Move a reply from one account to another."""

    account: AccountId
    message_id: ItemId
    to: AccountId


def list_unattributed(order: ListUnattributed, now: datetime) -> dict[str, Any]:
    """Return a page of unattributed replies. Only the operator sees them, and no log has them."""
    page, next_cursor = replies.unattributed_page(now, limit=order.limit, cursor=order.cursor)
    items = [
        {
            **msgspec.to_builtins(kept.inbound),
            "received_at": instant(kept.at),
            "kept_until": instant(kept.until),
            "candidates": list(kept.candidates),
        }
        for kept in page
    ]
    return {"items": items, "next_cursor": next_cursor}


def hand_over(order: HandOver, now: datetime) -> dict[str, Any]:
    """Hand an unattributed reply over, unread, uncharged and without an automatic reply.

    A repeated order changes nothing. Raise `NotFound`.
    """
    account = account_or_raise(order.account)
    kept = replies.get_unattributed(order.carrier, order.carrier_id, now)
    if kept:
        decision = Attribution(
            rule=AttributionRule.OPERATOR, account=order.account, answers=None, client_id=None, candidates=()
        )
        message = reply.message_of_reply(
            kept.inbound,
            decision,
            keywords.detect(kept.inbound.body),
            kept.at,
            studio=account,
            with_phone=clients.with_phone(account.id, kept.inbound.phone),
        )
        owner = replies.hand_over(kept, replace(message, month=None, charged_units=0))
    else:
        owner = replies.owner(order.carrier, order.carrier_id)
    finished = _finish(_owned(owner, order.account, "carrier_id"))
    return finished if kept else Unchanged(finished)


def move(order: Move, now: datetime) -> dict[str, Any]:
    """Move a reply, unread, together with its units; a repeated order changes nothing. Raise `NotFound`."""
    account = account_or_raise(order.to, "to")
    message = messages.get(order.account, order.message_id)
    if message is None:
        moved = messages.get(order.to, order.message_id)
        owner = (order.to, moved.id) if moved and moved.direction is Direction.IN else None
        return Unchanged(_finish(_owned(owner, order.to, "message_id"), instead_of=order.account))
    if message.direction is not Direction.IN or order.account == order.to:
        raise NotFound("Only a reply can be moved, and only to another account.", field="message_id")
    try:
        owner = replies.move_reply(message, _copy_for(account, message))
    except ConditionFailed:  # staff have read or linked it meanwhile
        return move(order, now)
    return _finish(_owned(owner, order.to, "message_id"), instead_of=order.account)


def _copy_for(account: Account, message: Message) -> Message:
    """Return the copy of a reply for another account, with its units, and with its body unless that has been deleted.

    If the account was closed when the reply arrived, or joined after that month, the copy has no units: no invoice
    would contain them.
    """
    joined = plan_name_in(month_of(message.created_at), account.plan_changes) is not None
    if not joined or was_closed(message.created_at, account.status_changes):
        message = replace(message, month=None, charged_units=0)
    return replace(
        message,
        account=account.id,
        client_id=client_of_reply(None, clients.with_phone(account.id, message.phone)),
        record=None,
        read=False,
        read_by=None,  # as the other account's people
        linked_by=None,
        answers=None,  # it answers no text of this account, which must not see the other account's text
        replies_to=None,
        rule=AttributionRule.OPERATOR,
        candidates=(message.account, *(other for other in message.candidates if other != account.id)),
    )


def _owned(owner: tuple[str, str] | None, wanted: str, field: str) -> dict[str, str]:
    if owner is None or owner[0] != wanted:
        raise NotFound(
            "There is no such reply here: it was deleted at the end of its retention, or another account has it.",
            field=field,
        )
    return {"account": owner[0], "message_id": owner[1]}


def _finish(owned: dict[str, str], instead_of: str | None = None) -> dict[str, str]:
    """Report a possible opt-out to the reply's new account only, and schedule the deletion of the body.

    The account's conversation with the phone is live again, as after any reply.
    """
    message = messages.get(owned["account"], owned["message_id"])
    if message:
        numbers.note_reply(message.phone, message.account, message.number, message.created_at)
        if instead_of:
            optouts.withdraw_question(instead_of, message.phone, message.id)
        report_possible_opt_out(message)
        retentions.restart_from(message.account, message.created_at)
    return owned
