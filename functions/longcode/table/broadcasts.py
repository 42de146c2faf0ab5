"""Broadcasts: written once, worked on by one worker at a time, paused, resumed and cancelled at any moment."""

from dataclasses import replace
from datetime import datetime

from boto3.dynamodb.conditions import Attr, ConditionBase

from longcode.audience import Audience
from longcode.broadcast import LEASE, Broadcast, State, Walk, before
from longcode.patience import HEALED_AFTER
from longcode.table import folders, keys, store
from longcode.table.codec import attributes, read
from longcode.table.writes import ABSENT, Put, Update, Write


class AlreadyThere(Exception):
    """The request came before: `first` is the broadcast that it made."""

    def __init__(self, first: Broadcast) -> None:
        super().__init__(first.id)
        self.first = first


def create(broadcast: Broadcast, audience: Audience) -> None:
    """Write a broadcast and whom it is for; raises `AlreadyThere`."""
    placed = {
        "folder": keys.folder(broadcast.account, folders.BROADCASTS, linked=True),
        "folder_at": keys.folder_place(broadcast.created_at, broadcast.id),
    }
    item = {"type": "broadcast", **attributes(broadcast), **_due(broadcast), **placed}
    whom = {"type": "audience", **attributes(audience)}
    try:
        store.transact(
            [Put(_key(broadcast), item, ABSENT), Put(keys.audience(broadcast.account, broadcast.id), whom)]
        )
    except store.ConditionFailed as failed:
        raise AlreadyThere(read(Broadcast, failed.found[0])) from failed


def get(account: str, broadcast_id: str) -> Broadcast | None:
    """Read a broadcast."""
    found = store.get(keys.broadcast(account, broadcast_id))
    return read(Broadcast, found) if found else None


def audience(broadcast: Broadcast) -> Audience:
    """Read whom a broadcast is for; raises `LookupError` when that was never written."""
    found = store.get(keys.audience(broadcast.account, broadcast.id))
    if found is None:
        raise LookupError(f"broadcast {broadcast.id} is for nobody")
    return read(Audience, found)


def take(broadcast: Broadcast, worker: str, now: datetime, *, begin: bool) -> Broadcast | None:
    """Take the step that a broadcast is at, for a while; None when another has it, or it is done.

    `begin` notes that from now on there may be texts which are not counted.
    """
    taken = replace(broadcast, taken_by=worker, lease_until=now + LEASE, due_at=now + HEALED_AFTER)
    free = Attr("lease_until").not_exists() | Attr("lease_until").lt(keys.instant(now))
    begun = Attr("begun").eq(True) if broadcast.begun else Attr("begun").not_exists()
    mark = {"begun": True} if begin else {}
    changes = {"taken_by": worker, "lease_until": taken.lease_until, **_due(taken), **mark}
    change = Update(_key(broadcast), changes=changes, when=Attr("step").eq(broadcast.step) & free & begun)
    try:
        store.write(change)
    except store.ConditionFailed as failed:
        there = failed.found[0]
        return taken if (there.get("taken_by"), there.get("step")) == (worker, broadcast.step) else None
    return taken


def commit_step(taken: Broadcast, after: Broadcast, *others: Write) -> bool:
    """Write the result of a step, with other writes, and go on to the next; return False if another has the step now.

    Only what the step changed is written: a pause that came meanwhile stays. Raise `ConditionFailed` if the condition
    of one of the other writes failed.
    """
    moved = replace(after, step=taken.step + 1, lease_until=None)
    ours = Attr("step").eq(taken.step) & Attr("taken_by").eq(taken.taken_by)
    change = _difference(replace(taken, begun=True), moved, ours)  # as `take` may have written it
    try:
        store.transact([change, *others])
    except store.ConditionFailed as failed:
        if 0 not in failed.found:
            raise
        there = failed.found[0]  # our own write, perhaps, which the SDK repeated: then there is no lease any more
        ours_again = (there.get("taken_by"), there.get("step")) == (taken.taken_by, moved.step)
        return ours_again and "lease_until" not in there
    return True


def free(taken: Broadcast) -> None:
    """Give back a step that somebody has changed under our hands, so that the next need not wait for us."""
    ours = Attr("taken_by").eq(taken.taken_by)
    store.try_write(Update(_key(taken), remove=("lease_until",), when=ours))


def unschedule(broadcast: Broadcast) -> None:
    """Take a paused broadcast off the due index until it is resumed."""
    paused = Attr("paused").eq(True) & Attr("step").eq(broadcast.step)
    store.try_write(Update(_key(broadcast), remove=("due_shard", "due_at"), when=paused))


def pause(broadcast: Broadcast) -> bool:
    """Let nothing more of a broadcast be handed over; False when it is over."""
    going = Attr("state").is_in(before(State.CANCELLED))
    return store.try_write(Update(_key(broadcast), changes={"paused": True}, when=going))


def halt(account: str, broadcast_id: str, code: str, detail: str) -> None:
    """Pause a broadcast that is not paused, with the reason; one that is over stays as it is."""
    going = Attr("state").is_in(before(State.CANCELLED)) & Attr("paused").not_exists()
    changes = {"paused": True, "error": code, "detail": detail}
    store.try_write(Update(keys.broadcast(account, broadcast_id), changes=changes, when=going))


def resume(broadcast: Broadcast, now: datetime) -> Broadcast | None:
    """Go on with a paused broadcast, first of all with its texts that wait; None when it has changed meanwhile."""
    written = broadcast.state in (State.SENDING, State.DONE)
    due_at = now + HEALED_AFTER
    if broadcast.state is State.SCHEDULED and broadcast.send_at:
        due_at = max(broadcast.send_at, due_at)
    walk = Walk.WAKE if written else None
    after = replace(
        broadcast, paused=False, error=None, detail=None, walk=walk, walked=None, walked_units=0, due_at=due_at
    )
    return _step(broadcast, after)


def cancel(broadcast: Broadcast, now: datetime) -> Broadcast | None:
    """End a broadcast, and then its texts that have not gone; None when it has changed meanwhile."""
    after = replace(
        broadcast,
        state=State.CANCELLED,
        paused=False,
        walk=Walk.CANCEL,
        walked=None,
        walked_units=0,
        due_at=now + HEALED_AFTER,
        finished_at=now,
    )
    return _step(broadcast, after)


def _step(read_as: Broadcast, after: Broadcast) -> Broadcast | None:
    moved = replace(after, step=read_as.step + 1)
    change = _difference(read_as, moved, Attr("step").eq(read_as.step))
    return moved if store.try_write(change) else None


def _difference(old: Broadcast, new: Broadcast, when: ConditionBase) -> Update:
    was, is_now = attributes(old) | _due(old), attributes(new) | _due(new)
    changes = {name: value for name, value in is_now.items() if was.get(name) != value}
    return Update(_key(old), changes=changes, remove=tuple(sorted(was.keys() - is_now.keys())), when=when)


def _key(broadcast: Broadcast) -> keys.Key:
    return keys.broadcast(broadcast.account, broadcast.id)


def _due(broadcast: Broadcast) -> dict[str, str]:
    return keys.due(broadcast.id, broadcast.due_at) if broadcast.due_at else {}
