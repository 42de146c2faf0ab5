"""How long a text is tried, held and waited for."""

from dataclasses import replace
from datetime import datetime, timedelta

from longcode.message import Message, MessageState

HEALED_AFTER = timedelta(minutes=2)
"""When the sweeper looks for what was written and perhaps never enqueued."""

LEASE = timedelta(seconds=60)
"""Longer than the carrier's time-out, shorter than the queue's visibility and the first look of the sweeper."""

VALID = timedelta(hours=4)
"""How long after its time a text to one client is worth sending; the carrier is told what is left of it."""

VALID_IF_HELD = timedelta(hours=24)
"""The same for bulk and automatic texts, which may have to wait for a morning."""

FURTHEST = timedelta(days=366)
"""How far ahead a text can be scheduled."""

_UNCERTAIN = {"twilio": timedelta(minutes=15), "aws": timedelta(hours=72)}  # docs/facts.md: receipts
_LOOKS = {"twilio": timedelta(minutes=4)}  # how often a carrier that can be asked is asked for an uncertain send
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(minutes=15)

LONGEST_RETENTION_DAYS = 1826
"""Five years, as long as opt-outs are kept."""

_UNSENT = {
    MessageState.SCHEDULED,
    MessageState.ACCEPTED,
    MessageState.QUEUED,
    MessageState.SENDING,
    MessageState.UNCERTAIN,
}


def retry_at(now: datetime, attempt: int, jitter: float) -> datetime:
    """Tell when to try again after the attempt with that number, from 1; `jitter` is from 0 to 1."""
    doubled: int = 1 << min(attempt - 1, 10)
    pause = min(_FIRST_PAUSE * doubled, _LONGEST_PAUSE)
    return now + pause * (0.5 + jitter / 2)


def deadline(now: datetime, carrier: str) -> datetime:
    """Tell until when a receipt may still resolve an uncertain send."""
    return now + _UNCERTAIN[carrier]


def next_look(now: datetime, deadline: datetime, carrier: str) -> datetime:
    """Tell when to look at an uncertain send again: at its deadline at the latest, and then until it is ended."""
    if now >= deadline:
        return now + HEALED_AFTER
    return min(now + _LOOKS[carrier], deadline) if carrier in _LOOKS else deadline


def ends_at(message: Message) -> datetime:
    """Tell from when on a text is no longer worth sending."""
    return message.valid_until or message.created_at + VALID


def seconds_left(message: Message, now: datetime) -> int:
    """Tell for how many seconds a text is still worth delivering, 0 when it no longer is.

    What the carrier still tries when the recipient's quiet hours begin is too late as well.
    """
    ends = [ends_at(message), *([message.quiet_from] if message.quiet_from else [])]
    return max(0, int((min(ends) - now).total_seconds()))


def is_quiet(message: Message, now: datetime) -> bool:
    """Tell whether the recipient's quiet hours have begun since the text was given its time."""
    return message.quiet_from is not None and now >= message.quiet_from


def is_over(message: Message, now: datetime) -> bool:
    """Tell whether a text is no longer worth sending."""
    return now >= ends_at(message)


def is_past_retention(message: Message, days: int | None, now: datetime) -> bool:
    """Tell whether the words of a message are past the account's days; None keeps them. What may yet go keeps its."""
    if days is None or message.state in _UNSENT:
        return False
    return now - (message.send_at or message.created_at) >= timedelta(days=days)


def hide_old_body(message: Message, days: int | None, now: datetime) -> Message:
    """Give a message as it may be shown: without its words once they are past their days, removed yet or not."""
    return (
        replace(message, body="", media=(), body_expired=True) if is_past_retention(message, days, now) else message
    )
