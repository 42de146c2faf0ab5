"""What the worker does with a text of a cancelled or paused broadcast, or to somebody who perhaps said STOP.

A broadcast whose account was suspended or closed is paused by the first of its texts.
"""

from datetime import datetime, timedelta

from longcode import patience
from longcode.message import Held, Message, State, may_become
from longcode.table import messages, sending
from longcode.table.sending import Stops

_LOOKED_AT_AGAIN = timedelta(hours=1)


def halt(message: Message, stops: Stops, now: datetime) -> bool:
    """Keep a text from going if its broadcast was cancelled, or if it has to wait; tells whether it was kept."""
    if stops.is_cancelled(message):
        messages.settle(message, State.CANCELLED, finished_at=now)
        return True
    why = stops.waits(message)
    over = stops.refusal(message) or patience.is_over(message, now)
    if why is None or over or not may_become(message.state, State.SENDING):
        return False
    if stops.pauses(message) and message.broadcast:
        _pause(message.account, message.broadcast)
    _hold(message, why, now)
    return True


def _pause(account: str, broadcast_id: str) -> None:
    from longcode.table import accounts  # noqa: PLC0415 - few accounts are suspended
    from send import silencing  # noqa: PLC0415 - the same

    silencing.pause(accounts.need(account), broadcast_id)


def _hold(message: Message, why: Held, now: datetime) -> None:
    """Leave a text until its broadcast is resumed, or its recipient's question answered, or its time is over.

    Whoever went through the texts then, before this one was held, has missed it: they are looked for afterwards, and
    the sweeper brings on what it missed.
    """
    again = min(now + _LOOKED_AT_AGAIN, message.valid_until or now + _LOOKED_AT_AGAIN)
    if not messages.put_off(message, State.QUEUED, again, held=why):
        return
    if sending.stops([message]).waits(message):
        return
    held = messages.get(message.account, message.id)
    if held and held.held:
        messages.put_off(held, State.QUEUED, now)
