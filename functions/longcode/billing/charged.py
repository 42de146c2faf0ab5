"""The texts that a month's counters count, one by one: to be listed, and to be held against the counters."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from heapq import merge
from itertools import chain, groupby, islice, pairwise

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct, ValidationError

from longcode import months
from longcode.aws.telemetry import count, logger
from longcode.message import Direction, Message
from longcode.table import keys, store
from longcode.table.writes import Attributes, read
from longcode.usage.usage import is_counted
from longcode.windows import FURTHEST, VALID_IF_HELD

CURSOR = keys.FOLDER_PLACE

_A_CHUNK = 500
_CLOCKS_DIFFER = timedelta(minutes=5)  # of who accepts a text and who claims it
_SCHEDULED_APART = FURTHEST / 3  # a stretch of an account of 200,000 texts a month takes some seconds


class Unreadable(Exception):
    """A message that may be the month's cannot be read: whoever adds up without it adds up wrong. It has its id."""


class Chunk(Struct, frozen=True, kw_only=True):
    """Some of a month's texts, those that cannot be read, and up to which place these are all: None for the end."""

    messages: list[Message]
    unreadable: list[str]
    reached: str | None


def of_month(account: str, month: str) -> Iterator[Message]:
    """Give every text, in or out, that the counters of a month count: each once, in the order of acceptance.

    `longcode.usage.of` tells what each adds. Raises `Unreadable` rather than leave one out.

    Places come from an index, which lags behind the table: by less than a second as a rule, but nobody promises it.
    So what came in the last seconds, a reply that the operator moves here meanwhile, or a message that staff link,
    unlink and link again within a moment, may be missed, and a text that is counted while this walks may be in it or
    not. None is ever given twice, or for the wrong month. So whoever finds less than the counters have must look
    again, some minutes later, before it means anything; and read the counters before and after, for they may have
    moved.
    """
    for chunk in chunks(account, month):
        if chunk.unreadable:
            raise Unreadable(*chunk.unreadable)
        yield from chunk.messages


def chunks(account: str, month: str, after: str | None = None, size: int = _A_CHUNK) -> Iterator[Chunk]:
    """Give what `of_month` gives, so many at a time at most, from a place on that an earlier chunk reached."""
    windows = list(_windows(month))
    for window in windows:
        if after is None or after < window.until:
            for places, reached in _places(account, window, max(after or "", window.since), size):
                yield _chunk(month, places, None if reached == windows[-1].until else reached)


class _Window(Struct, frozen=True):
    """A stretch of places in some lists, and which of the texts there are looked at."""

    since: str
    until: str
    ways: tuple[Direction, ...] = tuple(Direction)
    where: ConditionBase | None = None


def _windows(month: str) -> Iterator[_Window]:
    """List where a month's texts can stand: at their acceptance, which is up to a year before they were to go.

    A text goes within a day of its time (`longcode/windows.py`), so of the year before only what was scheduled for
    the month is read; and a text of the last second may have been claimed by a clock that was behind.
    """
    begins, ends = months.bounds(month)
    since, until = begins - VALID_IF_HELD, ends + _CLOCKS_DIFFER
    scheduled = Attr("send_at").between(keys.instant(since), keys.instant(until))
    cuts = [since - number * _SCHEDULED_APART for number in (3, 2, 1, 0)]
    for cut, following in pairwise(keys.folder_place(cut, keys.END) for cut in cuts):
        yield _Window(cut, following, (Direction.OUT,), scheduled)
    yield _Window(keys.folder_place(since, keys.END), keys.folder_place(until, keys.END))


def _places(account: str, window: _Window, after: str, size: int) -> Iterator[tuple[list[keys.Key], str]]:
    """Read the places of a window, so many at a time, and up to which these are all.

    A message that is linked or unlinked changes lists, and could be in each when the other is read. So the lists are
    read again, one after the other: what changes lists between the two was in its list all the while before.
    """
    listed = merge(*_lists(account, window, after, window.until, size), key=_place)
    each_once = (next(same) for _, same in groupby(listed, _place))
    reached = after
    while reached < window.until:
        first = list(islice(each_once, size))
        until = _place(first[-1]) if len(first) == size else window.until
        again = chain.from_iterable(_lists(account, window, reached, until, None))
        found = {_place(one): keys.Key(one["pk"], one["sk"]) for one in chain(first, again)}
        yield [found[place] for place in sorted(found) if place > reached], until
        reached = until


def _lists(account: str, window: _Window, since: str, until: str, a_call: int | None) -> list[Iterator[Attributes]]:
    size = None if window.where else a_call  # a call's size is of what it passes by, too
    return [
        store.query_index(keys.FOLDER, one, after=since, before=until, page=size, where=window.where)
        for one in (keys.folder(account, way, linked=linked) for linked in (False, True) for way in window.ways)
    ]


def _place(found: Attributes) -> str:
    return str(found["folder_at"])


def _chunk(month: str, places: Sequence[keys.Key], reached: str | None) -> Chunk:
    found = store.get_many(places)
    texts: list[Message] = []
    unreadable: list[str] = []
    for key in places:
        if key in found:  # else the operator has moved it away meanwhile
            try:
                texts.append(read(Message, found[key]))
            except ValidationError:
                unreadable += _may_count(found[key], month)
    counted = [text for text in texts if text.month == month and is_counted(text)]
    return Chunk(messages=counted, unreadable=unreadable, reached=reached)


def _may_count(item: Attributes, month: str) -> list[str]:
    """Give the id of what cannot be read, unless it says for sure that it is another month's."""
    count("UnreadableItems")
    logger.exception("cannot be counted")
    other = item.get("month")
    return [] if isinstance(other, str) and other != month else [str(item.get("id"))]
