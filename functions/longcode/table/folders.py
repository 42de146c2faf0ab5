"""The folders of the Messages hub: sent, inbox, what is tied to no client (facts S34–S38); and broadcasts."""

from collections.abc import Callable, Iterator
from datetime import datetime
from heapq import merge
from itertools import groupby, islice, takewhile

from msgspec import Struct

from longcode.broadcast import Broadcast
from longcode.message import Direction, Message
from longcode.search import Search, matches, may_match
from longcode.table import keys, messages, store
from longcode.table.codec import Attributes, read

BROADCASTS = "broadcasts"
CURSOR = keys.FOLDER_PLACE
READ, PASSED_BY = 2000, 10_000
"""At how many messages a page looks at most, if it must read them, and if the index tells which to pass by.

Either takes about a second: so a page answers in time, however many messages there are.
"""

_A_READ, _A_SEARCH = 100, 500
_MANY = 1000
_LISTS = {
    "sent": [(Direction.OUT, True), (Direction.OUT, False)],
    "inbox": [(Direction.IN, True), (Direction.IN, False)],
    "unlinked": [(Direction.OUT, False), (Direction.IN, False)],
    "all": [(direction, linked) for direction in Direction for linked in (True, False)],
}


class Page(Struct, frozen=True, kw_only=True):
    """Messages, newest first, and where the next page begins; it may be short, or empty, and not the last."""

    messages: list[Message]
    next_cursor: str | None


def page(
    account: str,
    name: str,
    *,
    limit: int,
    cursor: str | None = None,
    search: Search | None = None,
    look_at: int | None = None,
    show: Callable[[Message], Message] = lambda message: message,
) -> Page:
    """List a folder, newest first, or what of its next `look_at` messages is looked for, as `show` gives them."""
    wanted = search or Search()
    most = look_at or (READ if wanted.reads else PASSED_BY)
    entries = _entries(account, name, cursor, _A_SEARCH if search else limit + 1)
    found: list[Message] = []
    place = last = None
    for looked, (place, message) in enumerate(_looked_at(entries, wanted, _A_READ if search else limit + 1, show), 1):
        if message and len(found) == limit:
            return Page(messages=found, next_cursor=last)
        if message:
            found.append(message)
            last = place
        if looked == most:
            return Page(messages=found, next_cursor=place)
    return Page(messages=found, next_cursor=None)


def _entries(account: str, name: str, cursor: str | None, a_call: int) -> Iterator[Attributes]:
    """Read the index of a folder, newest first. While a message is moved, two of its lists may have it."""
    streams = [
        store.query_index(keys.FOLDER, one, before=cursor, page=a_call, newest_first=True)
        for one in (keys.folder(account, direction, linked=linked) for direction, linked in _LISTS[name])
    ]
    return (next(same) for _, same in groupby(merge(*streams, key=_place, reverse=True), _place))


def _looked_at(
    entries: Iterator[Attributes], wanted: Search, chunk: int, show: Callable[[Message], Message]
) -> Iterator[tuple[str, Message | None]]:
    """Give each place, and the message there if it is looked for; messages are read many at a time."""
    while some := list(islice(entries, chunk)):
        worth = [one for one in some if may_match(wanted, one.get("client_id"), one["phone"])]
        read_now = map(show, _messages(worth))
        there = {keys.folder_place(one.created_at, one.id): one for one in read_now if matches(wanted, one)}
        yield from ((_place(one), there.get(_place(one))) for one in some)


def broadcasts(account: str, *, limit: int, cursor: str | None) -> tuple[list[Broadcast], str | None]:
    """List broadcasts, newest first, and where the next page begins."""
    listed = keys.folder(account, BROADCASTS, linked=True)
    items, next_cursor = store.index_page(listed, limit=limit, cursor=cursor, newest_first=True)
    return [read(Broadcast, item) for item in items], next_cursor


def sent_to(phone: str, account: str, since: datetime, until: datetime) -> list[Message]:
    """List an account's texts to a phone that were accepted in a stretch of time."""
    first, beyond = keys.folder_place(since, ""), keys.folder_place(until, keys.END)
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
