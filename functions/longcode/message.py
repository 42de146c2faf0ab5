"""One text to or from one phone: its states and their transitions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

Instant = Annotated[datetime, Meta(tz=True)]


class MessageState(StrEnum):
    """The state of a message."""

    SCHEDULED = "scheduled"
    ACCEPTED = "accepted"
    QUEUED = "queued"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    RECEIVED = "received"


_BEFORE_SENDING = {MessageState.REFUSED, MessageState.CANCELLED, MessageState.EXPIRED}
_FROM_THE_CARRIER = {MessageState.SENT, MessageState.DELIVERED, MessageState.UNDELIVERED}

# A worker claims a message straight from ACCEPTED: nobody would need a write of QUEUED before it.
NEXT_STATES: dict[MessageState, set[MessageState]] = {
    MessageState.SCHEDULED: {MessageState.QUEUED} | _BEFORE_SENDING,
    MessageState.ACCEPTED: {MessageState.QUEUED, MessageState.SENDING} | _BEFORE_SENDING,
    MessageState.QUEUED: {MessageState.SENDING} | _BEFORE_SENDING,
    MessageState.SENDING: {MessageState.QUEUED, MessageState.UNCERTAIN, MessageState.FAILED} | _FROM_THE_CARRIER,
    MessageState.UNCERTAIN: {MessageState.FAILED} | _FROM_THE_CARRIER,
    MessageState.SENT: {MessageState.DELIVERED, MessageState.UNDELIVERED},
    MessageState.UNDELIVERED: {MessageState.DELIVERED},
}

# The one step back, UNCERTAIN to SENDING, is a resend, at most once for a text, which is then `resent`.
# It is not in the table above, so that only the job of the deadline claims a text that the carrier may have.


def may_become(now: MessageState, then: MessageState) -> bool:
    """Return whether `then` may follow `now`; no state follows itself."""
    return then in NEXT_STATES.get(now, set())


def states_before(then: MessageState) -> tuple[MessageState, ...]:
    """Return the states that `then` may follow, for the condition of a write."""
    return tuple(state for state, following in NEXT_STATES.items() if then in following)


class Direction(StrEnum):
    """Out to a client, or in from one."""

    OUT = "out"
    IN = "in"


class MessageKind(StrEnum):
    """Why a text is sent. `service` is the reply to a keyword, and goes in spite of the opt-out that it confirms."""

    INDIVIDUAL = "individual"
    BULK = "bulk"
    TRIGGERED = "triggered"
    SERVICE = "service"
    REPLY = "reply"


class Linkable(StrEnum):
    """The types of the studio's records, besides clients, that a message can be linked to."""

    SESSION = "session"
    TASK = "task"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A session or task, by the studio's own id, which is not checked: only the studio knows its records."""

    kind: Linkable
    id: str


class Held(StrEnum):
    """Why a text waits. Until its wait is over, a job that would send it does nothing."""

    QUIET_HOURS = "quiet_hours"
    PARKED = "parked"
    PAUSED = "paused"
    ASKED = "asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One text to or from one phone, as the table keeps it. `phone` is the client's, `number` ours.

    It is sent no earlier than `send_at` and no later than `valid_until`. `quiet_from` is when the recipient's next
    quiet hours begin. Its units are reserved in the month `reserved_in`, of the counters `reserved_of`.
    A reply's `answers` is the id of the text that it answers, `replies_to` is what the carrier said about that, and
    `candidates` are the other accounts that it may be for; no studio sees these.
    """

    account: str
    id: str
    direction: Direction
    kind: MessageKind
    state: MessageState
    phone: str
    number: str
    body: str
    encoding: str
    segments: int
    units: int
    created_at: Instant
    client_id: str | None = None
    record: Reference | None = None
    template: str | None = None
    subject: str | None = None
    fingerprint: str | None = None
    of: int = 1
    skipped: tuple[tuple[str, str], ...] = ()
    reserved_in: str | None = None
    reserved_of: tuple[str, ...] = ()
    send_at: Instant | None = None
    valid_until: Instant | None = None
    quiet_from: Instant | None = None
    held: Held | None = None
    broadcast: str | None = None
    trigger: str | None = None
    due_at: Instant | None = None
    attempt: int = 0
    claim_id: str | None = None
    claimed_at: Instant | None = None
    lease_until: Instant | None = None
    deadline: Instant | None = None
    resent: bool = False
    carrier: str | None = None
    carrier_id: str | None = None
    error: str | None = None
    month: str | None = None
    sent_at: Instant | None = None
    finished_at: Instant | None = None
    charged_units: int = 0
    read: bool = True
    keyword: str | None = None
    media: tuple[str, ...] = ()
    answers: str | None = None
    replies_to: str | None = None
    rule: str | None = None
    body_expired: bool = False
    candidates: tuple[str, ...] = ()
