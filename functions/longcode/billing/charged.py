"""The texts that a month's counters count, and the credited ones, read from the table: to list and to check them."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from heapq import merge
from itertools import chain, groupby, islice, pairwise

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct, ValidationError

from longcode import months
from longcode.aws.telemetry import count, logger
from longcode.message import Direction, Message
from longcode.months import instant
from longcode.table import keys, store
from longcode.table.writes import Attributes, read
from longcode.usage.usage import is_counted, is_credited
from longcode.windows import LONGEST_AHEAD, LONGEST_VALIDITY

CURSOR = keys.FOLDER_PLACE

_CHUNK_SIZE = 500
_CLOCK_SKEW = timedelta(minutes=5)  # between the process that accepts a text and the one that claims it
_SCHEDULED_WINDOW = LONGEST_AHEAD / 3  # reading a third of the year takes seconds at 200,000 texts a month


class Unreadable(Exception):
    """Messages that may count in the month cannot be read, so any sum over it is wrong. `args` are their ids."""


class Chunk(Struct, frozen=True, kw_only=True):
    """Some of a month's texts, counted or credited, and the ids of those that cannot be read.

    Every text up to the place `reached` has been returned; it is None in the last chunk.
    """

    messages: list[Message]
    unreadable: list[str]
    reached: str | None


class _Span(Struct, frozen=True):
    """A range of places in the account's folders, the directions to read there, and a filter."""

    since: str
    until: str
    directions: tuple[Direction, ...] = tuple(Direction)
    where: ConditionBase | None = None


def of_month(account: str, month: str) -> Iterator[Message]:
    """Yield every text, sent or received, that a month's counters count: each once, in the order of acceptance.

    `longcode.usage.usage.usage_of` returns what each adds. Raise `Unreadable` rather than leave a text out.

    Texts are found in an index, which is usually less than a second behind the table, without a guarantee. A text may
    be missed if it came in the last seconds, or if, while the month is read, it is counted, the operator moves it
    here, or staff link, unlink and link it again within a moment. No text is yielded twice or for the wrong month.
    So a sum below the counters means something only if it is still below them some minutes later, and if the counters
    were the same before and after the month was read.
    """
    for chunk in chunks(account, month):
        if chunk.unreadable:
            raise Unreadable(*chunk.unreadable)
        yield from filter(is_counted, chunk.messages)


def chunks(
    account: str,
    month: str,
    after: str | None = None,
    size: int = _CHUNK_SIZE,
    directions: Sequence[Direction] = tuple(Direction),
) -> Iterator[Chunk]:
    """Yield the texts of `of_month` and the credited ones, at most `size` at a time, from where a chunk ended.

    With one of the `directions`, only sent texts or only replies.
    """
    spans = list(_spans(month, directions))
    for span in spans:
        if after is None or after < span.until:
            for item_keys, reached in _item_keys(account, span, max(after or "", span.since), size):
                yield _chunk(month, item_keys, None if reached == spans[-1].until else reached)


def place_of_month(month: str) -> str:
    """Return the place before which a month's texts were all scheduled: to find those, a year has to be read."""
    return keys.folder_place(months.bounds(month)[0] - LONGEST_VALIDITY, keys.END)


def place_after(day: str) -> str:
    """Return the place from which a count goes on with the texts that were accepted after a day."""
    return keys.folder_place(months.end_of_day(day), "")


def _spans(month: str, directions: Sequence[Direction]) -> Iterator[_Span]:
    """Yield the spans in which a month's texts can be: a text's place is the time at which it was accepted.

    A text can be accepted up to a year before it is sent. It is sent within a day of its send time
    (`longcode/windows.py`), so of the year before the month only texts scheduled for the month are read. A text of
    the month's last second may have been claimed by a clock that was behind.
    """
    begins, ends = months.bounds(month)
    since, until = begins - LONGEST_VALIDITY, ends + _CLOCK_SKEW
    scheduled = Attr("send_at").between(instant(since), instant(until))
    cuts = [since - number * _SCHEDULED_WINDOW for number in (3, 2, 1, 0)]
    if Direction.OUT in directions:
        for cut, following in pairwise(keys.folder_place(cut, keys.END) for cut in cuts):
            yield _Span(cut, following, (Direction.OUT,), scheduled)
    yield _Span(keys.folder_place(since, keys.END), keys.folder_place(until, keys.END), tuple(directions))


def _item_keys(account: str, span: _Span, after: str, size: int) -> Iterator[tuple[list[keys.Key], str]]:
    """Yield the keys of a span's items, about `size` at a time, and the place up to which all have been yielded.

    Linking or unlinking a message moves it to another folder, where a single pass may miss it. So each stretch is
    read twice: a message that moved between the two passes was in its first folder during the whole first pass.
    """
    listed = merge(*_folders(account, span, after, span.until, size), key=_place)
    each_once = (next(same) for _, same in groupby(listed, _place))
    reached = after
    while reached < span.until:
        first_pass = list(islice(each_once, size))
        until = _place(first_pass[-1]) if len(first_pass) == size else span.until
        second_pass = chain.from_iterable(_folders(account, span, reached, until, None))
        keys_by_place = {
            _place(entry): keys.Key(entry["pk"], entry["sk"]) for entry in chain(first_pass, second_pass)
        }
        yield [keys_by_place[place] for place in sorted(keys_by_place) if place > reached], until
        reached = until


def _folders(account: str, span: _Span, since: str, until: str, page: int | None) -> list[Iterator[Attributes]]:
    size = None if span.where else page  # a query's page size counts the items that its filter drops, too
    return [
        store.query_index(keys.FOLDER, folder, after=since, before=until, page=size, where=span.where)
        for folder in (
            keys.folder(account, direction, linked=linked)
            for linked in (False, True)
            for direction in span.directions
        )
    ]


def _place(entry: Attributes) -> str:
    return str(entry["folder_at"])


def _chunk(month: str, item_keys: Sequence[keys.Key], reached: str | None) -> Chunk:
    items = store.get_many(item_keys)
    texts: list[Message] = []
    unreadable: list[str] = []
    for key in item_keys:
        if key in items:  # else the operator has just moved it to another account
            try:
                texts.append(read(Message, items[key]))
            except ValidationError:
                unreadable += _unreadable_ids(items[key], month)
    listed = [text for text in texts if text.month == month and (is_counted(text) or is_credited(text))]
    return Chunk(messages=listed, unreadable=unreadable, reached=reached)


def _unreadable_ids(item: Attributes, month: str) -> list[str]:
    """Return the id of an item that cannot be read, in a list; an empty list if the item names another month."""
    count("UnreadableItems")
    logger.exception("cannot be counted")
    other = item.get("month")
    return [] if isinstance(other, str) and other != month else [str(item.get("id"))]
