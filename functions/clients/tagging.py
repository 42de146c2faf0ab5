"""Add a tag to many clients, or remove it, in calls of some seconds."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from time import monotonic

from msgspec import Struct

from longcode.changes import store as changes
from longcode.changes.change import Actor, ChangeKind, Detail, short
from longcode.clients import store as clients
from longcode.clients.client import Client
from longcode.clients.permission import Writer
from longcode.clients.search import Wanted, find_all

SECONDS = 5.0
_AT_ONCE = 8
_CLIENTS_IN_A_STEP = 100


class TagChange(Struct, frozen=True, kw_only=True):
    """A tag that is added or removed, who does it, and the clients: those of the ids, or without ids all wanted."""

    tag: str
    adds: bool
    writer: Writer
    client_ids: tuple[str, ...] = ()
    wanted: Wanted = Wanted()


class Tagged(Struct, frozen=True, kw_only=True):
    """What a call has done: how many clients it looked at and changed, and how many have too many tags already.

    `cursor` is the last client, after which the next call goes on; None if all are done.
    """

    looked_at: int = 0
    changed: int = 0
    full: int = 0
    cursor: str | None = None


def change_tags(
    account: str, change: TagChange, most: int, now: datetime, *, after: str | None = None, seconds: float = SECONDS
) -> Tagged:
    """Change the tags of clients after an id, for up to `seconds`; a client has at most `most` tags."""
    end = monotonic() + seconds
    looked_at = changed = full = 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        chosen = _chosen(account, change, after)
        while some := list(islice(chosen, _CLIENTS_IN_A_STEP)):
            written = list(pool.map(lambda client: _change(client, change, most, now), some))
            looked_at, changed = looked_at + len(some), changed + written.count(True)
            full += written.count(None)
            if monotonic() >= end and len(some) == _CLIENTS_IN_A_STEP:
                return Tagged(looked_at=looked_at, changed=changed, full=full, cursor=some[-1].id)
    return Tagged(looked_at=looked_at, changed=changed, full=full)


def change_recorded(
    account: str, change: TagChange, most: int, now: datetime, by: Actor, *, after: str | None = None
) -> Tagged:
    """Change tags as `change_tags` does, and record each call that changes some."""
    done = [Detail("done", after="added" if change.adds else "removed")]
    return changes.around(
        changes.draft(account, ChangeKind.TAGS, now, by, about=change.tag, details=done),
        lambda: change_tags(account, change, most, now, after=after),
        lambda tagged: [Detail("clients", after=short(tagged.changed))] if tagged.changed else None,
    )


def _chosen(account: str, change: TagChange, after: str | None) -> Iterator[Client]:
    if not change.client_ids:
        return find_all(account, change.wanted, after)
    return _existing(account, sorted(one for one in change.client_ids if after is None or one > after))


def _existing(account: str, client_ids: Iterable[str]) -> Iterator[Client]:
    return (found for client_id in client_ids if (found := clients.get(account, client_id)))


def _change(client: Client, change: TagChange, most: int, now: datetime) -> bool | None:
    """Return whether a client was changed, None if it has no room for the tag."""
    if not change.adds:
        return clients.change_tags(
            client, lambda tags: tuple(tag for tag in tags if tag != change.tag), change.writer, now
        )
    if change.tag not in client.tags and len(client.tags) >= most:
        return None

    def with_tag(tags: tuple[str, ...]) -> tuple[str, ...]:
        return tags if change.tag in tags else (*tags, change.tag)[:most]

    return clients.change_tags(client, with_tag, change.writer, now)
