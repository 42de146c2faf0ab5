"""Messages: accepted once, claimed by one worker, recorded with their units, linked and read."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import ValidationError

from longcode.accounts.account import Account
from longcode.aws.telemetry import count, logger
from longcode.message import Message, MessageKind, MessageState, may_become, states_before
from longcode.months import month_of
from longcode.table import keys, store
from longcode.table.writes import ABSENT, Attributes, Put, Update, Write, attributes, read
from longcode.usage import store as quotas

_AT_REST = ("due_shard", "due_at", "lease_until", "claim_id", "deadline", "held", "error")


_AT_ONCE = 50  # of the hundred writes of a transaction


class AlreadyAccepted(Exception):
    """The request came before: `first` is the first message that it made."""

    def __init__(self, first: Message) -> None:
        super().__init__(first.id)
        self.first = first


class RequestOvertaken(Exception):
    """What else was to be written with the messages has met a change that came first."""


class NoAllowance(Exception):
    """The reservation failed: `found` is what stands there to reserve from."""

    def __init__(self, found: Attributes) -> None:
        super().__init__(sorted(found))
        self.found = found


def get(account: str, message_id: str) -> Message | None:
    """Read a message."""
    found = store.get(keys.message(account, message_id))
    return read(Message, found) if found else None


def get_many(wanted: Iterable[tuple[str, str]]) -> list[Message]:
    """Read messages by account and id, a hundred in a call; what is not there, or cannot be read, is left out."""
    found = store.get_many(keys.message(account, message_id) for account, message_id in wanted)
    return [message for item in found.values() if (message := readable(item))]


def with_account(account: str, message_id: str) -> tuple[Message | None, Account | None]:
    """Read a message and its account, in one call."""
    of_message, of_account = keys.message(account, message_id), keys.account(account)
    found = store.get_many([of_message, of_account])
    return (
        read(Message, found[of_message]) if of_message in found else None,
        read(Account, found[of_account]) if of_account in found else None,
    )


def of_request(account: str, request_id: str) -> list[Message]:
    """List the messages that one request made, in its order: the tenth comes after the second."""
    made = (read(Message, item) for item in store.query(keys.message(account, f"{request_id}-")))
    return sorted(made, key=lambda one: (len(one.id), one.id))


def readable(found: Attributes | None) -> Message | None:
    """Read a message of a list: one that the code cannot read rings the alarm, and hides no other."""
    try:
        return read(Message, found) if found else None
    except ValidationError:
        count("UnreadableItems")
        logger.exception("left out of a list")
        return None


def item(message: Message) -> Attributes:
    """Give the item of a message, with its places in the indexes."""
    return {
        "type": "message",
        **attributes(message),
        **_due(message),
        "folder": keys.folder(message.account, message.direction, linked=message.client_id is not None),
        "folder_at": keys.folder_place(message.created_at, message.id),
    }


def accept(messages: Sequence[Message], reservations: Sequence[Update] = (), others: Sequence[Write] = ()) -> None:
    """Write the messages of one request with `others`, all or none.

    Raises `AlreadyAccepted`, `NoAllowance` or `Overtaken`.
    """
    writes: list[Write] = [Put(keys.message(one.account, one.id), item(one), ABSENT) for one in messages]
    try:
        store.transact([*writes, *reservations, *others])
    except store.ConditionFailed as failed:
        there = next((found for found in failed.found.values() if found.get("type") == "message"), None)
        if there:
            raise AlreadyAccepted(read(Message, there)) from failed
        if reservations and len(writes) in failed.found:
            raise NoAllowance(failed.found[len(writes)]) from failed
        raise RequestOvertaken from failed


def write_new(message: Message) -> Message:
    """Write a message unless one with its id stands; gives the one that stands now."""
    try:
        store.write(Put(_key(message), item(message), ABSENT))
    except store.ConditionFailed as failed:
        return read(Message, failed.found[0])
    return message


def claim(message: Message, claim_id: str, now: datetime, lease_until: datetime) -> Message | None:
    """Take a message for sending; None when another has it. Repeating a claim with its own id succeeds."""
    due_at = max(lease_until, message.due_at or lease_until)
    claimed = replace(
        message,
        state=MessageState.SENDING,
        attempt=message.attempt + 1,
        claim_id=claim_id,
        claimed_at=now,
        lease_until=lease_until,
        due_at=due_at,
    )
    moved = ("state", "attempt", "claim_id", "claimed_at", "lease_until")
    changes = {name: getattr(claimed, name) for name in moved}
    if due_at != message.due_at:
        changes |= _due(claimed)
    free = Attr("state").is_in(states_before(MessageState.SENDING)) & _same_attempt(message)
    try:
        store.write(Update(_key(message), changes=changes, when=free))
    except store.ConditionFailed as failed:
        return claimed if failed.found[0].get("claim_id") == claim_id else None
    return claimed


def claim_again(message: Message, claim_id: str, now: datetime, lease_until: datetime) -> Message | None:
    """Take an uncertain message for its second attempt; None when a receipt told of it, or another took it."""
    claimed = replace(
        message,
        state=MessageState.SENDING,
        attempt=message.attempt + 1,
        resent=True,
        claim_id=claim_id,
        claimed_at=now,
        lease_until=lease_until,
        due_at=lease_until,
    )
    moved = ("state", "attempt", "resent", "claim_id", "claimed_at", "lease_until")
    changes = {name: getattr(claimed, name) for name in moved} | _due(claimed)
    unheard_of = Attr("state").eq(MessageState.UNCERTAIN) & _same_attempt(message)
    try:
        store.write(Update(_key(message), changes=changes, remove=("deadline",), when=unheard_of))
    except store.ConditionFailed as failed:
        return claimed if failed.found[0].get("claim_id") == claim_id else None
    return claimed


def record(message: Message, to: MessageState, *also: Write, **changes: Any) -> bool:
    """Move a claimed message to where the carrier has it, and count its units, together and once.

    The month is that of the claim: a receipt that comes first, or late, counts in the same one.
    """
    handed_over_at = message.claimed_at or message.created_at
    charge: dict[str, Any] = {
        "month": month_of(handed_over_at),
        "sent_at": handed_over_at,
        "charged_units": message.units,
    }
    counted = quotas.counting(replace(message, **charge))
    return _move(message, to, (MessageState.SENDING, MessageState.UNCERTAIN), {**changes, **charge}, *counted, *also)


def settle(message: Message, to: MessageState, *also: Write, **changes: Any) -> bool:
    """Move a message that the carrier does not have to its end, and give back what was reserved.

    False when it has ended otherwise, or another attempt was begun meanwhile: what came of this one ends it no more.
    """
    ended = _moving(message, to, states_before(to), changes, _same_attempt(message))
    return store.try_write(ended, *quotas.releasing(message), *also)


def cancel_all(messages: Sequence[Message], now: datetime) -> None:
    """Cancel those of some texts of one broadcast that no worker has yet, and give back what they reserved."""
    waiting = [one for one in messages if may_become(one.state, MessageState.CANCELLED)]
    while waiting:
        some, others = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
        first, units = some[0], sum(one.units for one in some)
        back = quotas.giving_back(first.account, first.reserved_in, first.reserved_of, units)
        try:
            store.transact(
                [
                    *(
                        _moving(
                            one, MessageState.CANCELLED, states_before(MessageState.CANCELLED), {"finished_at": now}
                        )
                        for one in some
                    ),
                    *back,
                ]
            )
        except store.ConditionFailed as failed:  # a worker has some of them meanwhile: theirs they are
            others = [one for index, one in enumerate(some) if index not in failed.found] + others
        waiting = others


def report(message: Message, to: MessageState, *also: Write, **changes: Any) -> bool:
    """Move a message that is recorded as sent to what a receipt tells."""
    return _move(message, to, (MessageState.SENT, MessageState.UNDELIVERED), changes, *also)


def put_off(message: Message, to: MessageState, until: datetime, **changes: Any) -> bool:
    """Leave a message for the sweeper: a retry, or an uncertain send that waits for a receipt.

    Only as it was read: one that a worker has claimed meanwhile is that worker's, and so is the time of its retry.
    """
    due = Attr("due_at")
    unchanged = Attr("state").eq(message.state)
    unchanged &= due.eq(keys.instant(message.due_at)) if message.due_at else due.not_exists()
    if message.claim_id:
        unchanged &= Attr("claim_id").eq(message.claim_id)
    due_again = _due(replace(message, due_at=until))
    moved = {"state": to, **due_again, **changes}
    free = tuple(name for name in ("lease_until", "claim_id", "held") if name not in moved)
    return store.try_write(Update(_key(message), changes=moved, remove=free, when=unchanged))


def take_back(message: Message, to: MessageState, now: datetime, *also: Write, **changes: Any) -> bool:
    """End a text that the carrier took and then refused: as if it had never been sent, nobody is charged.

    Only what was counted in a month that is over stays as it is: that month may be billed.
    """
    if message.state is not MessageState.SENT:
        return settle(message, to, *also, **changes)
    if message.month != month_of(now):
        return report(message, to, *also, **changes)
    changes |= {"charged_units": 0}
    others = [*quotas.counting(message, -1), *quotas.releasing(message), *also]
    return _move(message, to, (MessageState.SENT,), changes, *others)


def _move(
    message: Message, to: MessageState, come_from: Sequence[MessageState], changes: Attributes, *others: Write
) -> bool:
    return store.try_write(_moving(message, to, come_from, changes), *others)


def _moving(
    message: Message, to: MessageState, come_from: Sequence[MessageState], changes: Attributes, *also: ConditionBase
) -> Update:
    gone = tuple(name for name in _AT_REST if name not in changes)
    allowed = Attr("state").is_in([state for state in come_from if state in states_before(to)])
    return Update(_key(message), changes={"state": to, **changes}, remove=gone, when=reduce(and_, also, allowed))


def _same_attempt(message: Message) -> ConditionBase:
    return Attr("attempt").eq(message.attempt) if message.attempt else Attr("attempt").not_exists()


def _key(message: Message) -> keys.Key:
    return keys.message(message.account, message.id)


def _due(message: Message) -> dict[str, str]:
    return keys.due(message.id, message.due_at, bulk=message.kind is MessageKind.BULK) if message.due_at else {}
