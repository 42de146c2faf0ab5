"""What waits: parked texts and numbers, and overdue items; and the note of what becomes of dead letters."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from admin.order import AccountId, ItemId, Order, PhoneNumber, ReadingOrder, Words
from longcode import windows
from longcode.aws.settings import settings
from longcode.carriers.refusals import meaning_of, meaning_of_error
from longcode.message import HoldReason, Message, MessageState
from longcode.messages import store as messages
from longcode.months import instant
from longcode.numbers import store as numbers
from longcode.table import due
from longcode.table.writes import Attributes

FURTHEST = timedelta(days=2)  # parked texts are due when they expire, which is sooner


class CountParked(ReadingOrder, frozen=True, kw_only=True, tag="texts.count_parked"):
    """Count the parked texts by number, account and reason; with `number`, only those from that one of our numbers.

    At most `look_at` of the items that wait are looked at.
    """

    number: PhoneNumber | None = None
    look_at: Annotated[int, Meta(ge=1, le=1_000_000)] = 20_000


class ListOverdue(ReadingOrder, frozen=True, kw_only=True, tag="due.list_overdue"):
    """List the items that the sweeper should have acted on `minutes` ago, at most `limit` of each shard."""

    minutes: Annotated[int, Meta(ge=1, le=1440)] = 5
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


def count_parked(order: CountParked, now: datetime) -> dict[str, Any]:
    """Return the groups of parked texts, by when they expire, and whether everything that waits was looked at.

    Of what was looked at, `unanswered` counts the texts about which the carrier gave no answer, and `tried_again`
    those that it has not taken yet: the service goes on with both by itself.
    """
    numbers_parked = {one.number: one for one in numbers.all_parked()}
    looked_at = list(islice(due.find_until(now + FURTHEST), order.look_at))
    groups: defaultdict[tuple[str, str, str], list[Message]] = defaultdict(list)
    for text in parked_texts(looked_at, order.number, now):
        held_with = numbers_parked.get(text.number)
        code = text.error or (f"{settings().carrier}:{held_with.code}" if held_with else "")
        groups[text.number, text.account, code].append(text)
    items = [_group(number, account, code, texts) for (number, account, code), texts in groups.items()]
    return {
        "items": sorted(items, key=lambda item: str(item["first_expires_at"])),
        "numbers": [
            {**msgspec.to_builtins(one), "reason": meaning_of(settings().carrier, one.code).words}
            for one in numbers_parked.values()
            if order.number in (None, one.number)
        ],
        "unanswered": sum(item.get("state") == MessageState.UNCERTAIN for item in looked_at),
        "tried_again": sum(map(_is_tried_again, looked_at)),
        "complete": len(looked_at) < order.look_at,
    }


def _is_tried_again(item: Attributes) -> bool:
    """Return whether an item is a text that the carrier has refused for now; the error is its code."""
    is_queued = item.get("state") == MessageState.QUEUED and not item.get("held")
    return is_queued and ":" in str(item.get("error", ""))


def _group(number: str, account: str, code: str, texts: list[Message]) -> dict[str, Any]:
    return {
        "number": number,
        "account": account,
        "code": code,
        "reason": meaning_of_error(code).words,
        "texts": len(texts),
        "oldest_at": instant(min(text.created_at for text in texts)),
        "first_expires_at": instant(min(windows.ends_at(text) for text in texts)),
    }


def list_overdue(order: ListOverdue, now: datetime) -> dict[str, Any]:
    """Return overdue items, the one that waits longest first; `complete` is false if a shard has more.

    `at` is the function's clock.
    """
    until = now - timedelta(minutes=order.minutes)
    found = list(due.find(until, order.limit))
    shards = [item["due_shard"] for item in found]
    return {
        "at": instant(now),
        "items": [_overdue(item, now) for item in sorted(found, key=lambda item: str(item["due_at"]))],
        "complete": all(shards.count(shard) < order.limit for shard in set(shards)),
    }


def _overdue(item: Attributes, now: datetime) -> dict[str, Any]:
    """Return what tells an overdue item from others: neither a phone nor words."""
    names = ("type", "account", "id", "month", "kind", "state", "held", "attempt", "error")
    late = now - datetime.fromisoformat(item["due_at"])
    return {
        **{name: _plain(item[name]) for name in names if item.get(name) is not None},
        "due_at": item["due_at"],
        "overdue_seconds": int(late.total_seconds()),
        "readable": item.get("type") != "message" or messages.try_read(item) is not None,
    }


def _plain(value: object) -> object:
    return value if isinstance(value, str | int) else str(value)


def parked_texts(items: Iterable[Attributes], number: str | None, now: datetime) -> Iterator[Message]:
    """Yield the parked texts among items, of all numbers or of one, that are still worth sending."""
    for item in items:
        if item.get("held") == HoldReason.PARKED and number in (None, item.get("number")):
            message = messages.try_read(item)
            if message and not windows.is_expired(message, now):
                yield message


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
