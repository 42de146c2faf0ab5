"""The folders of the Messages hub: sent, inbox, what is tied to no client (facts S34–S38); and broadcasts."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import merge
from itertools import groupby, islice, takewhile
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct

from longcode.message import Direction, Message, Reference
from longcode.messages import store as messages
from longcode.table import keys, store
from longcode.table.writes import PRESENT, Attributes, Update, attributes, read

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


class FolderPage(Struct, frozen=True, kw_only=True):
    """Messages, newest first, and where the next page begins; it may be short, or empty, and not the last."""

    messages: list[Message]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for; a message must have all that is named. `words` may stand anywhere in its text."""

    client_id: str | None = None
    phone: str | None = None
    record: Reference | None = None
    words: str | None = None

    @property
    def reads(self) -> bool:
        """Tell whether a message must be read to know: an index has neither its words nor its record."""
        return self.record is not None or self.words is not None


def page(
    account: str,
    name: str,
    *,
    limit: int,
    cursor: str | None = None,
    search: Search | None = None,
    look_at: int | None = None,
    show: Callable[[Message], Message] = lambda message: message,
) -> FolderPage:
    """List a folder, newest first, or what of its next `look_at` messages is looked for, as `show` gives them."""
    wanted = search or Search()
    most = look_at or (READ if wanted.reads else PASSED_BY)
    entries = _entries(account, name, cursor, _A_SEARCH if search else limit + 1)
    found: list[Message] = []
    place = last = None
    for looked, (place, message) in enumerate(_looked_at(entries, wanted, _A_READ if search else limit + 1, show), 1):
        if message and len(found) == limit:
            return FolderPage(messages=found, next_cursor=last)
        if message:
            found.append(message)
            last = place
        if looked == most:
            return FolderPage(messages=found, next_cursor=place)
    return FolderPage(messages=found, next_cursor=None)


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


def fold(text: str) -> str:
    """Spell a text as words are looked for in it: without case, accents and line breaks, look-alikes as one."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(character for character in apart if not unicodedata.combining(character))
    return " ".join(unicodedata.normalize("NFC", bare).split())


def may_match(search: Search, client_id: str | None, phone: str) -> bool:
    """Tell from what an index knows of a message whether it is worth reading."""
    return search.client_id in (None, client_id) and search.phone in (None, phone)


def matches(search: Search, message: Message) -> bool:
    """Tell whether a message is one that is looked for."""
    return (
        may_match(search, message.client_id, message.phone)
        and search.record in (None, message.record)
        and (search.words is None or fold(search.words) in fold(message.body))
    )


def mark_read(message: Message, *, is_read: bool) -> Message | None:
    """Mark a message as read or unread, counted once however often it is asked; None when it is gone meanwhile."""
    return _change(message, {"read": is_read})


def link(message: Message, **links: Any) -> Message | None:
    """Tie a message to another `client_id` or `record`, or with None to none; what is not named stays."""
    return _change(message, links)


def _change(message: Message, changes: dict[str, Any]) -> Message | None:
    """Change a message and the counts of unread together, whatever it has become meanwhile."""
    now: Message | None = message
    while now is not None and (then := replace(now, **changes)) != now:
        try:
            store.transact([_write(now, then, tuple(changes)), *counting_unread(now.account, now, then)])
        except store.ConditionFailed as failed:
            now = read(Message, there) if (there := failed.found[0]) else None
        else:
            return then
    return now


def _write(now: Message, then: Message, names: tuple[str, ...]) -> Update:
    held = {name: value for name, value in attributes(then).items() if name in names}
    gone = tuple(name for name in names if name not in held)
    return Update(keys.message(now.account, now.id), {**held, **_folder(now, then)}, {}, gone, unchanged(now))


def _folder(now: Message, then: Message) -> Attributes:
    was, is_now = now.client_id is not None, then.client_id is not None
    return {} if was is is_now else {"folder": keys.folder(then.account, then.direction, linked=is_now)}


def unchanged(message: Message) -> ConditionBase:
    """Give the condition that a message is there, and read and linked as it was."""
    linked = Attr("client_id")
    same_link = linked.eq(message.client_id) if message.client_id else linked.not_exists()
    return PRESENT & same_link & (Attr("read").not_exists() if message.read else Attr("read").eq(False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Unread replies in all, and those of them that are tied to no client."""

    unread: int = 0
    unread_unlinked: int = 0


def unread_counts(account: str) -> Unread:
    """Tell how many replies are unread."""
    found = store.get(keys.inbox_end(account))
    return read(Unread, found) if found else Unread()


def unread_of(message: Message | None) -> dict[str, int]:
    """Tell what a message adds to the counters; nothing if there is none."""
    if message is None or message.read:
        return {}
    return {"unread": 1} | ({"unread_unlinked": 1} if message.client_id is None else {})


def counting_unread(account: str, before: Message | None, after: Message | None) -> list[Update]:
    """Make the write that counts a change, if it is one; it belongs into the transaction of what it counts."""
    was, will_be = unread_of(before), unread_of(after)
    change = {name: will_be.get(name, 0) - was.get(name, 0) for name in {**was, **will_be}}
    moved = {name: by for name, by in change.items() if by}
    return [Update(keys.inbox_end(account), changes={"type": "inbox-end"}, add=moved)] if moved else []
