"""Tells a studio's hosted software what became of a text: in one transaction with what happened."""

from datetime import datetime
from typing import Any

from longcode import delivery, webhook
from longcode.account import HookEvent
from longcode.aws import hooks
from longcode.delivery import Delivery
from longcode.message import Message
from longcode.patience import HEALED_AFTER
from longcode.table import deliveries


def of_status(message: Message, now: datetime) -> Delivery:
    """Make what is told of a text's new state."""
    of = f"{message.id}\n{message.state}"
    return made(message.account, HookEvent.MESSAGE_STATUS, of, webhook.status(message), now)


def again(message: Message, now: datetime) -> None:
    """Tell where a text stands, unless that was told."""
    told = of_status(message, now)
    if deliveries.tell(told):
        hooks.enqueue(told.account, [told])


def made(account: str, event: HookEvent, of: str, data: dict[str, Any], now: datetime) -> Delivery:
    """Make what is told of an event; `of` names what happened."""
    return delivery.new(account, event, of, data, now, due_at=now + HEALED_AFTER)
