"""Broadcasts: written once, worked on by one worker at a time, paused, resumed and cancelled at any moment."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct

from longcode import jobs
from longcode.accounts.account import Account, why_silent
from longcode.aws import queues
from longcode.broadcasts.broadcast import (
    BROADCAST_LEASE,
    Broadcast,
    BroadcastState,
    BulkAction,
    broadcast_states_before,
)
from longcode.broadcasts.outcome import Outcome
from longcode.clients.client import Audience
from longcode.message import Message
from longcode.messages.store import readable
from longcode.table import keys, store
from longcode.table.writes import ABSENT, Put, Update, Write, attributes, read
from longcode.windows import HEALED_AFTER

_A_PART = 200
"""A row of what was skipped: the step, the part of it, the place in that."""

BROADCASTS = "broadcasts"
SkippedRow = tuple[int, int, int]


def page(account: str, *, limit: int, cursor: str | None) -> tuple[list[Broadcast], str | None]:
    """List broadcasts, newest first, and where the next page begins."""
    listed = keys.folder(account, BROADCASTS, linked=True)
    items, next_cursor = store.index_page(listed, limit=limit, cursor=cursor, newest_first=True)
    return [read(Broadcast, item) for item in items], next_cursor


class AlreadyThere(Exception):
    """The request came before: `first` is the broadcast that it made."""

    def __init__(self, first: Broadcast) -> None:
        super().__init__(first.id)
        self.first = first


def create(broadcast: Broadcast, audience: Audience) -> None:
    """Write a broadcast and whom it is for; raises `AlreadyThere`."""
    placed = {
        "folder": keys.folder(broadcast.account, BROADCASTS, linked=True),
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
    taken = replace(broadcast, taken_by=worker, lease_until=now + BROADCAST_LEASE, due_at=now + HEALED_AFTER)
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


def release_step(taken: Broadcast) -> None:
    """Give back a step that somebody has changed under our hands, so that the next need not wait for us."""
    ours = Attr("taken_by").eq(taken.taken_by)
    store.try_write(Update(_key(taken), remove=("lease_until",), when=ours))


def unschedule(broadcast: Broadcast) -> None:
    """Take a paused broadcast off the due index until it is resumed."""
    paused = Attr("paused").eq(True) & Attr("step").eq(broadcast.step)
    store.try_write(Update(_key(broadcast), remove=("due_shard", "due_at"), when=paused))


def pause(broadcast: Broadcast) -> bool:
    """Let nothing more of a broadcast be handed over; False when it is over."""
    going = Attr("state").is_in(broadcast_states_before(BroadcastState.CANCELLED))
    return store.try_write(Update(_key(broadcast), changes={"paused": True}, when=going))


def halt(account: str, broadcast_id: str, code: str, detail: str) -> None:
    """Pause a broadcast that is not paused, with the reason; one that is over stays as it is."""
    going = Attr("state").is_in(broadcast_states_before(BroadcastState.CANCELLED)) & Attr("paused").not_exists()
    changes = {"paused": True, "error": code, "detail": detail}
    store.try_write(Update(keys.broadcast(account, broadcast_id), changes=changes, when=going))


def resume(broadcast: Broadcast, now: datetime) -> Broadcast | None:
    """Go on with a paused broadcast, first of all with its texts that wait; None when it has changed meanwhile."""
    written = broadcast.state in (BroadcastState.SENDING, BroadcastState.DONE)
    due_at = now + HEALED_AFTER
    if broadcast.state is BroadcastState.SCHEDULED and broadcast.send_at:
        due_at = max(broadcast.send_at, due_at)
    walk = BulkAction.WAKE if written else None
    after = replace(
        broadcast, paused=False, error=None, detail=None, walk=walk, walked=None, walked_units=0, due_at=due_at
    )
    return _step(broadcast, after)


def cancel(broadcast: Broadcast, now: datetime) -> Broadcast | None:
    """End a broadcast, and then its texts that have not gone; None when it has changed meanwhile."""
    after = replace(
        broadcast,
        state=BroadcastState.CANCELLED,
        paused=False,
        walk=BulkAction.CANCEL,
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


class TextsPage(Struct, frozen=True):
    """Some texts, the units of all that stand there, and the last one's id if there may be more."""

    texts: list[Message]
    units: int
    last: str | None


def texts_page(broadcast: Broadcast, after: str | None, limit: int) -> TextsPage:
    """List the texts of a broadcast in the order of their ids, from after one."""
    start = keys.message(broadcast.account, after) if after else None
    items = list(store.query(_texts(broadcast), after=start, limit=limit))
    return TextsPage(
        texts=[one for item in items if (one := readable(item))],
        units=sum(int(item["units"]) for item in items),
        last=str(items[-1]["id"]) if len(items) == limit else None,
    )


def written_texts(broadcast: Broadcast, ids: Iterable[str]) -> dict[str, str]:
    """Tell which of these texts are written, and for which client."""
    found = store.get_many(keys.message(broadcast.account, one) for one in ids)
    return {str(item["id"]): str(item["client_id"]) for item in found.values()}


def count_texts(broadcast: Broadcast) -> Broadcast:
    """Count the texts of a broadcast that stand in the table, whoever wrote them."""
    texts = units = segments = 0
    for item in store.query(_texts(broadcast), only=("units", "segments")):
        texts, units, segments = texts + 1, units + int(item["units"]), segments + int(item["segments"])
    return replace(broadcast, texts=texts, units=units, segments=segments)


def count_states(broadcast: Broadcast) -> dict[str, int]:
    """Count the texts of a broadcast by their states."""
    counts: dict[str, int] = {}
    for item in store.query(_texts(broadcast), only=("state",)):
        counts[item["state"]] = counts.get(item["state"], 0) + 1
    return counts


def skipped_writes(taken: Broadcast, outcomes: Sequence[Outcome]) -> list[Write]:
    """Make the writes that keep who got no text of a step, and why; in parts, so that none outgrows an item."""
    groups: dict[tuple[str, str | None, str | None], list[str]] = {}
    for one in outcomes:
        groups.setdefault((one.client_id, one.code, one.detail), []).extend([one.phone] if one.phone else [])
    rows = [[*reason, phones] for reason, phones in groups.items()]
    return [
        Put(
            keys.skipped(taken.account, taken.id, (taken.step, index)),
            {"type": "skipped", "place": [taken.step, index], "rows": rows[start : start + _A_PART]},
        )
        for index, start in enumerate(range(0, len(rows), _A_PART))
    ]


def skipped_from(broadcast: Broadcast, begin: SkippedRow | None) -> Iterator[tuple[SkippedRow, Outcome]]:
    """Read who got no text and why, from a row on, each with its own."""
    step, index, first = begin or (0, 0, 0)
    start = keys.skipped(broadcast.account, broadcast.id, (step, index))
    part = [store.get(start)] if begin else []
    for item in chain(filter(None, part), store.query(_skipped(broadcast), after=start if begin else None, page=1)):
        told = [one for row in item["rows"] for one in _outcomes(*row)]
        place = tuple(item["place"])
        skip = first if place == (step, index) else 0
        for row, one in enumerate(told[skip:], start=skip):
            yield (*place, row), one


def _outcomes(client_id: str, code: str, detail: str, phones: list[str]) -> list[Outcome]:
    whole = Outcome(client_id=client_id, code=code, detail=detail)
    return [replace(whole, phone=phone) for phone in phones] or [whole]


def _skipped(broadcast: Broadcast) -> keys.Key:
    return keys.skipped(broadcast.account, broadcast.id)


def _texts(broadcast: Broadcast) -> keys.Key:
    return keys.message(broadcast.account, f"{broadcast.id}-")


def pause_silenced(account: Account, broadcast_id: str) -> bool:
    """Pause a broadcast with the reason why its account sends nothing; False when the account may send."""
    refusal = why_silent(account)
    if refusal is None:
        return False
    halt(account.id, broadcast_id, refusal.code, refusal.detail)
    return True


def enqueue_step(broadcast: Broadcast) -> None:
    """Enqueue the step of a broadcast that is at work."""
    if broadcast.due_at is None:
        return
    with queues.best_effort(broadcast_id=broadcast.id):
        queues.send(jobs.AdvanceBroadcast(account=broadcast.account, broadcast_id=broadcast.id, step=broadcast.step))
