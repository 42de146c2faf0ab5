"""Messages in the table: accepted once, claimed by one worker, moved from state to state, counted as usage."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import ValidationError
from msgspec.structs import replace

from longcode.accounts.account import Account
from longcode.aws.telemetry import count, logger
from longcode.message import HoldReason, Message, MessageKind, MessageState, may_become, states_before
from longcode.messages import log
from longcode.months import month_of
from longcode.table import keys, store
from longcode.table.writes import ABSENT, Attributes, Put, Update, Write, attributes, has_value, read
from longcode.usage import store as quotas
from longcode.usage.usage import is_counted, is_credited

_ONLY_WHILE_PENDING = ("due_shard", "due_at", "lease_until", "claim_id", "deadline", "held", "error")
"""The attributes that are removed once nothing more is planned for a message."""

_ONLY_WHILE_WITH_CARRIER = (
    *("lease_until", "claim_id", "deadline", "held", "error", "resent", "carrier", "carrier_id"),
    *("month", "sent_at", "finished_at", "charged_units"),
)
"""The attributes that are removed from a message when the carrier gives it back."""

_ENDED_BADLY = (MessageState.REFUSED, MessageState.FAILED, MessageState.EXPIRED, MessageState.UNDELIVERED)
_CANCELLED_AT_ONCE = 50  # half of the hundred writes that a transaction may have


class AlreadyAccepted(Exception):
    """The request came before; `first` is the first of its messages."""

    def __init__(self, first: Message) -> None:
        super().__init__(first.id)
        self.first = first


class RequestOvertaken(Exception):
    """A condition of the writes that belong to the request failed, because something else was changed first."""


class NotReserved(Exception):
    """The reservation failed; `found` is the item of the quota, empty if there is none."""

    def __init__(self, found: Attributes) -> None:
        super().__init__(sorted(found))
        self.found = found


def get(account: str, message_id: str) -> Message | None:
    """Return a message, or None."""
    item = store.get(keys.message(account, message_id))
    return read(Message, item) if item else None


def get_many(wanted: Iterable[tuple[str, str]]) -> list[Message]:
    """Return messages by account and id, read a hundred in a call, without those that are absent or unreadable."""
    items = store.get_many(keys.message(account, message_id) for account, message_id in wanted)
    return [message for item in items.values() if (message := try_read(item))]


def with_account(account: str, message_id: str) -> tuple[Message | None, Account | None]:
    """Return a message and its account, read in one call."""
    message_key, account_key = keys.message(account, message_id), keys.account(account)
    items = store.get_many([message_key, account_key])
    return (
        read(Message, items[message_key]) if message_key in items else None,
        read(Account, items[account_key]) if account_key in items else None,
    )


def of_request(account: str, request_id: str) -> list[Message]:
    """Return the messages of one request, in the order of its phones."""
    messages = (read(Message, item) for item in store.query(keys.message(account, f"{request_id}-")))
    return sorted(messages, key=lambda message: (len(message.id), message.id))  # "…-10" comes after "…-2"


def try_read(item: Attributes | None) -> Message | None:
    """Return an item as a message; for an unreadable one, count `UnreadableItems` and return None.

    So one broken item raises an alarm, and does not hide the other messages of its list.
    """
    try:
        return read(Message, item) if item else None
    except ValidationError:
        count("UnreadableItems")
        logger.exception("left out of a list")
        return None


def item(message: Message) -> Attributes:
    """Return the item of a message, with its places in the indexes."""
    return {
        "type": "message",
        **attributes(message),
        **_due(message),
        "folder": keys.folder(message.account, message.direction, linked=message.client_id is not None),
        "folder_at": keys.folder_place(message.created_at, message.id),
    }


def accept(messages: Sequence[Message], reservations: Sequence[Update] = (), others: Sequence[Write] = ()) -> None:
    """Write the messages of one request, their reservations and `others` atomically.

    Raise `AlreadyAccepted`, `NotReserved` or `RequestOvertaken`.
    """
    new: list[Write] = [Put(_key(message), item(message), ABSENT) for message in messages]
    try:
        store.transact([*new, *reservations, *others])
    except store.ConditionFailed as failed:
        existing = next((item for item in failed.found.values() if item.get("type") == "message"), None)
        if existing:
            raise AlreadyAccepted(read(Message, existing)) from failed
        if reservations and len(new) in failed.found:
            raise NotReserved(failed.found[len(new)]) from failed
        raise RequestOvertaken from failed


def write_new(message: Message) -> Message:
    """Write a message unless there is one with its id; return the message that is in the table then."""
    try:
        store.write(Put(_key(message), item(message), ABSENT))
    except store.ConditionFailed as failed:
        return read(Message, failed.found[0])
    return message


def claim(message: Message, claim_id: str, now: datetime, lease_until: datetime) -> Message | None:
    """Claim a message for sending over its number; return it as claimed, or None if another worker has claimed it.

    Repeating a claim with its own id succeeds.
    """
    due_at = max(lease_until, message.due_at or lease_until)
    claimed = _claimed(message, claim_id, now, lease_until, due_at)
    return _try_claim(message, claimed, states_before(MessageState.SENDING))


def claim_again(message: Message, claim_id: str, now: datetime, lease_until: datetime) -> Message | None:
    """Claim an uncertain message for its second attempt; return None if a receipt or another worker came first."""
    claimed = replace(_claimed(message, claim_id, now, lease_until, lease_until), resent=True)
    return _try_claim(message, claimed, (MessageState.UNCERTAIN,), remove=("deadline",))


def reschedule(
    message: Message, to: MessageState, until: datetime, *, why: str | None = None, **changes: Any
) -> bool:
    """Set a message's state, and have the sweeper look at it at `until`: for a retry, or after an uncertain send.

    `why` is not stored, but logged if the message becomes uncertain.
    Return False if the message has changed since it was read: a worker that has claimed it decides what comes next.
    """
    unchanged = Attr("state").eq(message.state) & has_value("due_at", message.due_at)
    if message.claim_id:
        unchanged &= Attr("claim_id").eq(message.claim_id)
    changes = {"state": to, **_due(replace(message, due_at=until)), **changes}
    remove = tuple(name for name in ("lease_until", "claim_id", "held") if name not in changes)
    rescheduled = Update(_key(message), changes=changes, remove=remove, when=unchanged)
    return _write(message, rescheduled, why=why)


def record(message: Message, to: MessageState, *also: Write, charged: bool = True, **changes: Any) -> bool:
    """Record that the carrier had a claimed message, and count its units once if it is charged, in one transaction.

    The units count in the month of the claim, however early or late the carrier's answer or receipt comes.
    Return False if the message was recorded or ended before, or if another attempt has begun.
    """
    claimed_at = message.claimed_at or message.created_at
    charge: dict[str, Any] = {"month": month_of(claimed_at), "sent_at": claimed_at}
    charge["charged_units"] = message.units if charged else 0
    recorded = replace(message, **charge)
    counted = quotas.count_writes(recorded) if charged else quotas.credit_writes(message)
    before = (MessageState.SENDING, MessageState.UNCERTAIN)
    sent = _transition(message, to, before, {**changes, **charge}, _same_attempt(message))
    return _write(message, sent, *counted, *also)


def record_receipt(message: Message, to: MessageState, *also: Write, charged: bool = True, **changes: Any) -> bool:
    """Move a message that is recorded as sent to the state of a receipt; credit it, or charge it again, as `charged`.

    A credit and a new charge count in the text's own month. If that is invoiced, the next invoice has the difference.
    Return False if the message has changed since it was read.
    """
    counted: list[Update] = []
    if is_counted(message) and not charged:
        changes["charged_units"] = 0
        counted = quotas.credit_writes(message)
    elif is_credited(message) and charged:  # it was delivered after all
        changes["charged_units"] = message.units
        counted = quotas.credit_writes(message, -1)
    moved = _transition(message, to, (message.state,), changes, _same_attempt(message))
    return _write(message, moved, *counted, *also)


def put_back(message: Message, carrier_id: str, until: datetime, *also: Write, **changes: Any) -> bool:
    """Queue a text again that the carrier accepted, and then reports as not sent; take back its units if counted.

    Its reservation is kept. Return False if the message has changed since it was read.
    """
    waiting = replace(message, due_at=until)
    unchanged = Attr("state").eq(message.state) & _same_attempt(message)
    changes |= {"state": MessageState.QUEUED, "returned": (*message.returned, carrier_id), **_due(waiting)}
    remove = tuple(name for name in _ONLY_WHILE_WITH_CARRIER if name not in changes)
    queued = Update(_key(message), changes=changes, remove=remove, when=unchanged)
    return _write(message, queued, *quotas.count_writes(message, -1), *also)


def end_unsent(message: Message, to: MessageState, *also: Write, **changes: Any) -> bool:
    """End a message that the carrier does not have, and release its reservation.

    Return False if the message has ended before, or if another attempt has begun, which makes this result void.
    """
    ended = _transition(message, to, states_before(to), changes, _same_attempt(message))
    return _write(message, ended, *quotas.release_writes(message), *also)


def cancel_all(messages: Sequence[Message], now: datetime) -> list[Message]:
    """Cancel those texts of one broadcast that no worker has claimed, and release their reservations; return them."""
    ended: list[Message] = []
    states, changes = states_before(MessageState.CANCELLED), {"finished_at": now}
    waiting = [message for message in messages if may_become(message.state, MessageState.CANCELLED)]
    while waiting:
        some, others = waiting[:_CANCELLED_AT_ONCE], waiting[_CANCELLED_AT_ONCE:]
        first, units = some[0], sum(message.units for message in some)
        cancelled = [_transition(message, MessageState.CANCELLED, states, changes) for message in some]
        released = quotas.release_units_writes(first.account, first.reserved_in, first.reserved_of, units)
        try:
            store.transact([*cancelled, *released])
        except store.ConditionFailed as failed:  # workers have claimed some: try again without these
            others = [message for index, message in enumerate(some) if index not in failed.found] + others
        else:
            ended += some
        waiting = others
    return ended


def _write(message: Message, change: Update, *also: Write, why: str | None = None) -> bool:
    """Apply the writes atomically; return False if a condition failed.

    A message that ends badly, becomes uncertain or is parked is logged here: no other code moves one there.
    """
    if not store.try_write(change, *also):
        return False
    to, code = change.changes["state"], change.changes.get("error") or why
    if change.changes.get("held") is HoldReason.PARKED:
        log.log_text(log.PARKED, message, to, code)
    elif to in _ENDED_BADLY:
        log.log_text(log.ENDED_BADLY, message, to, code)
    elif to is MessageState.UNCERTAIN and message.state is not to:
        log.log_text(log.UNCERTAIN, message, to, code)
    return True


def _claimed(message: Message, claim_id: str, now: datetime, lease_until: datetime, due_at: datetime) -> Message:
    return replace(
        message,
        state=MessageState.SENDING,
        attempt=message.attempt + 1,
        claim_id=claim_id,
        claimed_at=now,
        lease_until=lease_until,
        due_at=due_at,
    )


def _try_claim(
    message: Message, claimed: Message, states: Sequence[MessageState], remove: tuple[str, ...] = ()
) -> Message | None:
    names = ("state", "number", "attempt", "claim_id", "claimed_at", "lease_until")
    changes = {name: getattr(claimed, name) for name in names}
    changes |= {name: True for name in ("resent", "abroad") if getattr(claimed, name)}
    if claimed.due_at != message.due_at:
        changes |= _due(claimed)
    free = Attr("state").is_in(list(states)) & _same_attempt(message)
    try:
        store.write(Update(_key(message), changes=changes, remove=remove, when=free))
    except store.ConditionFailed as failed:
        return claimed if failed.found[0].get("claim_id") == claimed.claim_id else None
    return claimed


def _transition(
    message: Message, to: MessageState, before: Sequence[MessageState], changes: Attributes, *also: ConditionBase
) -> Update:
    """Return the write that moves a message from one of the states `before` to a state without further steps."""
    remove = tuple(name for name in _ONLY_WHILE_PENDING if name not in changes)
    allowed = Attr("state").is_in([state for state in before if state in states_before(to)])
    return Update(_key(message), changes={"state": to, **changes}, remove=remove, when=reduce(and_, also, allowed))


def _same_attempt(message: Message) -> ConditionBase:
    return has_value("attempt", message.attempt or None)


def _key(message: Message) -> keys.Key:
    return keys.message(message.account, message.id)


def _due(message: Message) -> dict[str, str]:
    return keys.due(message.id, message.due_at, bulk=message.kind is MessageKind.BULK) if message.due_at else {}
