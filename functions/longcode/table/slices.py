"""Reads the matching entries of long lists in the folder index, in slices of time that are read at the same time."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

from boto3.dynamodb.conditions import ConditionBase
from msgspec import Struct

from longcode.aws.at_once import at_once
from longcode.table import keys, store
from longcode.table.writes import Attributes

_FIRST_PAGE = 1500  # entries that the first call for each list passes over: it is enough for most accounts
_SLICES = 6  # into which is divided what the first call has not read
_MOST_CALLS = 40  # about; each passes over a megabyte, which is about 5,000 messages
_PAGE_OF_WHOLE, _MOST_CALLS_OF_WHOLE = 2000, 100  # where lists are read whole
_MOST_KEPT = 4000  # lists
_ends: dict[str, list[str]] = {}  # where the calls of this process for a list ended when it was last read whole
_SHORTEST = timedelta(milliseconds=1)
_INSTANT_LENGTH = len("2026-11-30T09:00:00.000Z")


class _Part(Struct, frozen=True):
    """A part of a list that is not read yet, from its newer end `before` to its older end `after`."""

    folder: str
    before: str | None
    after: str | None = None


def read(
    lists: Collection[str],
    where: ConditionBase,
    is_enough: Callable[[Collection[Attributes]], bool],
    *,
    before: str | None = None,
    after: str | None = None,
    since: datetime | None = None,
    page: int | None = None,
    max_calls: int | None = None,
    whole: bool = False,
) -> tuple[list[Attributes], str | None]:
    """Return the entries from a place `after` to another that match, newest first, and the last place that was read.

    Reading stops when `is_enough` says so, or after about `max_calls`; the place is None if nothing is left to read.
    DynamoDB passes over the entries that do not match, so their number costs this process no time. An entry that
    moves from list to list meanwhile is returned once. `since` is about when the lists began; without it, they are
    not sliced. `page` is how many entries a call passes over, None for a megabyte. With `whole`, all is expected to
    be read: the parts in which lists were read whole before are read at once.
    """
    parts, calls = [part for folder in lists for part in _first_parts(folder, before, after, whole=whole)], 0
    size = min(page or _FIRST_PAGE, _FIRST_PAGE) if since and len(parts) == len(lists) else page
    page = page or (_PAGE_OF_WHOLE if whole else None)
    max_calls = max_calls or (_MOST_CALLS_OF_WHOLE if whole else _MOST_CALLS)
    ends = {folder: set(_ends.get(folder, ())) for folder in lists}
    found: dict[str, Attributes] = {}
    while True:
        unread = max((part.before or keys.END for part in parts), default="")
        entries = [found[place] for place in sorted(found, reverse=True) if place >= unread]
        if whole and before is None and after is None and not parts:
            _keep(ends)
        if not parts or calls >= max_calls or is_enough(entries):
            return entries, unread or None
        calls += len(parts)
        chunks = at_once(
            *(
                partial(store.index_chunk, part.folder, before=part.before, after=part.after, where=where, page=size)
                for part in parts
            )
        )
        size = page
        found |= {str(entry["folder_at"]): entry for some, _ in chunks for entry in some}
        rest = [(part, reached) for part, (_, reached) in zip(parts, chunks, strict=True) if reached]
        for part, reached in rest:
            ends[part.folder].add(reached)
        parts = [smaller for part, reached in rest for smaller in _divided(part, reached, since)]


def _first_parts(folder: str, before: str | None, after: str | None, *, whole: bool) -> list[_Part]:
    """Return the parts of a list that the first calls read."""
    kept = _ends.get(folder, []) if whole else []
    ends = [end for end in kept if (after or "") < end < (before or keys.END)]
    return [_Part(folder, *both) for both in pairwise([before, *ends, after])]


def _keep(ends: Mapping[str, Collection[str]]) -> None:
    """Keep where the calls for lists ended."""
    for folder, places in ends.items():
        _ends.pop(folder, None)
        _ends[folder] = sorted(places, reverse=True)
    while len(_ends) > _MOST_KEPT:
        del _ends[next(iter(_ends))]


def _divided(part: _Part, reached: str, since: datetime | None) -> list[_Part]:
    """Return what is left of a part of which the newer end is read, in slices of time if it is long."""
    ends = [end for end in _places_between(since, reached) if end > (part.after or "")] if since else []
    return [_Part(part.folder, *both) for both in pairwise([reached, *ends, part.after])]


def _places_between(since: datetime, place: str) -> list[str]:
    """Return places that divide the time from an instant to a place into equal parts, newest first.

    The instant in the place is read only to estimate: wherever the parts end, together they are the whole list.
    """
    until = instant_of(place)
    step = (until - since) / _SLICES
    return (
        [keys.folder_place(until - step * part, keys.END) for part in range(1, _SLICES)] if step > _SHORTEST else []
    )


def instant_of(place: str) -> datetime:
    """Return the instant in a place."""
    return datetime.fromisoformat(place[:_INSTANT_LENGTH])
