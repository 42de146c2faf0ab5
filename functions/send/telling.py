"""Tells a studio's hosted software what became of a text: in one transaction with what happened."""

from datetime import datetime
from typing import Any

from longcode import delivery, webhook
from longcode.account import HookEvent
from longcode.aws import queues
from longcode.aws.settings import settings
from longcode.delivery import Delivery
from longcode.jobs import Deliver
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
        enqueue(told)


def enqueue(told: Delivery) -> None:
    """Put on the queue what is to be told; what is lost there the sweeper brings."""
    with queues.or_leave(account=told.account):
        job = Deliver(account=told.account, delivery_id=told.id)
        queues.put(settings().webhook_queue_url, [job], group=told.account)


def made(account: str, event: HookEvent, of: str, data: dict[str, Any], now: datetime) -> Delivery:
    """Make what is told of an event; `of` names what happened."""
    return delivery.new(account, event, of, data, now, due_at=now + HEALED_AFTER)
