"""Puts the step that a broadcast is at on the queue; if that fails, the sweeper does."""

from longcode import jobs
from longcode.aws import queues
from longcode.broadcast import Broadcast


def enqueue(broadcast: Broadcast) -> None:
    """Enqueue the step of a broadcast that is at work."""
    if broadcast.due_at is None:
        return
    with queues.best_effort(broadcast_id=broadcast.id):
        queues.send(jobs.Broadcast(account=broadcast.account, broadcast_id=broadcast.id, step=broadcast.step))
