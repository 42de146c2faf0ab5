"""Tells a studio's hosted software where a text stands, and whom to call: in one transaction with what happened."""

from datetime import datetime
from typing import Any

from longcode import delivery, webhook
from longcode.account import Account, HookEvent
from longcode.aws import queues
from longcode.aws.settings import settings
from longcode.call import Call
from longcode.delivery import Delivery
from longcode.jobs import Deliver
from longcode.message import Message
from longcode.occurrence import Occurrence
from longcode.patience import HEALED_AFTER
from longcode.table import deliveries, occurrences


def of_status(message: Message, now: datetime) -> Delivery:
    """Make what is told of a text's new state."""
    of = f"{message.id}\n{message.state}"
    return _made(message.account, HookEvent.MESSAGE_STATUS, of, webhook.status(message), now)


def again(message: Message, now: datetime) -> None:
    """Tell where a text stands, unless that was told."""
    made = of_status(message, now)
    if deliveries.tell(made):
        enqueue(made)


def leave_call(account: Account, planned: Occurrence, call: Call, now: datetime) -> None:
    """Leave a call task in the place of a text, and tell of it if the studio wants to hear of it."""
    if not delivery.wants(account, HookEvent.CALL_CREATED):
        occurrences.leave_call(planned, call, now)
        return
    made = _made(account.id, HookEvent.CALL_CREATED, call.id, webhook.call(call), now)
    if occurrences.leave_call(planned, call, now, deliveries.writing(made)):
        enqueue(made)


def enqueue(made: Delivery) -> None:
    """Put on the queue what is to be told; what is lost there the sweeper brings."""
    with queues.or_leave(account=made.account):
        job = Deliver(account=made.account, delivery_id=made.id)
        queues.put(settings().webhook_queue_url, [job], group=made.account)


def _made(account: str, event: HookEvent, of: str, data: dict[str, Any], now: datetime) -> Delivery:
    return delivery.new(account, event, of, data, now, due_at=now + HEALED_AFTER)
