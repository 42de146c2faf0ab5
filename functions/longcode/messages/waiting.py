"""What waits in an account's messages: scheduled texts for their time, and replies for an answer."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import partial

from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.aws.at_once import at_once
from longcode.message import Direction, Message, MessageState
from longcode.messages import store as messages
from longcode.months import instant
from longcode.table import keys, slices, store
from longcode.table.writes import Attributes, key_of

MOST = 500
"""How many scheduled texts are returned at most: those that were accepted last."""

_LOOKED_AT = 500  # messages of each list, to find unread and unanswered replies


class Waiting(Struct, frozen=True, kw_only=True):
    """Whether a phone has an unread reply; if not, since when its first reply after the last text waits, or None."""

    is_unread: bool = False
    since: datetime | None = None


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


def of_phones(account: str, shown: Collection[Message]) -> dict[str, Waiting]:
    """Return what waits in the conversations that these messages are of, by phone, if the phone has replied.

    A phone's newest reply decides whether it has an unread one. At least the newest 500 texts and 500 replies are
    looked at. A reply that is older than all of the texts is not returned as unanswered.
    """
    with_them = Attr("phone").is_in(sorted({message.phone for message in shown}))
    texts, received = _texts(account), _lists(account, Direction.IN)
    chunks = at_once(
        *(
            partial(store.index_chunk, folder, before=None, after=None, where=with_them, page=_LOOKED_AT)
            for folder in (*texts, *received)
        )
    )
    reached = max(place or "" for _, place in chunks[: len(texts)])
    newest_text = {phone: max(places) for phone, places in _by_phone(chunks[: len(texts)]).items()}
    replies = _by_phone(chunks[len(texts) :])
    marks = {}
    for message in shown:
        if message.direction is Direction.IN:
            key = keys.message(account, message.id)
            replies[message.phone][keys.folder_place(message.created_at, message.id)] = key
            marks[key] = {"read": message.read, "keyword": message.keyword}
    newest = {of_phone[max(of_phone)] for of_phone in replies.values()}
    marks |= store.get_many(newest - marks.keys(), only=("read", "keyword"))
    return {
        phone: _waiting(of_phone, marks, max(newest_text.get(phone, ""), reached))
        for phone, of_phone in replies.items()
    }


def _waiting(replies: dict[str, keys.Key], marks: Mapping[keys.Key, Attributes], answered: str) -> Waiting:
    """Return what waits of a phone's replies, of which those after the place `answered` have no answer."""
    newest = max(replies)
    mark = marks.get(replies[newest], {})
    if mark.get("read") is False:
        return Waiting(is_unread=True)
    waits = newest > answered and not mark.get("keyword")
    return Waiting(since=slices.instant_of(min(place for place in replies if place > answered)) if waits else None)


def _by_phone(chunks: Iterable[tuple[list[Attributes], str | None]]) -> dict[str, dict[str, keys.Key]]:
    """Return the places of entries, with the keys of their messages, by phone."""
    places: dict[str, dict[str, keys.Key]] = defaultdict(dict)
    for entries, _ in chunks:
        for entry in entries:
            places[str(entry["phone"])][str(entry["folder_at"])] = key_of(entry)
    return places


def _texts(account: str) -> list[str]:
    """Return the lists of an account's texts."""
    return _lists(account, Direction.OUT)


def _lists(account: str, direction: Direction) -> list[str]:
    return [keys.folder(account, direction, linked=linked) for linked in (True, False)]
