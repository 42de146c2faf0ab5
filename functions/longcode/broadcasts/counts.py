"""How many texts of a broadcast are in which state, and which: counted in parts, so that no look reads all of them.

The ids of a broadcast's texts end with a hash. Its range is divided into parts of some hundred texts, which are read
at the same time. A part whose texts have all ended is not counted again.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct
from msgspec.structs import replace

from longcode.aws.at_once import at_once
from longcode.broadcasts.broadcast import TEXTS_END_WITHIN, Broadcast
from longcode.message import MAY_STILL_BE_SENT, NEXT_STATES, BroadcastState, Instant, Message, MessageState
from longcode.messages.store import try_read
from longcode.table import broadcast_keys, keys, ranges, store
from longcode.table.writes import Attributes, Put, attributes, has_value, read

_HANDED_OVER = (MessageState.UNCERTAIN, MessageState.SENT, MessageState.DELIVERED, MessageState.UNDELIVERED)
_ENDED_UNSENT = (MessageState.FAILED, MessageState.REFUSED, MessageState.CANCELLED, MessageState.EXPIRED)
_HASHES = 1 << 64  # of phones, in the ids of texts: sixteen hexadecimal digits
_IN_A_PART = 640
_MOST_PARTS = 64
_COUNTED_AGAIN = 8  # parts in one look, beside those that were never counted; twice as many if these are old
_OLD = timedelta(minutes=1)
_AT_ONCE = 32
_SETTLES_AFTER = timedelta(minutes=1)  # a read that lags behind may miss a text that was written just before
_MARK_EVERY, _MARKS_FOR = timedelta(seconds=20), timedelta(minutes=3)
_STATE = ("state", "error", "held")


class Result(Struct, frozen=True):
    """What has become of texts: their state, and the code of why it ended so, or of why they wait."""

    state: MessageState
    reason: str | None = None


class CountedPart(Struct, frozen=True, kw_only=True):
    """The texts of a part, by `_name` of their result, when they were counted; `settled` if none will change."""

    at: Instant | None = None
    settled: bool = False
    texts: dict[str, int] = {}


class Mark(Struct, frozen=True):
    """How many texts were done at an instant: handed over, or ended otherwise."""

    at: Instant
    done: int


class Counts(Struct, frozen=True, kw_only=True):
    """A broadcast's texts as they were counted last; `marks` are earlier numbers of the same, for the pace."""

    parts: tuple[CountedPart, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Return whether each part was counted."""
        return all(part.at for part in self.parts)

    @property
    def is_settled(self) -> bool:
        """Return whether no text will change."""
        return all(part.settled for part in self.parts)

    def is_old(self, now: datetime) -> bool:
        """Return whether the next looks will count parts that were counted long ago."""
        return any(part.at and now - part.at > _OLD for part in self.parts if not part.settled)

    @property
    def results(self) -> dict[Result, int]:
        """Return the number of texts by result."""
        total: dict[str, int] = {}
        for part in self.parts:
            for name, count in part.texts.items():
                total[name] = total.get(name, 0) + count
        return {_result(name): count for name, count in total.items()}

    @property
    def states(self) -> dict[MessageState, int]:
        """Return the number of texts by state."""
        total: dict[MessageState, int] = {}
        for result, count in self.results.items():
            total[result.state] = total.get(result.state, 0) + count
        return total

    def count(self, *states: MessageState) -> int:
        """Return how many texts are in one of some states."""
        return sum(self.states.get(state, 0) for state in states)

    @property
    def may_still_be_sent(self) -> int:
        """Return how many texts may still be sent."""
        return self.count(*MAY_STILL_BE_SENT)

    @property
    def handed_over(self) -> int:
        """Return how many texts the carrier has, or may have."""
        return self.count(*_HANDED_OVER)

    @property
    def done(self) -> int:
        """Return how many texts were handed over or ended otherwise."""
        return self.count(*_HANDED_OVER, *_ENDED_UNSENT)

    def pace(self, now: datetime) -> float | None:
        """Return how many texts were done in a second lately, or None if that is not known."""
        first = self.marks[0] if self.marks else None
        if first is None or now - first.at < _MARK_EVERY or self.done <= first.done:
            return None
        return (self.done - first.done) / (now - first.at).total_seconds()


def look(broadcast: Broadcast, now: datetime) -> Counts:
    """Return a broadcast's counts. Those of a large one may be a few calls old."""
    return look_at([broadcast], now)[0]


def look_at(
    some: Sequence[Broadcast], now: datetime, *, new: int = _MOST_PARTS, again: int = _COUNTED_AGAIN
) -> list[Counts]:
    """Return the counts of some broadcasts: `new` parts never counted before, and `again` others, are counted."""
    items = store.get_many(broadcast_keys.broadcast_counts(one.account, one.id) for one in some)
    known = [_known(one, items.get(broadcast_keys.broadcast_counts(one.account, one.id))) for one in some]
    open_parts = sorted(
        (part.at is not None, part.at or now, place, index)
        for place, counts in enumerate(known)
        for index, part in enumerate(counts.parts)
        if not part.settled
    )
    uncounted = sum(not was_counted for was_counted, *_ in open_parts)
    old = sum(was_counted and now - at > _OLD for was_counted, at, *_ in open_parts)
    again = max(again, min(old, 2 * again))
    taken = open_parts[: min(new, uncounted)] + open_parts[uncounted : uncounted + again]
    chosen = [(place, index) for _, _, place, index in taken]
    return _counted(some, known, chosen, now)


def all_now(some: Sequence[Broadcast], now: datetime) -> list[Counts]:
    """Return the counts of some broadcasts as they are now: every part is counted that may have changed."""
    every = _MOST_PARTS * len(some)
    return look_at(some, now, new=every, again=every) if some else []


def _counted(
    some: Sequence[Broadcast], known: Sequence[Counts], chosen: Sequence[tuple[int, int]], now: datetime
) -> list[Counts]:
    if not chosen:
        return list(known)
    parts = at_once(
        *(partial(_count, some[place], known[place], index, now) for place, index in chosen),
    )
    fresh = dict(zip(chosen, parts, strict=True))
    after = [
        replace(counts, parts=tuple(fresh.get((place, index), part) for index, part in enumerate(counts.parts)))
        for place, counts in enumerate(known)
    ]
    after = [_marked(one, counts, now) for one, counts in zip(some, after, strict=True)]
    changed = [
        partial(_keep, one, new)
        for one, old, new in zip(some, known, after, strict=True)
        # A small broadcast that stands still is counted at each look anyway.
        if new != old and (len(new.parts) > 1 or new.is_settled or new.marks != old.marks)
    ]
    if changed:
        at_once(*changed)
    return after


def _known(broadcast: Broadcast, item: Attributes | None) -> Counts:
    if broadcast.state in (BroadcastState.SCHEDULED, BroadcastState.PLANNING, BroadcastState.REFUSED):
        return Counts()
    if item:
        return read(Counts, item)
    texts, parts = max(broadcast.planned_texts, broadcast.texts), 1
    while parts < _MOST_PARTS and texts > parts * _IN_A_PART:
        parts *= 2
    return Counts(parts=(CountedPart(),) * parts)


def _keep(broadcast: Broadcast, counts: Counts) -> None:
    item = {"type": "broadcast-counts", **attributes(counts)}
    store.write(Put(broadcast_keys.broadcast_counts(broadcast.account, broadcast.id), item))


def _count(broadcast: Broadcast, counts: Counts, index: int, now: datetime) -> CountedPart:
    """Count a part. What most of its texts were is left out by DynamoDB, and counted by its number of the others."""
    before = counts.parts[index].texts
    most = _result(max(before, key=lambda name: before[name])) if before else Result(MessageState.DELIVERED)
    first, last = _bounds(broadcast, index, len(counts.parts))
    items, others = ranges.read(first, last, ~_has(most), only=_STATE)
    texts = {_name(most): others} if others else {}
    for item in items:
        name = _name(_result_of(item))
        texts[name] = texts.get(name, 0) + 1
    return CountedPart(at=now, settled=_is_settled(broadcast, texts, now), texts=texts)


def _is_settled(broadcast: Broadcast, texts: Collection[str], now: datetime) -> bool:
    if broadcast.state is BroadcastState.SENDING or broadcast.bulk_action or broadcast.finished_at is None:
        return False
    if now >= broadcast.finished_at + TEXTS_END_WITHIN:
        return True
    have_ended = all(_result(name).state not in NEXT_STATES for name in texts)
    return have_ended and now >= broadcast.finished_at + _SETTLES_AFTER


def _marked(broadcast: Broadcast, counts: Counts, now: datetime) -> Counts:
    """Return the counts with a mark of now: the pace is that since the first mark of the last minutes."""
    if broadcast.paused or (not counts.may_still_be_sent and broadcast.state is not BroadcastState.SENDING):
        return replace(counts, marks=())
    recent = tuple(mark for mark in counts.marks if mark.at > now - _MARKS_FOR)
    if recent and now - recent[-1].at < _MARK_EVERY:
        return replace(counts, marks=recent)
    return replace(counts, marks=(*recent, Mark(now, counts.done)))


def texts_in(
    broadcast: Broadcast,
    counts: Counts,
    states: Collection[MessageState],
    *,
    reason: str | None = None,
    after: str | None,
    limit: int,
    only: Sequence[str] = (),
) -> tuple[list[Attributes], str | None]:
    """Return up to `limit` texts in one of some states, by id, and the last id if more may follow.

    With `reason`, only those with this code. `after` is the id that they begin after.
    """
    found: list[Attributes] = []
    wanted = (tuple(states), reason)
    for items in _in_waves(broadcast, counts, wanted, after=after, enough=limit + 1, only=only):
        found += items
        if len(found) > limit:
            return found[:limit], str(found[limit - 1]["id"])
    return found, None


def messages_in(
    broadcast: Broadcast,
    counts: Counts,
    states: Collection[MessageState],
    *,
    reason: str | None = None,
    after: str | None,
    limit: int,
) -> tuple[list[Message], str | None]:
    """Return the same as `texts_in`, as messages, without unreadable ones."""
    items, last = texts_in(broadcast, counts, states, reason=reason, after=after, limit=limit)
    return [message for item in items if (message := try_read(item))], last


def _in_waves(
    broadcast: Broadcast,
    counts: Counts,
    wanted: tuple[Sequence[MessageState], str | None],
    *,
    after: str | None,
    enough: int,
    only: Sequence[str],
) -> Iterator[list[Attributes]]:
    """Yield the wanted texts of one part after the other; some parts are read at once, until enough are expected."""
    states, reason = wanted
    where = Attr("state").is_in(list(states))
    if reason is not None:
        where = _any([_has(Result(state, reason)) for state in states])
    begin = _part_of(after, len(counts.parts)) if after else 0
    left = [
        (index, expected)
        for index, part in enumerate(counts.parts)
        if index >= begin and ((expected := _matching(part, wanted)) or not part.settled)
    ]
    while left:
        wave: list[tuple[int, int]] = []
        sum_of_wave = 0
        while left and len(wave) < _AT_ONCE and sum_of_wave < enough:
            wave.append(left.pop(0))
            sum_of_wave += wave[-1][1]

        def read_part(index: int, expected: int) -> list[Attributes]:
            first, last = _bounds(broadcast, index, len(counts.parts))
            if after and index == begin:
                first = keys.message(broadcast.account, f"{after}0")  # sorts right after it
            total = sum(counts.parts[index].texts.values())
            page = max(enough, enough * total * 5 // (expected * 4)) if expected > enough else None
            return ranges.read(first, last, where, only=only, page=page, limit=enough)[0]

        yield from at_once(*(partial(read_part, *one) for one in wave))


def _matching(part: CountedPart, wanted: tuple[Sequence[MessageState], str | None]) -> int:
    states, reason = wanted
    results = ((_result(name), count) for name, count in part.texts.items())
    return sum(count for one, count in results if one.state in states and reason in (None, one.reason))


def _bounds(broadcast: Broadcast, index: int, parts: int) -> tuple[keys.Key, keys.Key]:
    first, beyond = index * _HASHES // parts, (index + 1) * _HASHES // parts
    of_hash = partial(keys.message, broadcast.account)
    return of_hash(f"{broadcast.id}-{first:016x}"), of_hash(f"{broadcast.id}-{beyond - 1:016x}")


def _part_of(text_id: str, parts: int) -> int:
    return int(text_id.rpartition("-")[2], 16) * parts // _HASHES


def _result_of(item: Attributes) -> Result:
    state = MessageState(item["state"])
    return Result(state, item.get(_named_by(state)))


def _has(result: Result) -> ConditionBase:
    condition: ConditionBase = Attr("state").eq(result.state) & has_value(_named_by(result.state), result.reason)
    return condition


def _named_by(state: MessageState) -> str:
    """Return the attribute of a text that says why it is in a state."""
    return "held" if state in MAY_STILL_BE_SENT else "error"


def _any(conditions: Sequence[ConditionBase]) -> ConditionBase:
    first, *others = conditions
    for other in others:
        first |= other
    return first


def _name(result: Result) -> str:
    return f"{result.state} {result.reason}" if result.reason else str(result.state)


def _result(name: str) -> Result:
    state, _, reason = name.partition(" ")
    return Result(MessageState(state), reason or None)
