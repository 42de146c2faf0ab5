"""Lets parked texts go on, once what the carrier held against us is put right; invoked by the operator."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from longcode import jobs, patience
from longcode.aws import clock, queues
from longcode.aws.telemetry import logger
from longcode.message import Held, Message, State
from longcode.patience import HEALED_AFTER
from longcode.table import due, messages

_FURTHEST = timedelta(days=2)  # no text that was tried once is worth sending for longer


def release(now: datetime, at_most: int | None = None) -> int:
    """Enqueue texts that are parked, the first to expire first; gives how many. Repeated, it does nothing twice."""
    return sum(_let_go(message, now) for message in islice(_parked(now), at_most))


def _parked(now: datetime) -> Iterator[Message]:
    for item in due.ahead(now + _FURTHEST):
        if item.get("held") == Held.PARKED:
            message = messages.readable(item)
            if message and not patience.is_over(message, now):
                yield message


def _let_go(message: Message, now: datetime) -> bool:
    # Their job is only found again by the sweeper if the next time is written first.
    if not messages.put_off(message, State.QUEUED, now + HEALED_AFTER):
        return False
    queues.send(jobs.for_message(message))
    return True


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    return {"released": release(clock.now(), event.get("at_most"))}
