"""An account's texts that wait for the time that a person or its software chose."""

from datetime import datetime

from boto3.dynamodb.conditions import Attr

from longcode.message import Direction, Message, MessageState
from longcode.messages import store as messages
from longcode.months import instant
from longcode.table import keys, slices, store
from longcode.table.writes import key_of

MOST = 500
"""How many scheduled texts are returned at most: those that were accepted last."""


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
    lists = [keys.folder(account, Direction.OUT, linked=linked) for linked in (True, False)]
    chosen = Attr("send_at")
    waiting = chosen.exists() & chosen.gte(instant(begin)) & chosen.lt(instant(until))
    entries, _ = slices.read(lists, waiting, lambda found: len(found) >= MOST, since=since)
    items = store.get_many(map(key_of, entries[:MOST])).values()
    found = [message for item in items if (message := messages.try_read(item))]
    waits = [message for message in found if message.state is MessageState.SCHEDULED]
    return sorted(waits, key=place_of)
