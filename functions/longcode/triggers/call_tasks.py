"""Call tasks: the list, those that are done, and those for the clients whom a broadcast did not reach."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import reduce
from hashlib import blake2s
from operator import and_

from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.message import Instant
from longcode.table import broadcast_keys, keys, store, trigger_keys
from longcode.table.writes import PRESENT, Delete, Put, Update, Write, attributes, read
from longcode.triggers.planning import Call, Occurrence
from longcode.triggers.store import done_write

_AT_ONCE = 49  # with a webhook each: a transaction has a hundred writes at most


class CallsOfBroadcast(Struct, frozen=True, kw_only=True):
    """For which clients of a broadcast call tasks were made, each by a hash; and the last time, and by whom."""

    clients: frozenset[str] = frozenset()
    at: Instant | None = None
    by: str | None = None

    def has(self, client_id: str) -> bool:
        """Return whether a call task was made for a client."""
        return hash_of(client_id) in self.clients


def put(planned: Occurrence, call: Call, now: datetime, *others: Write) -> bool:
    """Write a call task, mark its occurrence as done and apply other writes, atomically.

    Return False if the occurrence has changed since it was read.
    """
    return store.try_write(done_write(planned, now), call_write(call), *others)


def call_write(call: Call) -> Put:
    """Return the write of a call task."""
    return Put(trigger_keys.call_task(call.account, call.id), {"type": "call", **attributes(call)})


def made(account: str, broadcast_id: str) -> CallsOfBroadcast:
    """Return for which clients of a broadcast call tasks were made."""
    item = store.get(broadcast_keys.broadcast_calls(account, broadcast_id))
    return read(CallsOfBroadcast, item) if item else CallsOfBroadcast()


def make(
    account: str,
    broadcast_id: str,
    calls: Sequence[Call],
    by: str | None,
    now: datetime,
    *,
    also: Callable[[Sequence[Call]], Sequence[Write]],
) -> list[Call]:
    """Write call tasks of a broadcast, none for a client who had one; return those that were written.

    A task that staff have done is not made again. `also` returns the writes that belong to tasks, one each at most.
    """
    written: list[Call] = []
    left = list(calls)
    while left := _without(left, made(account, broadcast_id)):
        some = left[:_AT_ONCE]
        hashes = {hash_of(call.client_id) for call in some}
        note = Update(
            broadcast_keys.broadcast_calls(account, broadcast_id),
            changes={"type": "broadcast-calls", "at": now, **({"by": by} if by else {})},
            add={"clients": hashes},
            remove=() if by else ("by",),
            when=reduce(and_, (~Attr("clients").contains(one) for one in sorted(hashes))),
        )
        if store.try_write(note, *map(call_write, some), *also(some)):
            written += some
    return written


def _without(calls: Iterable[Call], before: CallsOfBroadcast) -> list[Call]:
    return [call for call in calls if not before.has(call.client_id)]


def hash_of(client_id: str) -> str:
    """Return a short hash of a client's id, for the ids of tasks and the list of clients who have one."""
    return blake2s(client_id.encode(), digest_size=6).hexdigest()


def call_page(account: str, after: str | None, limit: int) -> list[Call]:
    """Return up to `limit` call tasks, oldest first, starting after an id."""
    start = trigger_keys.call_task(account, after) if after else None
    return [read(Call, item) for item in store.query(trigger_keys.call_task(account), after=start, limit=limit)]


def get_call(account: str, call_id: str) -> Call | None:
    """Return a call task, also one that is done, or None."""
    wanted = (trigger_keys.call_task(account, call_id), trigger_keys.done_call(account, call_id))
    return next((read(Call, item) for item in store.get_many(wanted).values()), None)


def finish_call(done: Call, at: datetime, kept: timedelta) -> bool:
    """Move a call task to those that are done, and keep it for a time; return False if it was not to be made."""
    item = {
        "type": "done_call",
        "folder": trigger_keys.done_calls(done.account),
        "folder_at": keys.folder_place(at, done.id),
        **store.expires(at + kept),
        **attributes(done),
    }
    removal = Delete(trigger_keys.call_task(done.account, done.id), PRESENT)
    return store.try_write(removal, Put(trigger_keys.done_call(done.account, done.id), item))


def done_calls(account: str, now: datetime, *, limit: int, cursor: str | None) -> tuple[list[Call], str | None]:
    """Return a page of the call tasks that are done, newest first, and the cursor of the next page."""
    items, next_cursor = store.index_page(
        trigger_keys.done_calls(account), limit=limit, cursor=cursor, newest_first=True
    )
    return [read(Call, item) for item in store.all_unexpired(items, now)], next_cursor


def delete_call(account: str, call_id: str) -> bool:
    """Delete a call task; return whether it existed."""
    return store.try_write(Delete(trigger_keys.call_task(account, call_id), PRESENT))
