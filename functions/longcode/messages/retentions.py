"""The retention purge in the table: the progress for each account, and the deletion of old message bodies."""

from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from heapq import merge
from itertools import islice, pairwise

from boto3.dynamodb.conditions import Attr

from longcode.aws.at_once import at_once
from longcode.message import Direction, Message
from longcode.messages import store as messages
from longcode.table import keys, store
from longcode.table.writes import PRESENT, Attributes, Update

_FIRST = "0"  # sorts before every place
_SLICES = 4


def start(account: str, due_at: datetime) -> None:
    """Put an account on the due index: its messages are purged from then on."""
    changes = {"type": "retention", "account": account, **keys.due(account, due_at)}
    store.write(Update(keys.retention(account), changes=changes))


def unschedule(account: str) -> None:
    """Take an account off the due index: it keeps its messages' bodies."""
    store.write(Update(keys.retention(account), remove=("due_shard", "due_at")))


def restart_from(account: str, at: datetime) -> None:
    """Move an account's purge back to an instant, if it has passed it: the account has got a message of that time.

    The write changes `due_at`, so that a purge which is under way cannot record its own progress over this.
    """
    changes = {"walked": place(at), "due_at": at}
    with suppress(store.ConditionFailed):
        store.write(Update(keys.retention(account), changes=changes, when=Attr("walked").gt(place(at))))


def messages_before(
    account: str, since: str | None, before: datetime, limit: int
) -> tuple[list[Message], str | None]:
    """Return up to `limit` messages from the place `since` to an instant, oldest first, and where to continue.

    That is the place of the next message, or None if there is none. All lists of an account are in the same order of
    time, so one place serves for all of them.
    """
    beyond = place(before)
    lists = [
        store.query_index(keys.FOLDER, folder, after=since or _FIRST, before=beyond, page=limit)
        for folder in (
            keys.folder(account, direction, linked=linked) for direction in Direction for linked in (True, False)
        )
    ]
    entries = list(islice(merge(*lists, key=_place_of_entry), limit + 1))
    items = store.get_many(keys.Key(entry["pk"], entry["sk"]) for entry in entries[:limit])
    readable = [message for item in items.values() if (message := messages.try_read(item))]
    return readable, _place_of_entry(entries[limit]) if len(entries) > limit else None


def begins_of_parts(account: str, begun: datetime, before: datetime, size: int) -> list[tuple[str, int]]:
    """Return the parts of an account's messages of `size` each, oldest first: where each begins, and its length.

    `begun` is about when the messages begin: the lists are read in slices of the time since then, at the same time.
    """
    names = [keys.folder(account, direction, linked=linked) for direction in Direction for linked in (True, False)]
    step = max(before - begun, timedelta()) / _SLICES
    ends = [_FIRST, *(place(before - step * slices_left) for slices_left in reversed(range(_SLICES)))]
    lists = at_once(*(partial(_places, name, *bounds) for bounds in pairwise(ends) for name in names))
    places = list(merge(*lists))
    return [(places[first], min(size, len(places) - first)) for first in range(0, len(places), size)]


def _places(folder: str, after: str, before: str) -> list[str]:
    entries = store.query_index(keys.FOLDER, folder, after=after, before=before, page=None, only=["folder_at"])
    return list(map(_place_of_entry, entries))


def place(at: datetime) -> str:
    """Return the place in a list before all messages of an instant."""
    return keys.folder_place(at, "")


def purge(message: Message) -> None:
    """Delete a message's body and pictures; what was charged for it stays."""
    purged = Update(
        keys.message(message.account, message.id),
        changes={"body": "", "body_expired": True},
        remove=("media",),
        when=PRESENT,
    )
    store.try_write(purged)


def _place_of_entry(entry: Attributes) -> str:
    return str(entry["folder_at"])
