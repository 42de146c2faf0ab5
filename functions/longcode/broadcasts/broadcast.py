"""One text to many clients: its states, which may follow which, and what it counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2s

from longcode.message import Instant

BROADCAST_LEASE = timedelta(seconds=110)
"""How long a worker has a step to itself: longer than its function may take, shorter than the sweeper's pause."""


_LOOKS_IN = timedelta(minutes=1)  # how often the sweeper does


class BroadcastState(StrEnum):
    """Where a broadcast stands: DONE is when every text is written, and on its way by itself."""

    SCHEDULED = "scheduled"
    PLANNING = "planning"
    SENDING = "sending"
    DONE = "done"
    CANCELLED = "cancelled"
    REFUSED = "refused"


NEXT_BROADCAST_STATES: dict[BroadcastState, set[BroadcastState]] = {
    BroadcastState.SCHEDULED: {BroadcastState.PLANNING, BroadcastState.CANCELLED},
    BroadcastState.PLANNING: {BroadcastState.SENDING, BroadcastState.REFUSED, BroadcastState.CANCELLED},
    BroadcastState.SENDING: {BroadcastState.DONE, BroadcastState.CANCELLED},
    BroadcastState.DONE: {BroadcastState.CANCELLED},
}


def broadcast_may_become(now: BroadcastState, then: BroadcastState) -> bool:
    """Tell whether `then` may follow `now`; a state may not follow itself."""
    return then in NEXT_BROADCAST_STATES.get(now, set())


def broadcast_states_before(then: BroadcastState) -> tuple[BroadcastState, ...]:
    """Tell the states that `then` may follow, for the condition of a write."""
    return tuple(state for state, following in NEXT_BROADCAST_STATES.items() if then in following)


class LimitPolicy(StrEnum):
    """What happens when not everything fits what is left of the account's limits: nothing goes, or what fits."""

    ALL = "all"
    PART = "part"


class BulkAction(StrEnum):
    """What is done to the texts that are written, one after another, before anything else goes on."""

    CANCEL = "cancel"
    WAKE = "wake"


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """A broadcast, as the table keeps it; whom it is for stands beside it.

    Each piece of work is a step, and a job names the step that it is for. `begun`: a worker has begun on it, and may
    have written texts that are not counted yet. `cursor` is the last client whose texts are written and counted in
    `texts`, `units`, `segments` and `skipped`; `planned_*` is what planning found. `reserved` are the units that the
    broadcast and its texts together hold of the counters named by `reserved_in` and `reserved_of`; where no limit
    was held against it, they are `booked`, and no bound to what it writes. `seed` keeps the phone out of the ids of
    the texts.
    """

    account: str
    id: str
    state: BroadcastState
    created_at: Instant
    fingerprint: str
    seed: str
    body: str
    step: int
    template: str | None = None
    subject: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    limit: LimitPolicy = LimitPolicy.ALL
    send_at: Instant | None = None
    paused: bool = False
    begun: bool = False
    taken_by: str | None = None
    lease_until: Instant | None = None
    due_at: Instant | None = None
    cursor: str | None = None
    walk: BulkAction | None = None
    walked: str | None = None
    walked_units: int = 0
    planned_clients: int = 0
    planned_texts: int = 0
    planned_units: int = 0
    texts: int = 0
    units: int = 0
    segments: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    reserved: int = 0
    reserved_in: str | None = None
    reserved_of: tuple[str, ...] = ()
    booked: bool = False
    error: str | None = None
    detail: str | None = None
    started_at: Instant | None = None
    finished_at: Instant | None = None

    @property
    def budget(self) -> int | None:
        """Tell how many units may still be written; None is no limit."""
        return max(0, self.reserved - self.units) if self.reserved_in and not self.booked else None


def broadcast_text_id(broadcast: Broadcast, phone: str) -> str:
    """Name the one text of a broadcast to a phone, whoever's it is; the phone cannot be told from the name."""
    digest = blake2s(phone.encode(), key=broadcast.seed.encode(), digest_size=8).hexdigest()
    return f"{broadcast.id}-{digest}"


def is_due(broadcast: Broadcast, now: datetime) -> bool:
    """Tell whether a scheduled broadcast's time has come."""
    return broadcast.send_at is None or broadcast.send_at <= now


def next_texts_at(broadcast: Broadcast, now: datetime, segments_a_second: float) -> datetime | None:
    """Tell when more texts are wanted, if not at once: what is written keeps its number busy for some minutes.

    So a queue never holds more of a broadcast than some minutes of it, and a cancel or a pause meets few texts there.
    """
    if broadcast.state is not BroadcastState.SENDING or broadcast.walk or broadcast.started_at is None:
        return None
    busy_until = broadcast.started_at + timedelta(seconds=broadcast.segments / segments_a_second)
    return busy_until - _LOOKS_IN if busy_until > now + 2 * _LOOKS_IN else None


def add_counts(some: Mapping[str, int], codes: Iterable[str]) -> dict[str, int]:
    """Count reasons on top of those that are counted."""
    counts = dict(some)
    for code in codes:
        counts[code] = counts.get(code, 0) + 1
    return counts
