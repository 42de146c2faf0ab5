"""How long a message's words are kept: an account may have them forgotten before the message itself."""

from dataclasses import replace
from datetime import datetime, timedelta

from longcode.message import Message, State

LONGEST_DAYS = 1826
"""Five years, as long as opt-outs are kept."""

_UNSENT = {State.SCHEDULED, State.ACCEPTED, State.QUEUED, State.SENDING, State.UNCERTAIN}


def is_over(message: Message, days: int | None, now: datetime) -> bool:
    """Tell whether the words of a message are past the account's days; None keeps them. What may yet go keeps its."""
    if days is None or message.state in _UNSENT:
        return False
    return now - (message.send_at or message.created_at) >= timedelta(days=days)


def hide(message: Message, days: int | None, now: datetime) -> Message:
    """Give a message as it may be shown: without its words once they are past their days, removed yet or not."""
    return replace(message, body="", media=(), body_expired=True) if is_over(message, days, now) else message
