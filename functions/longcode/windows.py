"""Retry and validity windows: how long a text is tried, how long it is worth sending, how long its body is kept."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from longcode.message import Message, MessageState

SWEEP_AFTER = timedelta(minutes=2)
"""How long after a write the sweeper checks that its job was enqueued and done."""

LEASE = timedelta(seconds=60)
"""How long a worker has a claimed text for itself: longer than the carrier's time-out, shorter than the queue's
visibility time-out and the sweeper's first check.
"""

VALIDITY = timedelta(hours=4)
"""How long after its send time a text to one client is worth sending; the carrier may try for what is left of it."""

LONGEST_VALIDITY = timedelta(hours=24)
"""The same for bulk and automatic texts, which may have to wait for a morning. No text has a longer validity."""

LONGEST_AHEAD = timedelta(days=366)
"""How far ahead a text can be scheduled."""

LONGEST_RETENTION_DAYS = 1826
"""The longest time that a studio can have message bodies kept: five years, as long as opt-outs are kept."""

_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(minutes=15)
_PAUSE_AT_DAILY_CAP = timedelta(hours=1)
_RECEIPT_WINDOW = {"twilio": timedelta(minutes=15), "aws": timedelta(hours=72)}  # docs/facts.md: receipts
_LOOK_UP_INTERVAL = {"twilio": timedelta(minutes=4)}  # the carriers that list texts

_UNSENT = {
    MessageState.SCHEDULED,
    MessageState.ACCEPTED,
    MessageState.QUEUED,
    MessageState.SENDING,
    MessageState.UNCERTAIN,
}


def retry_at(now: datetime, attempt: int, jitter: float) -> datetime:
    """Return when to try again after an attempt; the first attempt is 1, `jitter` is from 0 to 1."""
    doubled: int = 1 << min(attempt - 1, 10)
    pause = min(_FIRST_PAUSE * doubled, _LONGEST_PAUSE)
    return now + pause * (0.5 + jitter / 2)


def retry_at_daily_cap(now: datetime, jitter: float) -> datetime:
    """Return when to try again after the carrier said that it takes no more texts on this day."""
    return now + _PAUSE_AT_DAILY_CAP * (0.5 + jitter / 2)


def receipt_deadline(now: datetime, carrier: str) -> datetime:
    """Return the instant until which a receipt may still resolve an uncertain send."""
    return now + _RECEIPT_WINDOW[carrier]


def next_check(now: datetime, deadline: datetime, carrier: str) -> datetime:
    """Return when the sweeper checks an uncertain send again: by its deadline, and after that every two minutes."""
    if now >= deadline:
        return now + SWEEP_AFTER
    return min(now + _LOOK_UP_INTERVAL[carrier], deadline) if carrier in _LOOK_UP_INTERVAL else deadline


def ends_at(message: Message) -> datetime:
    """Return the instant from which a text is no longer worth sending."""
    return message.valid_until or message.created_at + VALIDITY


def is_expired(message: Message, now: datetime) -> bool:
    """Return whether a text is no longer worth sending."""
    return now >= ends_at(message)


def is_quiet(message: Message, now: datetime) -> bool:
    """Return whether the recipient's quiet hours have begun since the text's send time was chosen."""
    return message.quiet_from is not None and now >= message.quiet_from


def seconds_left(message: Message, now: datetime) -> int:
    """Return for how many seconds the carrier may try to deliver a text, or 0.

    The time ends with the text's validity or when the recipient's quiet hours begin, whichever is first.
    """
    ends = [ends_at(message), *([message.quiet_from] if message.quiet_from else [])]
    return max(0, int((min(ends) - now).total_seconds()))


def is_past_retention(message: Message, days: int | None, now: datetime) -> bool:
    """Return whether a message's body is older than the account's retention; with None, bodies are kept.

    A text that may still be sent keeps its body. A scheduled text's age counts from the time it is scheduled for.
    """
    if days is None or message.state in _UNSENT:
        return False
    return now - (message.send_at or message.created_at) >= timedelta(days=days)


def hide_old_body(message: Message, days: int | None, now: datetime) -> Message:
    """Return a message as it may be shown: without a body that is past retention, even if it is not yet deleted."""
    if not is_past_retention(message, days, now):
        return message
    return replace(message, body="", media=(), body_expired=True)
