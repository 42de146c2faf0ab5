"""What waits in an account's messages: scheduled texts for their time, and replies for an answer."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import partial

from boto3.dynamodb.conditions import Attr

from longcode.aws.at_once import at_once
from longcode.message import Direction, Message, MessageState
from longcode.messages import store as messages
from longcode.months import instant
from longcode.table import keys, slices, store
from longcode.table.writes import Attributes, key_of

MOST = 500
"""How many scheduled texts are returned at most: those that were accepted last."""

_LOOKED_AT = 500  # messages of each list, to find unanswered replies


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


def unanswered_since(account: str, replies: Collection[Message]) -> dict[str, datetime]:
    """Return, by the ids of those replies after which the account has not texted the phone, since when it waits.

    That is the time of the phone's first reply after the account's last text. At least the newest 500 texts and 500
    replies are looked at. A reply that is older than all of these texts is not returned.
    """
    with_them = Attr("phone").is_in(sorted({reply.phone for reply in replies}))
    texts, received = _texts(account), _lists(account, Direction.IN)
    chunks = at_once(
        *(
            partial(store.index_chunk, folder, before=None, after=None, where=with_them, page=_LOOKED_AT)
            for folder in (*texts, *received)
        )
    )
    reached = max(place or "" for _, place in chunks[: len(texts)])
    newest = {phone: places[-1] for phone, places in _places(chunks[: len(texts)]).items()}
    said = _places(chunks[len(texts) :])
    since = {}
    for reply in replies:
        place_of_reply = keys.folder_place(reply.created_at, reply.id)
        answered = max(newest.get(reply.phone, ""), reached)
        if answered < place_of_reply:
            first = min(each for each in (*said.get(reply.phone, ()), place_of_reply) if each > answered)
            since[reply.id] = slices.instant_of(first)
    return since


def _places(chunks: Iterable[tuple[list[Attributes], str | None]]) -> dict[str, list[str]]:
    """Return the places of entries by their phones, oldest first."""
    places = defaultdict(list)
    for entries, _ in chunks:
        for entry in entries:
            places[str(entry["phone"])].append(str(entry["folder_at"]))
    return {phone: sorted(of_phone) for phone, of_phone in places.items()}


def _texts(account: str) -> list[str]:
    """Return the lists of an account's texts."""
    return _lists(account, Direction.OUT)


def _lists(account: str, direction: Direction) -> list[str]:
    return [keys.folder(account, direction, linked=linked) for linked in (True, False)]
