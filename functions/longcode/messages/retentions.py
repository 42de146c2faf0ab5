"""Words that are past an account's days: where the walk through its messages is, and taking the words away."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from heapq import merge
from itertools import islice

from boto3.dynamodb.conditions import Attr

from longcode.message import Direction, Message
from longcode.messages import store as messages
from longcode.table import keys, store
from longcode.table.writes import PRESENT, Attributes, Update

_FIRST = "0"


def start(account: str, look_at: datetime) -> None:
    """Have somebody look for words to forget from then on."""
    changes = {"type": "retention", "account": account, **keys.due(account, look_at)}
    store.write(Update(keys.retention(account), changes=changes))


def unschedule(account: str) -> None:
    """Take an account off the due index: it keeps its messages' bodies."""
    store.write(Update(keys.retention(account), remove=("due_shard", "due_at")))


def go_back(account: str, to: datetime) -> None:
    """Have the walk begin again at an instant that it is past: a message of then has come to the account since.

    Whoever is just walking on from where it was does so in vain: it is due at another time now.
    """
    changes = {"walked": place(to), "due_at": to}
    with suppress(store.ConditionFailed):
        store.write(Update(keys.retention(account), changes=changes, when=Attr("walked").gt(place(to))))


def walk(account: str, since: str | None, before: datetime, most: int) -> tuple[list[Message], str | None]:
    """Read messages of all folders up to an instant, oldest first; and where to go on, None when these were all.

    They stand in one order whatever list they are in, so one place is enough for all lists.
    """
    beyond = keys.folder_place(before, "")
    streams = [
        store.query_index(keys.FOLDER, one, after=since or _FIRST, before=beyond, page=most)
        for one in (keys.folder(account, way, linked=linked) for way in Direction for linked in (True, False))
    ]
    places = list(islice(merge(*streams, key=_place), most + 1))
    found = store.get_many(keys.Key(one["pk"], one["sk"]) for one in places[:most])
    readable = [one for item in found.values() if (one := messages.readable(item))]
    return readable, _place(places[most]) if len(places) > most else None


def some(account: str, message_ids: Iterable[str]) -> list[Message]:
    """Read messages that were passed by because they had not gone yet."""
    found = store.get_many(keys.message(account, one) for one in message_ids)
    return [one for item in found.values() if (one := messages.readable(item))]


def place(at: datetime) -> str:
    """Give the place from which on messages are of that instant, or later."""
    return keys.folder_place(at, "")


def forget(message: Message) -> None:
    """Take a message's words away; what it was charged for stays."""
    gone = Update(
        keys.message(message.account, message.id),
        changes={"body": "", "body_expired": True},
        remove=("media",),
        when=PRESENT,
    )
    store.try_write(gone)


def _place(found: Attributes) -> str:
    return str(found["folder_at"])
