"""A message, one text to or from one phone: its states and their transitions. Also the states of a broadcast."""

from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Annotated

from msgspec import Meta, Struct

from longcode.shown import Shown

Instant = Annotated[datetime, Meta(tz=True)]


class MessageState(StrEnum):
    """How far a message is on its way. A reply is always `received`."""

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


class BroadcastState(StrEnum):
    """The state of a broadcast. DONE: every text is written; each is sent as any other text from then on.

    The API shows it as `waiting` while one of them may still be sent.
    """

    SCHEDULED = "scheduled"
    PLANNING = "planning"
    SENDING = "sending"
    DONE = "done"
    CANCELLED = "cancelled"
    REFUSED = "refused"


MAY_STILL_BE_SENT = {
    MessageState.SCHEDULED,
    MessageState.ACCEPTED,
    MessageState.QUEUED,
    MessageState.SENDING,
    MessageState.UNCERTAIN,
}
"""The states from which a text can reach the carrier (again)."""

NOT_REACHED = frozenset({MessageState.FAILED, MessageState.UNDELIVERED, MessageState.REFUSED, MessageState.EXPIRED})
"""The states of a text that did not reach its phone."""

_DROPPED = {MessageState.REFUSED, MessageState.CANCELLED, MessageState.EXPIRED}
_REPORTED = {MessageState.SENT, MessageState.DELIVERED, MessageState.UNDELIVERED}

# A worker may claim a message directly from ACCEPTED, because nobody would read a QUEUED in between.
# A resend takes a text from UNCERTAIN back to SENDING, at most once. It is not in this table, so that only the job at
# the deadline (`messages.store.claim_again`) can claim a text that the carrier may already have. Nor is the way back
# to QUEUED of a text that the carrier reports as not sent (`messages.store.put_back`), nor the way to UNCERTAIN of a
# text in a restored table that the carrier already has (`admin.restore_check`).
NEXT_STATES: dict[MessageState, set[MessageState]] = {
    MessageState.SCHEDULED: {MessageState.QUEUED} | _DROPPED,
    MessageState.ACCEPTED: {MessageState.QUEUED, MessageState.SENDING} | _DROPPED,
    MessageState.QUEUED: {MessageState.SENDING} | _DROPPED,
    MessageState.SENDING: {MessageState.QUEUED, MessageState.UNCERTAIN, MessageState.FAILED} | _REPORTED,
    MessageState.UNCERTAIN: {MessageState.FAILED} | _REPORTED,
    MessageState.SENT: {MessageState.DELIVERED, MessageState.UNDELIVERED},
    MessageState.UNDELIVERED: {MessageState.DELIVERED},
}


def may_become(current: MessageState, following: MessageState) -> bool:
    """Return whether a message may change from the state `current` to `following`; no state follows itself."""
    return following in NEXT_STATES.get(current, set())


@cache
def states_before(following: MessageState) -> tuple[MessageState, ...]:
    """Return the states that `following` may follow, for the condition of a write."""
    return tuple(state for state, next_states in NEXT_STATES.items() if following in next_states)


class Direction(StrEnum):
    """Whether we sent a message or received it."""

    OUT = "out"
    IN = "in"


class MessageKind(StrEnum):
    """Why a message exists. SERVICE is our reply to a keyword, sent in spite of the opt-out that it confirms."""

    INDIVIDUAL = "individual"
    BULK = "bulk"
    TRIGGERED = "triggered"
    SERVICE = "service"
    REPLY = "reply"


class Linkable(StrEnum):
    """The types of the studio's records, besides clients, that a message can be linked to."""

    SESSION = "session"
    TASK = "task"


class Reference(Shown, frozen=True, kw_only=True):
    """A session or task, by the studio's own id. The id is not checked: only the studio knows its records."""

    kind: Linkable
    id: str


class HoldReason(StrEnum):
    """Why a text waits. While a text waits, a job to send it does nothing.

    `ceiling`: its account or the service has sent as much as it may in a day.
    `parked`: the operator must act first. `paused`: its broadcast is paused. `asked`: staff have yet to answer
    whether the recipient opted out.
    """

    QUIET_HOURS = "quiet_hours"
    PARKED = "parked"
    PAUSED = "paused"
    ASKED = "asked"
    CEILING = "ceiling"


class Message(Struct, frozen=True, kw_only=True):
    """A text to or from a phone, as stored. `phone` is the client's number, `number` is ours, both in E.164.

    It is sent no earlier than `send_at` and no later than `valid_until`; `quiet_from` is when the recipient's next
    quiet hours begin. Its units are reserved in the month `reserved_in`, on the counters `reserved_of`.
    `of` is how many messages its request made, `skipped` the phones that got none, each with the code of the reason.
    `resent`: it was sent a second time after an uncertain attempt. `returned` are the carrier's ids of the attempts
    that the carrier accepted and then gave back. `month` is the month whose counters count it, and `abroad` says that
    its phone is in another country than its account.
    `answers` is the id of the text that a reply answers, `replies_to` the carrier's id of that text, if the carrier
    gave it, and `rule` the rule that attributed the reply. `candidates` are the other accounts that a reply may be
    for; no studio sees them. `other_recipients` are the other phones of the group that a reply was written to.
    `by` is the name of the person who wrote a text in the hub, `cancelled_by` of who cancelled it there, `read_by` of
    who last marked a reply as read or unread, and `linked_by` of who last changed its links.
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
    held: HoldReason | None = None
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
    returned: tuple[str, ...] = ()
    error: str | None = None
    abroad: bool = False
    month: str | None = None
    sent_at: Instant | None = None
    finished_at: Instant | None = None
    charged_units: int = 0
    read: bool = True
    keyword: str | None = None
    media: tuple[str, ...] = ()
    other_recipients: tuple[str, ...] = ()
    answers: str | None = None
    replies_to: str | None = None
    rule: str | None = None
    body_expired: bool = False
    by: str | None = None
    cancelled_by: str | None = None
    read_by: str | None = None
    linked_by: str | None = None
    candidates: tuple[str, ...] = ()
