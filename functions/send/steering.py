"""Pause, resume and cancel a broadcast, at whatever it is just now."""

from datetime import datetime

from longcode.account import check_may_send
from longcode.broadcast import Broadcast, State, may_become
from longcode.errors import NotFound, TooLate
from longcode.table import accounts, broadcasts
from send import steps


def need(account: str, broadcast_id: str) -> Broadcast:
    """Read a broadcast that must be there; raises `NotFound`."""
    found = broadcasts.get(account, broadcast_id)
    if found is None:
        raise NotFound(f"There is no broadcast {broadcast_id!r}.")
    return found


def pause(account: str, broadcast_id: str) -> None:
    """Let nothing more of a broadcast be handed over; raises `NotFound` or `TooLate`."""
    if not broadcasts.pause(need(account, broadcast_id)):
        _check_going(need(account, broadcast_id))


def resume(account: str, broadcast_id: str, now: datetime) -> None:
    """Let a paused broadcast go on; raises `NotFound`, or why its account may not send."""
    need(account, broadcast_id)
    check_may_send(accounts.need(account))
    while (found := need(account, broadcast_id)).paused:
        if resumed := broadcasts.resume(found, now):
            steps.enqueue(resumed)
            return


def cancel(account: str, broadcast_id: str, now: datetime) -> None:
    """End what has not gone of a broadcast; raises `NotFound` or `TooLate`."""
    while (found := need(account, broadcast_id)).state is not State.CANCELLED:
        _check_going(found)
        if cancelled := broadcasts.cancel(found, now):
            steps.enqueue(cancelled)
            return


def _check_going(found: Broadcast) -> None:
    if not may_become(found.state, State.CANCELLED):
        raise TooLate(f"The broadcast is {found.state}: nothing of it is to go.", field="id")
