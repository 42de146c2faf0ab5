"""Release parked texts and numbers, once the operator has removed the reason of the carrier's refusals."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Annotated, Any

from msgspec import Meta

from admin.order import Order, PhoneNumber, Unchanged
from longcode import jobs, windows
from longcode.aws import queues
from longcode.message import HoldReason, Message, MessageState
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from longcode.table import due
from longcode.windows import SWEEP_AFTER

_FURTHEST = timedelta(days=2)  # parked texts are due when they expire, which is sooner


class Release(Order, frozen=True, kw_only=True, tag="texts.release"):
    """Release parked texts: all, or the first `at_most`; with `number`, only those from that one of our numbers."""

    number: PhoneNumber | None = None
    at_most: Annotated[int, Meta(ge=0, le=1_000_000_000)] | None = None


def release(order: Release, now: datetime) -> dict[str, Any]:
    """Queue parked texts in the order in which they expire, and return how many; a second order queues none again.

    New texts go from the released numbers again, whatever `at_most` says.
    """
    parked = [order.number] if order.number else [each.number for each in numbers.all_parked()]
    released_numbers = [number for number in parked if numbers.release(number, now)]
    parked_texts = islice(_parked_texts(order.number, now), order.at_most)
    released = sum(_release_one(message, now) for message in parked_texts)
    return {"released": released} if released or released_numbers else Unchanged(released=0)


def _parked_texts(number: str | None, now: datetime) -> Iterator[Message]:
    for item in due.find_until(now + _FURTHEST):
        if item.get("held") == HoldReason.PARKED and number in (None, item.get("number")):
            message = messages.try_read(item)
            if message and not windows.is_expired(message, now):
                yield message


def _release_one(message: Message, now: datetime) -> bool:
    # The new due time is written first, so that the sweeper finds a text whose job is lost.
    if not messages.reschedule(message, MessageState.QUEUED, now + SWEEP_AFTER):
        return False
    queues.send(jobs.for_message(message))
    return True
