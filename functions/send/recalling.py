"""A step of a broadcast: go through its texts, to end them after a cancel or to wake them after a pause."""

from dataclasses import replace
from datetime import datetime

from longcode import jobs
from longcode.aws import queues
from longcode.broadcast import Broadcast
from longcode.broadcast import State as BroadcastState
from longcode.message import Held, State
from longcode.patience import HEALED_AFTER
from longcode.table import allowances, broadcast_texts, broadcasts, messages

_A_STEP = 500


def cancel(taken: Broadcast, now: datetime) -> bool:
    """End the next texts that have not gone. After the last, what the broadcast reserved and never used is free."""
    page = broadcast_texts.page(taken, taken.walked, _A_STEP)
    messages.cancel_all(page.texts, now)
    units = taken.walked_units + page.units
    if page.last:
        return broadcasts.commit_step(taken, _further(taken, page.last, units, now))
    kept = units if taken.reserved_in else 0
    done = replace(taken, walk=None, walked=None, walked_units=0, reserved=kept, due_at=None)
    left = allowances.giving_back(taken.account, taken.reserved_in, taken.reserved_of, taken.reserved - kept)
    return broadcasts.commit_step(taken, done, *left)


def wake(taken: Broadcast, now: datetime) -> bool:
    """Put the next texts that a pause holds back on their queue."""
    page = broadcast_texts.page(taken, taken.walked, _A_STEP)
    held = [one for one in page.texts if one.held is Held.PAUSED]
    woken = [one for one in held if messages.put_off(one, State.QUEUED, now + HEALED_AFTER)]
    queues.send(*map(jobs.for_message, woken))
    if page.last:
        return broadcasts.commit_step(taken, _further(taken, page.last, 0, now))
    goes_on = now + HEALED_AFTER if taken.state is BroadcastState.SENDING else None
    return broadcasts.commit_step(taken, replace(taken, walk=None, walked=None, due_at=goes_on))


def _further(taken: Broadcast, last: str, units: int, now: datetime) -> Broadcast:
    return replace(taken, walked=last, walked_units=units, due_at=now + HEALED_AFTER)
