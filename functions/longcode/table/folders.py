"""The folders of the Messages hub: sent, inbox, what is tied to no client (facts S34–S38); and broadcasts."""

from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice, takewhile

from longcode.broadcast import Broadcast
from longcode.message import Direction, Message
from longcode.table import keys, messages, store
from longcode.table.codec import Attributes, read

BROADCASTS = "broadcasts"
_BEYOND = "~"
_MANY = 1000
_LISTS = {
    "sent": [(Direction.OUT, True), (Direction.OUT, False)],
    "inbox": [(Direction.IN, True), (Direction.IN, False)],
    "unlinked": [(Direction.OUT, False), (Direction.IN, False)],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Messages, newest first, and where the next page begins."""

    messages: list[Message]
    next_cursor: str | None


def page(account: str, name: str, *, limit: int, cursor: str | None, client: str | None, phone: str | None) -> Page:
    """List a folder, newest first; `client` and `phone` narrow it."""
    lists = [keys.folder(account, direction, linked=linked) for direction, linked in _LISTS[name]]
    streams = [
        store.query_index(keys.FOLDER, one, before=cursor or _BEYOND, page=limit + 1, newest_first=True)
        for one in lists
    ]
    wanted = (
        found
        for found in merge(*streams, key=_place, reverse=True)
        if (client is None or found.get("client_id") == client) and (phone is None or found["phone"] == phone)
    )
    places = list(islice(wanted, limit + 1))
    return Page(
        messages=_messages(places[:limit]),
        next_cursor=_place(places[limit - 1]) if len(places) > limit else None,
    )


def broadcasts(account: str, *, limit: int, cursor: str | None) -> tuple[list[Broadcast], str | None]:
    """List broadcasts, newest first, and where the next page begins."""
    listed = keys.folder(account, BROADCASTS, linked=True)
    found = store.query_index(keys.FOLDER, listed, before=cursor or _BEYOND, page=limit + 1, newest_first=True)
    places = list(islice(found, limit + 1))
    wanted = [keys.Key(place["pk"], place["sk"]) for place in places[:limit]]
    items = store.get_many(wanted) if wanted else {}
    next_cursor = _place(places[limit - 1]) if len(places) > limit else None
    return [read(Broadcast, items[key]) for key in wanted if key in items], next_cursor


def sent_to(phone: str, account: str, since: datetime, until: datetime) -> list[Message]:
    """List an account's texts to a phone that were accepted in a stretch of time."""
    first, beyond = keys.folder_place(since, ""), keys.folder_place(until, _BEYOND)
    places: list[Attributes] = []
    for one in (keys.folder(account, direction, linked=linked) for direction, linked in _LISTS["sent"]):
        newest_first = store.query_index(keys.FOLDER, one, before=beyond, page=_MANY, newest_first=True)
        accepted_since = takewhile(lambda found: _place(found) >= first, newest_first)
        places += [found for found in accepted_since if found["phone"] == phone]
    return _messages(places)


def _place(found: Attributes) -> str:
    return str(found["folder_at"])


def _messages(places: list[Attributes]) -> list[Message]:
    wanted = [keys.Key(place["pk"], place["sk"]) for place in places]
    found = store.get_many(wanted)
    return [message for key in wanted if (message := messages.readable(found.get(key)))]
