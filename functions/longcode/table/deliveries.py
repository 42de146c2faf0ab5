"""What hosted software is told: written once for each thing that happened, tried when due, listed when not taken."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import ValidationError

from longcode.account import Account
from longcode.aws.telemetry import count, logger
from longcode.delivery import Delivery, DeliveryState
from longcode.message import Message
from longcode.receiver import Receiver
from longcode.table import keys, messages, store
from longcode.table.codec import Attributes, attributes, read
from longcode.table.writes import ABSENT, Put


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that decides what a studio's software is told now."""

    account: Account | None
    receiver: Receiver
    deliveries: dict[str, Delivery]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Deliveries, newest first, and where the next page begins."""

    deliveries: list[Delivery]
    next_cursor: str | None


def get(account: str, delivery_id: str, now: datetime) -> Delivery | None:
    """Read a delivery; one that has expired is as absent as one that never was."""
    found = store.get(keys.delivery(account, delivery_id))
    return _shown(found, now)


def tell(one: Delivery) -> bool:
    """Write what is to be told; False when it was written before."""
    return store.try_write(Put(keys.delivery(one.account, one.id), _item(one), ABSENT))


def writing(one: Delivery) -> Put:
    """Make the write of what is to be told; it belongs into the transaction that makes it happen."""
    return Put(keys.delivery(one.account, one.id), _item(one))


def unwritten(told: Iterable[Delivery]) -> list[Delivery]:
    """List which of these are not written yet, in their order."""
    places = {keys.delivery(one.account, one.id): one for one in told}
    found = store.get_many(places) if places else {}
    return [one for key, one in places.items() if key not in found]


def look_up(account: str, ids: Iterable[str]) -> Known:
    """Read deliveries of one account, with the account and its receiver, in one call."""
    wanted = {one: keys.delivery(account, one) for one in ids}
    found = store.get_many([keys.account(account), keys.receiver(account), *wanted.values()])
    of_account, of_receiver = found.get(keys.account(account)), found.get(keys.receiver(account))
    return Known(
        account=read(Account, of_account) if of_account else None,
        receiver=read(Receiver, of_receiver) if of_receiver else Receiver(account=account),
        deliveries={name: one for name, key in wanted.items() if (one := _readable(found.get(key)))},
    )


def texts(told: Iterable[Delivery]) -> dict[str, Message]:
    """Read the texts whose words these tell, by their ids."""
    wanted = [keys.message(one.account, one.message_id) for one in told if one.message_id]
    found = store.get_many(wanted) if wanted else {}
    return {one.id: one for item in found.values() if (one := messages.readable(item))}


def change(stood: Delivery, then: Delivery) -> bool:
    """Write what became of a delivery; False when another has moved it since it was read."""
    unchanged = Attr("begun_at").eq(keys.instant(stood.begun_at)) & _is("attempt", stood.attempt, 0)
    unchanged &= _is("state", stood.state, DeliveryState.PENDING)
    return store.try_write(Put(keys.delivery(then.account, then.id), _item(then), unchanged))


def page(account: str, state: DeliveryState, now: datetime, *, limit: int, cursor: str | None) -> Page:
    """List what was not taken: what waits for another try, or what is given up; newest first."""
    place = keys.deliveries(account, state)
    items, next_cursor = store.index_page(place, limit=limit, cursor=cursor, newest_first=True)
    shown = [one for item in items if (one := _shown(item, now)) and one.state is state]
    return Page(deliveries=shown, next_cursor=next_cursor)


def _shown(found: Attributes | None, now: datetime) -> Delivery | None:
    one = _readable(found)
    return None if one and one.expires_at and one.expires_at <= now.timestamp() else one


def _readable(found: Attributes | None) -> Delivery | None:
    """Read a delivery: one that the code cannot read rings the alarm, and keeps no other from being told."""
    try:
        return read(Delivery, found) if found else None
    except ValidationError:
        count("UnreadableItems")
        logger.exception("left untold")
        return None


def _item(one: Delivery) -> Attributes:
    due = keys.due(one.id, one.due_at, told=True) if one.due_at else {}
    return {"type": "delivery", **attributes(one), **due, **_place(one)}


def _place(one: Delivery) -> dict[str, str]:
    if one.state is DeliveryState.DELIVERED or one.error is None:
        return {}
    return {
        "folder": keys.deliveries(one.account, one.state),
        "folder_at": keys.folder_place(one.created_at, one.id),
    }


def _is(name: str, value: Any, default: Any) -> ConditionBase:
    return Attr(name).not_exists() if value == default else Attr(name).eq(value)
