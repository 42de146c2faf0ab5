"""How a month's counted texts divide by template and by person: added up on request, in steps, and kept.

The text path keeps no counters of them, since their names are without a limit. A month's texts are read once, as for
its sheet; a kept tally says when, so that a page can offer to count again.
"""

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from longcode.billing import charged
from longcode.message import Direction, Message, MessageKind
from longcode.table import hub_keys, store
from longcode.table.writes import ABSENT, Put, attributes, has_value, read
from longcode.usage.usage import is_counted

_MOST_SHARES = 200  # of a grouping: the item stays far below its limit of 400 kB
_STEP_SECONDS = 1.5


class Origin(StrEnum):
    """What a text came from, if it is no template or person with a name. OTHERS: all names beyond the most."""

    NAMED = "named"
    SINGLE = "single"
    BROADCAST = "broadcast"
    TRIGGER = "trigger"
    ANSWER = "answer"
    REPLY = "reply"
    OTHERS = "others"


_ORIGINS = {
    MessageKind.INDIVIDUAL: Origin.SINGLE,
    MessageKind.BULK: Origin.BROADCAST,
    MessageKind.TRIGGERED: Origin.TRIGGER,
    MessageKind.SERVICE: Origin.ANSWER,
    MessageKind.REPLY: Origin.REPLY,
}


class TallyShare(Struct, frozen=True, kw_only=True):
    """The texts and units of a template or person by name, or of an origin without a name."""

    origin: Origin
    name: str = ""
    texts: int = 0
    units: int = 0


class Tally(Struct, frozen=True, kw_only=True):
    """A month's texts and units by template and by person. Texts up to the place `reached` are in it.

    `is_whole`: all of them are. `begun_at` is when the count began: later changes may be missing.
    """

    account: str
    month: str
    begun_at: datetime
    step: int = 0
    reached: str | None = None
    is_whole: bool = False
    by_template: tuple[TallyShare, ...] = ()
    by_person: tuple[TallyShare, ...] = ()

    @property
    def texts(self) -> int:
        """Return how many texts are in it."""
        return sum(share.texts for share in self.by_person)

    @property
    def units(self) -> int:
        """Return how many units are in it."""
        return sum(share.units for share in self.by_person)


def get(account: str, month: str) -> Tally | None:
    """Return the tally of a month as far as it is, or None."""
    item = store.get(hub_keys.tally(account, month))
    return read(Tally, item) if item else None


def count_step(
    account: str,
    month: str,
    since: str,
    now: datetime,
    *,
    seconds: float = _STEP_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Tally:
    """Add up texts for some seconds, keep the tally and return it. A whole one that began at `since` begins again.

    Of steps at the same time, one counts.
    """
    kept = get(account, month)
    if kept and kept.is_whole and kept.begun_at.isoformat() != since:
        return kept
    tally = kept if kept and not kept.is_whole else Tally(account=account, month=month, begun_at=now)
    ends = clock() + seconds
    for chunk in charged.chunks(account, month, tally.reached):
        tally = added(tally, chunk.messages, chunk.reached)
        if clock() >= ends:
            break
    tally = replace(tally, step=(kept.step if kept else 0) + 1)
    unchanged = has_value("step", kept.step) if kept else ABSENT
    item = {"type": "tally", **attributes(tally)}
    if store.try_write(Put(hub_keys.tally(account, month), item, unchanged)):
        return tally
    return get(account, month) or tally


def added(tally: Tally, texts: Iterable[Message], reached: str | None) -> Tally:
    """Return a tally with further texts, up to a place; None is the end."""
    counted = [text for text in texts if is_counted(text)]
    return replace(
        tally,
        reached=reached,
        is_whole=reached is None,
        by_template=_merged(tally.by_template, ((text.template or "", text) for text in counted)),
        by_person=_merged(tally.by_person, ((_person(text), text) for text in counted)),
    )


def _person(text: Message) -> str:
    return (text.by or "") if text.direction is Direction.OUT else ""


def _merged(shares: Iterable[TallyShare], texts: Iterable[tuple[str, Message]]) -> tuple[TallyShare, ...]:
    """Return the shares with further texts, each with its name or "", the one with the most units first."""
    merged = {(share.origin, share.name): share for share in shares}
    for name, text in texts:
        key = (Origin.NAMED, name) if name else (_ORIGINS[text.kind], "")
        if key not in merged and len(merged) >= _MOST_SHARES:
            key = (Origin.OTHERS, "")
        share = merged.get(key) or TallyShare(origin=key[0], name=key[1])
        merged[key] = replace(share, texts=share.texts + 1, units=share.units + text.charged_units)
    return tuple(sorted(merged.values(), key=lambda share: (-share.units, not share.name, share.name, share.origin)))
