"""What became of a broadcast's recipients: its texts, found by how their ids begin, and who got none."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from msgspec import Struct

from longcode.broadcast import Broadcast
from longcode.message import Message
from longcode.outcome import Outcome
from longcode.table import keys, store
from longcode.table.messages import readable
from longcode.table.writes import Put, Write

_A_PART = 200
Row = tuple[int, int, int]
"""A row of what was skipped: the step, the part of it, the place in that."""


class Page(Struct, frozen=True):
    """Some texts, the units of all that stand there, and the last one's id if there may be more."""

    texts: list[Message]
    units: int
    last: str | None


def page(broadcast: Broadcast, after: str | None, limit: int) -> Page:
    """List the texts of a broadcast in the order of their ids, from after one."""
    start = keys.message(broadcast.account, after) if after else None
    items = list(store.query(_texts(broadcast), after=start, limit=limit))
    return Page(
        texts=[one for item in items if (one := readable(item))],
        units=sum(int(item["units"]) for item in items),
        last=str(items[-1]["id"]) if len(items) == limit else None,
    )


def standing(broadcast: Broadcast, ids: Iterable[str]) -> dict[str, str]:
    """Tell which of these texts are written, and for which client."""
    found = store.get_many(keys.message(broadcast.account, one) for one in ids)
    return {str(item["id"]): str(item["client_id"]) for item in found.values()}


def counted(broadcast: Broadcast) -> Broadcast:
    """Count the texts of a broadcast that stand in the table, whoever wrote them."""
    texts = units = segments = 0
    for item in store.query(_texts(broadcast), only=("units", "segments")):
        texts, units, segments = texts + 1, units + int(item["units"]), segments + int(item["segments"])
    return replace(broadcast, texts=texts, units=units, segments=segments)


def progress(broadcast: Broadcast) -> dict[str, int]:
    """Count the texts of a broadcast by their states."""
    counts: dict[str, int] = {}
    for item in store.query(_texts(broadcast), only=("state",)):
        counts[item["state"]] = counts.get(item["state"], 0) + 1
    return counts


def skipped(taken: Broadcast, outcomes: Sequence[Outcome]) -> list[Write]:
    """Make the writes that keep who got no text of a step, and why; in parts, so that none outgrows an item."""
    groups: dict[tuple[str, str | None, str | None], list[str]] = {}
    for one in outcomes:
        groups.setdefault((one.client_id, one.code, one.detail), []).extend([one.phone] if one.phone else [])
    rows = [[*reason, phones] for reason, phones in groups.items()]
    return [
        Put(
            keys.skipped(taken.account, taken.id, (taken.step, index)),
            {"type": "skipped", "place": [taken.step, index], "rows": rows[start : start + _A_PART]},
        )
        for index, start in enumerate(range(0, len(rows), _A_PART))
    ]


def skipped_from(broadcast: Broadcast, begin: Row | None) -> Iterator[tuple[Row, Outcome]]:
    """Read who got no text and why, from a row on, each with its own."""
    step, index, first = begin or (0, 0, 0)
    start = keys.skipped(broadcast.account, broadcast.id, (step, index))
    part = [store.get(start)] if begin else []
    for item in chain(filter(None, part), store.query(_skipped(broadcast), after=start if begin else None, page=1)):
        told = [one for row in item["rows"] for one in _outcomes(*row)]
        place = tuple(item["place"])
        skip = first if place == (step, index) else 0
        for row, one in enumerate(told[skip:], start=skip):
            yield (*place, row), one


def _outcomes(client_id: str, code: str, detail: str, phones: list[str]) -> list[Outcome]:
    whole = Outcome(client_id=client_id, code=code, detail=detail)
    return [replace(whole, phone=phone) for phone in phones] or [whole]


def _skipped(broadcast: Broadcast) -> keys.Key:
    return keys.skipped(broadcast.account, broadcast.id)


def _texts(broadcast: Broadcast) -> keys.Key:
    return keys.message(broadcast.account, f"{broadcast.id}-")
