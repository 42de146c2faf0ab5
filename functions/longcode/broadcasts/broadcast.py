"""A broadcast, one text to many clients: its states, their transitions and its counts."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2s

from msgspec import Struct, field
from msgspec.structs import replace

from longcode.message import BroadcastState, Instant
from longcode.windows import SWEEP_AFTER

BROADCAST_LEASE = timedelta(seconds=110)
"""How long a worker holds a step: longer than its function may run, shorter than the sweeper's first check."""

_SWEEPER_INTERVAL = timedelta(minutes=1)
TEXTS_END_WITHIN = timedelta(days=5)
"""How long after the last text was written each has ended: validity, the longest wait for a receipt, and a day."""


NEXT_BROADCAST_STATES: dict[BroadcastState, set[BroadcastState]] = {
    BroadcastState.SCHEDULED: {BroadcastState.PLANNING, BroadcastState.CANCELLED},
    BroadcastState.PLANNING: {BroadcastState.SENDING, BroadcastState.REFUSED, BroadcastState.CANCELLED},
    BroadcastState.SENDING: {BroadcastState.DONE, BroadcastState.CANCELLED},
    BroadcastState.DONE: {BroadcastState.CANCELLED},
}


class LimitPolicy(StrEnum):
    """What to send when the account's limits do not allow the whole broadcast: nothing, or the part that fits."""

    ALL = "all"
    PART = "part"


class BulkAction(StrEnum):
    """An action on all written texts of a broadcast, page by page; no other step runs until it ends."""

    CANCEL = "cancel"
    RESUME = "wake"


class Broadcast(Struct, frozen=True, kw_only=True):
    """A broadcast as the table stores it; its audience is an item of its own.

    - `step` is the number of the current step; a job names the step that it is for.
    - `begun`: a worker has started to write the texts of this step, and some may exist that are not counted yet.
    - `cursor` is the last client whose texts are written and counted in `texts`, `units`, `segments` and `skipped`.
    - `planned_*` are the totals that planning found.
    - `bulk_action` is in progress, `bulk_reached` the last text that it reached, `bulk_units` the units so far.
    - `reserved` are the units reserved for the whole broadcast, written texts included, in the month `reserved_in` on
      the counters `reserved_of`. `booked`: there is no limit, so they do not bound how many texts are written.
    - `by`, `paused_by` and `cancelled_by` are the names of the people who did that in the hub.
    - `again_of` is the broadcast that it sends again to those whom that did not reach. Replies to it have sequence
      numbers after `replies_after`.
    - `seed` is the key of the hash of the phone in a text's id, so that the id does not reveal the phone.
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
    values: dict[str, str] = {}
    limit: LimitPolicy = LimitPolicy.ALL
    send_at: Instant | None = None
    paused: bool = False
    begun: bool = False
    taken_by: str | None = None
    lease_until: Instant | None = None
    due_at: Instant | None = None
    cursor: str | None = None
    bulk_action: BulkAction | None = field(name="walk", default=None)
    bulk_reached: str | None = field(name="walked", default=None)
    bulk_units: int = field(name="walked_units", default=0)
    planned_clients: int = 0
    planned_texts: int = 0
    planned_units: int = 0
    texts: int = 0
    units: int = 0
    segments: int = 0
    skipped: dict[str, int] = {}
    reserved: int = 0
    reserved_in: str | None = None
    reserved_of: tuple[str, ...] = ()
    booked: bool = False
    error: str | None = None
    detail: str | None = None
    started_at: Instant | None = None
    finished_at: Instant | None = None
    by: str | None = None
    paused_by: str | None = None
    cancelled_by: str | None = None
    again_of: str | None = None
    replies_after: int = 0

    @property
    def budget(self) -> int | None:
        """Return how many units the texts still to be written may have; None is no limit."""
        return max(0, self.reserved - self.units) if self.reserved_in and not self.booked else None


def broadcast_may_become(current: BroadcastState, following: BroadcastState) -> bool:
    """Return whether the state `following` may follow `current`; no state follows itself."""
    return following in NEXT_BROADCAST_STATES.get(current, set())


def broadcast_states_before(following: BroadcastState) -> tuple[BroadcastState, ...]:
    """Return the states that `following` may follow, for the condition of a write."""
    return tuple(state for state, next_states in NEXT_BROADCAST_STATES.items() if following in next_states)


def broadcast_text_id(broadcast: Broadcast, phone: str) -> str:
    """Return the id of the broadcast's only text to a phone, the same for every client with that phone.

    The phone cannot be found from the id.
    """
    digest = blake2s(phone.encode(), key=broadcast.seed.encode(), digest_size=8).hexdigest()
    return f"{broadcast.id}-{digest}"


def resumed(broadcast: Broadcast, now: datetime) -> Broadcast:
    """Return a paused broadcast as it goes on, with its written texts first."""
    are_written = broadcast.state in (BroadcastState.SENDING, BroadcastState.DONE)
    due_at = now + SWEEP_AFTER
    if broadcast.state is BroadcastState.SCHEDULED and broadcast.send_at:
        due_at = max(broadcast.send_at, due_at)
    return replace(
        broadcast,
        paused=False,
        paused_by=None,
        error=None,
        detail=None,
        bulk_action=BulkAction.RESUME if are_written else None,
        bulk_reached=None,
        bulk_units=0,
        due_at=due_at,
    )


def cancelled(broadcast: Broadcast, now: datetime, by: str | None = None) -> Broadcast:
    """Return a broadcast that is cancelled, and whose unsent texts are cancelled next."""
    return replace(
        broadcast,
        state=BroadcastState.CANCELLED,
        paused=False,
        paused_by=None,
        cancelled_by=by,
        bulk_action=BulkAction.CANCEL,
        bulk_reached=None,
        bulk_units=0,
        due_at=now + SWEEP_AFTER,
        finished_at=now,
    )


def may_have_unsent_texts(broadcast: Broadcast, now: datetime) -> bool:
    """Return whether all texts of a broadcast are written, so lately that one may still be sent."""
    if broadcast.state is not BroadcastState.DONE or broadcast.finished_at is None:
        return False
    return now < broadcast.finished_at + TEXTS_END_WITHIN


def is_due(broadcast: Broadcast, now: datetime) -> bool:
    """Return whether a scheduled broadcast may start."""
    return broadcast.send_at is None or broadcast.send_at <= now


def next_texts_at(broadcast: Broadcast, now: datetime, segments_a_second: float) -> datetime | None:
    """Return when to write more texts, or None for at once.

    While the written texts keep the numbers busy for more than two minutes, no more are written. So the queue holds a
    few minutes of a broadcast at most, and a cancel or a pause finds few texts there. The time counts from when the
    broadcast was to begin: begun again in a restored table, it writes at least as many texts as it had written then,
    so that `admin.restore_check` finds those that went.
    """
    if broadcast.state is not BroadcastState.SENDING or broadcast.bulk_action or broadcast.started_at is None:
        return None
    begin = min(broadcast.started_at, broadcast.send_at or broadcast.created_at)
    busy_until = begin + timedelta(seconds=broadcast.segments / segments_a_second)
    return busy_until - _SWEEPER_INTERVAL if busy_until > now + 2 * _SWEEPER_INTERVAL else None


def add_counts(counts: Mapping[str, int], codes: Iterable[str]) -> dict[str, int]:
    """Return the counts by reason with these codes added."""
    total = dict(counts)
    for code in codes:
        total[code] = total.get(code, 0) + 1
    return total
