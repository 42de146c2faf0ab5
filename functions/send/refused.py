"""What follows when the carrier refuses a text or reports it as not delivered: opt-outs, marks, the next attempt."""

import random
from datetime import datetime

from longcode import windows
from longcode.aws.settings import settings
from longcode.aws.telemetry import count, logger
from longcode.carriers.carrier import RefusalReason
from longcode.clients import store as clients
from longcode.message import Message
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import start_since_block
from longcode.optouts.report import report_carrier_opt_out
from longcode.usage import store as usage

_UNREACHABLE = (RefusalReason.NOT_MOBILE, RefusalReason.NO_SUCH_NUMBER)


def act_on(message: Message, reason: RefusalReason, code: str | None, at: datetime) -> None:
    """Record what a refusal says about the phone or about our account; a repeated report has no further effect.

    `at` is the time of an opt-out: one that is older than the phone's last START changes nothing.
    """
    if reason is RefusalReason.OPTED_OUT:
        report_carrier_opt_out(message, code, at)
    elif reason in _UNREACHABLE:
        clients.mark_unreachable(message.account, message.phone, message.id)
    elif reason is RefusalReason.PARKED:
        count("ParkedSends")


def count_refusal(message: Message, reason: RefusalReason) -> None:
    """Count a refusal for the alarms on the shares of refused and of filtered texts; an opt-out is none.

    One that the studio has brought about is counted as its own as well (longcode/usage/habit.py).
    """
    if reason.is_of_studio:
        usage.count_refused(message)
    if reason is not RefusalReason.OPTED_OUT:
        count("RefusedTexts")
    if reason is RefusalReason.FILTERED:
        count("FilteredTexts")


def number_after_start(message: Message, now: datetime) -> str | None:
    """Return the number that the phone texted START to, if the carrier's block of the text's number is older.

    Such a block concerns that pair alone, and is recorded as that: the phone wants texts.
    """
    number = start_since_block(optouts.phone_history(message.phone, now), message.number)
    if number:
        numbers.block_pair(message.phone, message.number, number, now)
        logger.warning("blocked by the carrier since before the phone's START", extra={"message_id": message.id})
    return number


def may_send_from(message: Message, number: str) -> bool:
    """Return whether a text may go from another number in place of its own: both are shared."""
    return {message.number, number} <= set(settings().shared_numbers)


def next_attempt(message: Message, reason: RefusalReason, now: datetime) -> datetime:
    """Return when a text is tried again, or expires if that is sooner; a parked text waits until it expires."""
    ends = windows.ends_at(message)
    jitter = random.random()  # noqa: S311 - jitter is no secret
    match reason:
        case RefusalReason.PARKED:
            return ends
        case RefusalReason.TRY_LATER:
            return min(ends, windows.retry_at_daily_cap(now, jitter))
        case _:
            return min(ends, windows.retry_at(now, message.attempt, jitter))
