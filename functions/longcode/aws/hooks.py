"""Puts on its queue what a studio's hosted software is told; what is lost there the sweeper brings."""

from collections.abc import Sequence

from longcode.aws import queues
from longcode.delivery import Delivery
from longcode.jobs import Deliver


def enqueue(account: str, told: Sequence[Delivery]) -> None:
    """Have a studio's software told of what is written for it."""
    with queues.best_effort(account=account):
        queues.send(*(Deliver(account=account, delivery_id=one.id, attempt=one.attempt) for one in told))
