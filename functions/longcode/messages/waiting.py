"""What waits in an account's messages: scheduled texts for their time, and replies for an answer."""

from collections.abc import Collection
from datetime import datetime
from functools import partial
from itertools import chain

from boto3.dynamodb.conditions import Attr

from longcode.aws.at_once import at_once
from longcode.message import Direction, Message, MessageState
from longcode.messages import store as messages
from longcode.months import instant
from longcode.table import keys, slices, store
from longcode.table.writes import key_of

MOST = 500
"""How many scheduled texts are returned at most: those that were accepted last."""


_ANSWERS = 500  # texts of each list that are looked at to find unanswered replies


def place(at: datetime, item_id: str) -> str:
    """Return the place of what is scheduled for a time among planned texts."""
    return keys.folder_place(at, item_id)


def place_of(text: Message) -> str:
    """Return the place of a scheduled text among planned ones, by its time."""
    return place(text.send_at or text.created_at, text.id)


def between(account: str, begin: datetime, until: datetime, *, since: datetime) -> list[Message]:
    """Return the texts that wait for an instant from `begin` on and before `until`, by that instant.

    `since` is about when the account's lists of messages began.
    """
    chosen = Attr("send_at")
    waiting = chosen.exists() & chosen.gte(instant(begin)) & chosen.lt(instant(until))
    entries, _ = slices.read(_texts(account), waiting, lambda found: len(found) >= MOST, since=since)
    items = store.get_many(map(key_of, entries[:MOST])).values()
    found = [message for item in items if (message := messages.try_read(item))]
    waits = [message for message in found if message.state is MessageState.SCHEDULED]
    return sorted(waits, key=place_of)


def unanswered(account: str, replies: Collection[Message]) -> set[str]:
    """Return the ids of the replies after which the account has not texted the phone.

    At least the newest 500 texts are looked at. A reply that is older than all of these is not returned.
    """
    to_them = Attr("phone").is_in(sorted({reply.phone for reply in replies}))
    chunks = at_once(
        *(
            partial(store.index_chunk, folder, before=None, after=None, where=to_them, page=_ANSWERS)
            for folder in _texts(account)
        )
    )
    reached = max(place or "" for _, place in chunks)
    texts = sorted(chain.from_iterable(entries for entries, _ in chunks), key=lambda entry: str(entry["folder_at"]))
    newest = {entry["phone"]: entry["folder_at"] for entry in texts}
    return {
        reply.id
        for reply in replies
        if max(newest.get(reply.phone, ""), reached) < keys.folder_place(reply.created_at, reply.id)
    }


def _texts(account: str) -> list[str]:
    """Return the lists of an account's texts."""
    return [keys.folder(account, Direction.OUT, linked=linked) for linked in (True, False)]
