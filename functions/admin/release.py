"""What waits: release parked texts and numbers, count what is overdue, record what becomes of dead letters."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Annotated, Any, Literal

from msgspec import Meta

from admin.order import AccountId, ItemId, Order, PhoneNumber, ReadingOrder, Unchanged, Words
from longcode import jobs, windows
from longcode.aws import queues
from longcode.message import HoldReason, Message, MessageState
from longcode.messages import store as messages
from longcode.months import instant
from longcode.numbers import store as numbers
from longcode.table import due
from longcode.windows import SWEEP_AFTER

_FURTHEST = timedelta(days=2)  # parked texts are due when they expire, which is sooner
_OVERDUE_AFTER = timedelta(minutes=10)  # the sweeper runs every minute
_MOST_OVERDUE = 250  # that are counted of each shard


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


class CheckDue(ReadingOrder, frozen=True, kw_only=True, tag="due.check"):
    """Count what the sweeper should have done by now, and show the function's clock."""


def check_due(_order: CheckDue, now: datetime) -> dict[str, Any]:
    """Return how many items are overdue, of which types, and since when; `all` is false if there are more."""
    overdue = list(due.find(now - _OVERDUE_AFTER, _MOST_OVERDUE))
    return {
        "at": instant(now),
        "overdue": len(overdue),
        "all": len(overdue) < _MOST_OVERDUE,
        "oldest": min((str(item["due_at"]) for item in overdue), default=None),
        "kinds": Counter(str(item.get("type")) for item in overdue),
    }


class NoteDeadLetters(Order, frozen=True, kw_only=True, tag="dead_letters.note"):
    """Record that jobs which failed for good are sent back to their queue, or that one is dropped, and why.

    The command line does it, with the operator's own right to the queues; `id` is of the one job, if it is one.
    """

    done: Literal["replay", "drop"]
    queue: ItemId
    count: Annotated[int, Meta(ge=1, le=100_000)]
    id: ItemId | None = None
    kind: Words | None = None
    job_account: AccountId | None = None
    reason: Words | None = None


def note_dead_letters(order: NoteDeadLetters, _now: datetime) -> dict[str, Any]:
    """Return what is recorded: the order itself, as every order that changes something."""
    return {"noted": order.count}
