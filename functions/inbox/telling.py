"""Tells a studio's hosted software of its new replies: written first, and then put on the queue."""

from collections.abc import Iterable
from datetime import datetime

from longcode import delivery
from longcode.account import Account, HookEvent
from longcode.aws import hooks
from longcode.message import Message
from longcode.patience import HEALED_AFTER
from longcode.table import accounts, allowances, deliveries


def tell_reply(reply: Message, known: Account | None, now: datetime) -> None:
    """Tell of a reply that was taken in, and have its units looked at. Killed anywhere, its next delivery does it.

    `known` is the account that was read for it; a copy of a reply may be another's by now.
    """
    account = known if known and known.id == reply.account else accounts.get(reply.account)
    if account:
        tell(account, [reply], now)
        if reply.month and reply.charged_units:
            allowances.begin_watch(account, reply.month, now + HEALED_AFTER)


def tell(account: Account, replies: Iterable[Message], now: datetime) -> int:
    """Tell of some replies, if the studio wants to hear of them; gives how many were not told before."""
    if not delivery.wants(account, HookEvent.MESSAGE_RECEIVED):
        return 0
    new = [one for one in deliveries.unwritten(_made(one, now) for one in replies) if deliveries.tell(one)]
    hooks.enqueue(account.id, new)
    return len(new)


def _made(reply: Message, now: datetime) -> delivery.Delivery:
    return delivery.new(
        reply.account,
        HookEvent.MESSAGE_RECEIVED,
        reply.id,
        {"id": reply.id},
        now,
        due_at=now + HEALED_AFTER,
        message_id=reply.id,
    )
