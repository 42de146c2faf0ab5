"""Writes the sent and received texts of a month, each with its usage counters."""

from datetime import UTC, datetime
from itertools import count

from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.messages import store as messages
from longcode.months import month_of
from longcode.table import keys, store
from longcode.table.writes import Put
from longcode.usage import store as quotas

NOVEMBER = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
_ids = count(1)


def text(
    units: int = 1, account: str = "10000001", at: datetime = NOVEMBER, direction: Direction = Direction.OUT
) -> Message:
    """Write a text that was sent or received, and count it in the usage counters."""
    message = Message(
        account=account,
        id=f"m{next(_ids):06}",
        direction=direction,
        kind=MessageKind.INDIVIDUAL if direction is Direction.OUT else MessageKind.REPLY,
        state=MessageState.DELIVERED if direction is Direction.OUT else MessageState.RECEIVED,
        phone="+12125550123",
        number="+15555550100",
        body="Hello",
        encoding="GSM-7",
        segments=units,
        units=units,
        created_at=at,
        month=month_of(at),
        sent_at=at if direction is Direction.OUT else None,
        charged_units=units,
    )
    store.transact([Put(keys.message(account, message.id), messages.item(message)), *quotas.count_writes(message)])
    return message


def reply(units: int = 1, account: str = "10000001", at: datetime = NOVEMBER) -> Message:
    """Write a reply, and count it."""
    return text(units, account, at, Direction.IN)


def write_uncounted_text(units: int = 1, account: str = "10000001", at: datetime = NOVEMBER) -> Message:
    """Write a text that is in no usage counter."""
    message = text(units, account, at)
    store.transact(quotas.count_writes(message, -1))
    return message
