"""The folders of the Messages hub (facts S34–S38): list, search, mark as read and link messages."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial, reduce
from heapq import merge
from itertools import chain, groupby, islice, repeat, takewhile
from operator import and_, or_
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct
from msgspec.structs import replace

from longcode.aws.at_once import at_once
from longcode.folded import fold
from longcode.message import Direction, Message, Reference
from longcode.messages import store as messages
from longcode.table import keys, slices, store
from longcode.table.writes import PRESENT, Attributes, Update, attributes, has_value, read

CURSOR = keys.FOLDER_PLACE
_MOST_READ, _MOST_ENTRIES = 2000, 10_000
"""The most messages that a page examines: if it must read them, and if their index entries are enough.

So a page is answered in time however many messages there are. Of a phone or a client, DynamoDB finds the entries.
"""

_WAVES = (100, _MOST_READ)  # messages that are read at the same time: few if these are enough
_LIST_PAGE, _SEARCH_PAGE = 60, 1000  # index entries queried in a call: for a list of phones, and for a search
_SENT_TO_PAGE = 1000
_LISTS = {
    "sent": [(Direction.OUT, True), (Direction.OUT, False)],
    "inbox": [(Direction.IN, True), (Direction.IN, False)],
    "unlinked": [(Direction.OUT, False), (Direction.IN, False)],
    "all": [(direction, linked) for direction in Direction for linked in (True, False)],
}
"""The lists in the index that a folder is merged from, by direction and whether a client is linked."""


class Search(Struct, frozen=True, kw_only=True):
    """The criteria of a search, all of which a message must meet. `words` may stand anywhere in its text."""

    client_id: str | None = None
    phone: str | None = None
    record: Reference | None = None
    words: str | None = None

    @property
    def needs_messages(self) -> bool:
        """Return whether messages must be read to be matched: the index has neither their text nor their record."""
        return self.record is not None or self.words is not None


class FolderPage(Struct, frozen=True, kw_only=True):
    """Messages, newest first, and the cursor of the next page, None for the last.

    A page of a search may be short or empty without being the last.
    """

    messages: list[Message]
    next_cursor: str | None


def phones(account: str) -> set[str]:
    """Return the phones of all messages of an account, as far as the index has them."""
    lists = [keys.folder(account, direction, linked=linked) for direction, linked in _LISTS["all"]]
    entries = (store.query_index(keys.FOLDER, one, page=None, only=("phone",)) for one in lists)
    return {str(entry["phone"]) for entry in chain(*entries) if "phone" in entry}


def page(
    account: str,
    name: str,
    *,
    limit: int,
    cursor: str | None = None,
    search: Search | None = None,
    since: datetime | None = None,
    earliest: datetime | None = None,
    max_examined: int | None = None,
    chunk: int | None = None,
    max_calls: int | None = None,
    whole: bool = False,
    show: Callable[[Message], Message] = lambda message: message,
) -> FolderPage:
    """Return a page of a folder, newest first: up to `limit` matches among its next `max_examined` messages.

    Messages are matched and returned as `show` returns them. `since` is about when the folder began: if it is long,
    it is then read in slices of time at once. Nothing before `earliest` is read. `chunk` is how many entries a call
    passes over, None for as many as it can, `max_calls` about how many calls do, and `whole` is as in `slices.read`.
    """
    wanted = search or Search()
    most = max_examined or (_MOST_READ if wanted.needs_messages else _MOST_ENTRIES)
    where, reached = _narrowing(wanted), None
    first = keys.folder_place(earliest, "") if earliest else None
    entries: Iterable[Attributes]
    if where:
        enough = most if wanted.needs_messages else limit
        entries, reached = slices.read(
            _folders(account, name),
            where,
            lambda found: len(found) > enough,
            before=cursor,
            after=first,
            since=since,
            page=chunk,
            max_calls=max_calls,
            whole=whole,
        )
    else:
        entries = _entries(account, name, cursor, min(most // 2, _SEARCH_PAGE) if search else limit + 1, first)
    if first:  # with an earlier end, the index returns the entry at the later one too
        entries = (entry for entry in entries if _place(entry) != cursor)
    matching: list[Message] = []
    last_match = None
    waves = _WAVES if wanted.needs_messages else (limit + 1,)
    for looked, (place, message) in enumerate(_examined(islice(entries, most), wanted, waves, show), 1):
        if message and len(matching) == limit:
            return FolderPage(messages=matching, next_cursor=last_match)
        if message:
            matching.append(message)
            last_match = place
        if looked == most:
            return FolderPage(messages=matching, next_cursor=place)
    return FolderPage(messages=matching, next_cursor=reached)


def cursor_at(at: datetime) -> str:
    """Return the cursor of the page that begins with the messages of an instant."""
    return keys.folder_place(at, keys.END)


def newest_by_phone(
    account: str,
    name: str,
    *,
    limit: int,
    cursor: str | None = None,
    among: Collection[str] | None = None,
    digits: str = "",
    since: datetime | None = None,
) -> FolderPage:
    """Return a page of the newest message of each phone in a folder, newest first.

    `among` are the phones that are wanted, beside those with these digits; None are all. At most 10,000 messages are
    examined, those of the pages before among them. So no page has a phone twice. `since` is as in `page`.
    """
    if among is None:
        entries: Iterable[Attributes] = islice(_entries(account, name, None, _LIST_PAGE), _MOST_ENTRIES)
    elif among or digits:
        of_phones = [Attr("phone").is_in(sorted(among))] if among else []
        with_digits = [Attr("phone").contains(digits)] if digits else []
        where = reduce(or_, of_phones + with_digits)
        most = limit if digits else min(limit, len(among) - 1)
        lists = _folders(account, name)
        entries, _ = slices.read(lists, where, lambda found: len(_phones(found)) > most, since=since, whole=True)
    else:
        entries = []
    phones: set[str] = set()
    chosen: list[Attributes] = []
    for entry in entries:
        if entry["phone"] in phones:
            continue
        phones.add(entry["phone"])
        if cursor is None or _place(entry) < cursor:
            chosen.append(entry)
        if len(chosen) > limit:
            break
    more = len(chosen) > limit
    return FolderPage(messages=_messages(chosen[:limit]), next_cursor=_place(chosen[limit - 1]) if more else None)


def _phones(entries: Iterable[Attributes]) -> set[str]:
    return {entry["phone"] for entry in entries}


def _entries(
    account: str, name: str, cursor: str | None, page: int, after: str | None = None
) -> Iterator[Attributes]:
    """Yield a folder's index entries, newest first, each once: a message that is being linked may be in two lists."""
    lists: list[Iterator[Attributes]] = at_once(
        *(
            partial(
                _begun,
                store.query_index(keys.FOLDER, folder, before=cursor, after=after, page=page, newest_first=True),
            )
            for folder in _folders(account, name)
        )
    )
    return (next(copies) for _, copies in groupby(merge(*lists, key=_place, reverse=True), _place))


def _begun(entries: Iterator[Attributes]) -> Iterator[Attributes]:
    """Return the same entries after the first call for them."""
    return chain(list(islice(entries, 1)), entries)


def _narrowing(search: Search) -> ConditionBase | None:
    """Return what a search asks of index entries, or None."""
    named = {"client_id": search.client_id, "phone": search.phone}
    conditions = [Attr(name).eq(value) for name, value in named.items() if value is not None]
    return reduce(and_, conditions) if conditions else None


def _examined(
    entries: Iterator[Attributes],
    search: Search,
    waves: Sequence[int],
    show: Callable[[Message], Message],
) -> Iterator[tuple[str, Message | None]]:
    """Yield the place of each entry, and its message if that matches; messages are read a wave at a time."""
    words = fold(search.words) if search.words else ""
    for wave in chain(waves, repeat(waves[-1])):
        if not (some := list(islice(entries, wave))):
            return
        candidates = [entry for entry in some if may_match(search, entry.get("client_id"), entry["phone"])]
        shown = map(show, _messages(candidates, words))
        matching = {
            keys.folder_place(message.created_at, message.id): message
            for message in shown
            if matches(search, message)
        }
        yield from ((_place(entry), matching.get(_place(entry))) for entry in some)


def sent_to(phone: str, account: str, since: datetime, until: datetime) -> list[Message]:
    """Return an account's texts to a phone that were accepted between two instants, `until` included."""
    first, beyond = keys.folder_place(since, ""), keys.folder_place(until, keys.END)
    to_phone: list[Attributes] = []
    for folder in _folders(account, "sent"):
        entries = store.query_index(keys.FOLDER, folder, before=beyond, page=_SENT_TO_PAGE, newest_first=True)
        to_phone += [
            entry for entry in takewhile(lambda entry: _place(entry) >= first, entries) if entry["phone"] == phone
        ]
    return _messages(to_phone)


def _folders(account: str, name: str) -> list[str]:
    return [keys.folder(account, direction, linked=linked) for direction, linked in _LISTS[name]]


def _place(entry: Attributes) -> str:
    return str(entry["folder_at"])


def _messages(entries: list[Attributes], words: str = "") -> list[Message]:
    """Return the messages of index entries, of those only that have these words, which are folded."""
    wanted = [keys.Key(entry["pk"], entry["sk"]) for entry in entries]
    if words:
        bodies = store.get_many(wanted, only=("body",))
        wanted = [key for key in wanted if key in bodies and words in fold(str(bodies[key].get("body")))]
    items = store.get_many(wanted)
    return [message for key in wanted if (message := messages.try_read(items.get(key)))]


def may_match(search: Search, client_id: str | None, phone: str) -> bool:
    """Return whether a message may match, by what its index entry has."""
    return search.client_id in (None, client_id) and search.phone in (None, phone)


def matches(search: Search, message: Message) -> bool:
    """Return whether a message matches."""
    return (
        may_match(search, message.client_id, message.phone)
        and search.record in (None, message.record)
        and (search.words is None or fold(search.words) in fold(message.body))
    )


def mark_read(message: Message, *, is_read: bool, by: str | None = None) -> Message | None:
    """Mark a message as read or unread, and count the change; return the message, or None if it was deleted.

    `by` is the name of the person who does it in the hub, and is kept if that changes anything.
    """
    return _change(message, {"read": is_read}, {"read_by": by})


def link(message: Message, *, by: str | None = None, **links: Any) -> Message | None:
    """Link a message to a `client_id` or `record`, or unlink it with None; return it, or None if it was deleted.

    A link that is not named stays. `by` is as in `mark_read`.
    """
    return _change(message, links, {"linked_by": by})


def unchanged(message: Message) -> ConditionBase:
    """Return the condition that a message exists, and that its client and its read mark are as they were."""
    same_mark = has_value("read", None if message.read else False)
    return PRESENT & has_value("client_id", message.client_id) & same_mark


def _change(message: Message, changes: dict[str, Any], by: dict[str, str | None]) -> Message | None:
    """Change a message and the unread counts in one transaction, starting from its latest state in the table."""
    before: Message | None = message
    while before is not None and replace(before, **changes) != before:
        after = replace(before, **changes, **by)
        update = _update(before, after, (*changes, *by))
        try:
            store.transact([update, *unread_count_writes(before.account, before, after)])
        except store.ConditionFailed as failed:
            item = failed.found[0]
            before = read(Message, item) if item else None
        else:
            return after
    return before


def _update(before: Message, after: Message, names: tuple[str, ...]) -> Update:
    changes = {name: value for name, value in attributes(after).items() if name in names}
    remove = tuple(name for name in names if name not in changes)
    linked = after.client_id is not None
    if linked is not (before.client_id is not None):
        changes["folder"] = keys.folder(after.account, after.direction, linked=linked)
    return Update(keys.message(before.account, before.id), changes=changes, remove=remove, when=unchanged(before))


def unread_of(message: Message | None) -> dict[str, int]:
    """Return what a message adds to the unread counts, by counter; nothing for None."""
    if message is None or message.read:
        return {}
    return {"unread": 1} | ({"unread_unlinked": 1} if message.client_id is None else {})


def unread_count_writes(account: str, before: Message | None, after: Message | None) -> list[Update]:
    """Return the write that updates the unread counts for a changed message, for the transaction of the change."""
    old, new = unread_of(before), unread_of(after)
    differences = {name: new.get(name, 0) - old.get(name, 0) for name in {**old, **new}}
    add = {name: difference for name, difference in differences.items() if difference}
    return [Update(keys.inbox_end(account), changes={"type": "inbox-end"}, add=add)] if add else []
