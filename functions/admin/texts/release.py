"""Release parked texts: hand them to the carrier again, once its reason is removed."""

from datetime import datetime
from itertools import islice
from typing import Annotated, Any

from msgspec import Meta

from admin.order import Order, PhoneNumber, Unchanged
from admin.waiting import FURTHEST, parked_texts
from longcode import jobs
from longcode.aws import queues
from longcode.message import Message, MessageState
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from longcode.table import due
from longcode.windows import SWEEP_AFTER


class Release(Order, frozen=True, kw_only=True, tag="texts.release"):
    """Release parked texts: all, or the first `at_most`; with `number`, only those from that one of our numbers.

    A dry run only counts them.
    """

    number: PhoneNumber | None = None
    at_most: Annotated[int, Meta(ge=0, le=1_000_000_000)] | None = None
    dry_run: bool = False


def release(order: Release, now: datetime) -> dict[str, Any]:
    """Queue parked texts in the order in which they expire, and return how many; a second order queues none again.

    New texts go from the released numbers again, whatever `at_most` says.
    """
    texts = islice(parked_texts(due.find_until(now + FURTHEST), order.number, now), order.at_most)
    if order.dry_run:
        return Unchanged(released=sum(1 for _ in texts))
    parked = [order.number] if order.number else [each.number for each in numbers.all_parked()]
    released_numbers = [number for number in parked if numbers.release(number, now)]
    released = sum(_release_one(message, now) for message in texts)
    return {"released": released} if released or released_numbers else Unchanged(released=0)


def _release_one(message: Message, now: datetime) -> bool:
    # The new due time is written first, so that the sweeper finds a text whose job is lost.
    if not messages.reschedule(message, MessageState.QUEUED, now + SWEEP_AFTER):
        return False
    queues.send(jobs.for_message(message))
    return True
