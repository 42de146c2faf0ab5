"""What the worker does with a text of a broadcast that was cancelled or is paused."""

from datetime import datetime, timedelta

from longcode import patience
from longcode.message import Held, Message, State, may_become
from longcode.table import messages, sending
from longcode.table.sending import Stops

_LOOKED_AT_AGAIN = timedelta(hours=1)


def halt(message: Message, stops: Stops, now: datetime) -> bool:
    """Keep a text from going if its broadcast was cancelled or is paused; tells whether it was kept."""
    if stops.is_cancelled(message):
        messages.settle(message, State.CANCELLED, finished_at=now)
        return True
    waits = may_become(message.state, State.SENDING) and not patience.is_over(message, now)
    if not waits or not stops.is_paused(message):
        return False
    _hold(message, now)
    return True


def _hold(message: Message, now: datetime) -> None:
    """Leave a text until its broadcast is resumed, or its time is over.

    A resume that went through the texts before this one was held has missed it: it is looked for afterwards, and the
    sweeper brings on what it missed.
    """
    again = min(now + _LOOKED_AT_AGAIN, message.valid_until or now + _LOOKED_AT_AGAIN)
    if not messages.put_off(message, State.QUEUED, again, held=Held.PAUSED):
        return
    if sending.stops([message]).is_paused(message):
        return
    held = messages.get(message.account, message.id)
    if held and held.held:
        messages.put_off(held, State.QUEUED, now)
