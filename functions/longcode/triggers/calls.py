"""The call tasks for the clients whom a broadcast did not reach: each client gets one at most."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import reduce
from hashlib import blake2s
from operator import and_

from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.message import Instant
from longcode.table import broadcast_keys, keys, store
from longcode.table.writes import Put, Update, attributes, read
from longcode.triggers.planning import Call

_AT_ONCE = 50  # a transaction has a hundred writes at most, and an expression a limited length


class CallsOfBroadcast(Struct, frozen=True, kw_only=True):
    """For which clients of a broadcast call tasks were made, each by a hash; and the last time, and by whom."""

    clients: frozenset[str] = frozenset()
    at: Instant | None = None
    by: str | None = None

    def has(self, client_id: str) -> bool:
        """Return whether a call task was made for a client."""
        return hash_of(client_id) in self.clients


def made(account: str, broadcast_id: str) -> CallsOfBroadcast:
    """Return for which clients of a broadcast call tasks were made."""
    item = store.get(broadcast_keys.broadcast_calls(account, broadcast_id))
    return read(CallsOfBroadcast, item) if item else CallsOfBroadcast()


def make(account: str, broadcast_id: str, calls: Sequence[Call], by: str | None, now: datetime) -> int:
    """Write call tasks of a broadcast, none for a client who had one; return how many were written.

    A task that staff have done is not made again.
    """
    written = 0
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
        tasks = [Put(keys.call_task(account, call.id), {"type": "call", **attributes(call)}) for call in some]
        if store.try_write(note, *tasks):
            written += len(some)
    return written


def _without(calls: Iterable[Call], before: CallsOfBroadcast) -> list[Call]:
    return [call for call in calls if not before.has(call.client_id)]


def hash_of(client_id: str) -> str:
    """Return a short hash of a client's id, for the ids of tasks and the list of clients who have one."""
    return blake2s(client_id.encode(), digest_size=6).hexdigest()
