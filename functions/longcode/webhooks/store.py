"""Deliveries and endpoints in the table. A delivery is written once, and due until it is taken or given up."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct, ValidationError

from longcode.accounts.account import Account
from longcode.aws.telemetry import count, logger
from longcode.message import Message
from longcode.messages import store as messages
from longcode.table import keys, store
from longcode.table.writes import ABSENT, Attributes, Put, attributes, read
from longcode.webhooks import delivery
from longcode.webhooks.delivery import Delivery, DeliveryState, Endpoint


class LookUp(Struct, frozen=True, kw_only=True):
    """What decides whether deliveries of one account are posted now."""

    account: Account | None
    endpoint: Endpoint
    deliveries: dict[str, Delivery]


class DeliveryPage(Struct, frozen=True, kw_only=True):
    """Deliveries, newest first, and where the next page begins."""

    deliveries: list[Delivery]
    next_cursor: str | None


def get(account: str, delivery_id: str, now: datetime) -> Delivery | None:
    """Return a delivery, unless it has expired."""
    found = store.get(keys.delivery(account, delivery_id))
    return _unexpired(found, now)


def create(deliveries: Collection[Delivery]) -> list[Delivery]:
    """Write the deliveries that are not there yet, and return those."""
    candidates = deliveries if len(deliveries) <= 1 else _absent(deliveries)  # of many, most are often there
    return [one for one in candidates if store.try_write(Put(keys.delivery(one.account, one.id), _item(one), ABSENT))]


def creation(one: Delivery) -> Put:
    """Return the write of a new delivery, for the transaction of what happened."""
    return Put(keys.delivery(one.account, one.id), _item(one))


def look_up(account: str, ids: Iterable[str]) -> LookUp:
    """Read deliveries of one account, with the account and its endpoint, in one call."""
    wanted = {one: keys.delivery(account, one) for one in ids}
    found = store.get_many([keys.account(account), keys.receiver(account), *wanted.values()])
    of_account, of_endpoint = found.get(keys.account(account)), found.get(keys.receiver(account))
    return LookUp(
        account=read(Account, of_account) if of_account else None,
        endpoint=read(Endpoint, of_endpoint) if of_endpoint else Endpoint(account=account),
        deliveries={name: one for name, key in wanted.items() if (one := _readable(found.get(key)))},
    )


def texts(deliveries: Iterable[Delivery]) -> dict[str, Message]:
    """Return the messages whose words these deliveries carry, by their ids."""
    wanted = [keys.message(one.account, one.message_id) for one in deliveries if one.message_id]
    found = store.get_many(wanted) if wanted else {}
    return {one.id: one for item in found.values() if (one := messages.readable(item))}


def change(before: Delivery, after: Delivery) -> bool:
    """Write what became of a delivery; return False if another has changed it since it was read."""
    unchanged = Attr("begun_at").eq(keys.instant(before.begun_at)) & _is("attempt", before.attempt, 0)
    unchanged &= _is("state", before.state, DeliveryState.PENDING)
    return store.try_write(Put(keys.delivery(after.account, after.id), _item(after), unchanged))


def page(account: str, state: DeliveryState, now: datetime, *, limit: int, cursor: str | None) -> DeliveryPage:
    """Return the deliveries that wait for another attempt, or those that were given up; newest first."""
    place = keys.deliveries(account, state)
    items, next_cursor = store.index_page(place, limit=limit, cursor=cursor, newest_first=True)
    shown = [one for item in items if (one := _unexpired(item, now)) and one.state is state]
    return DeliveryPage(deliveries=shown, next_cursor=next_cursor)


def reserve(endpoint: Endpoint, now: datetime) -> Endpoint | None:
    """Return the endpoint if it may be called now. After a failure only one worker may, and the others get None."""
    if not endpoint.failures:
        return endpoint
    probed = delivery.probed(endpoint, now)
    return probed if probed and store.try_write(_endpoint_write(endpoint, probed)) else None


def note_success(endpoint: Endpoint) -> Endpoint:
    """Return the endpoint as one that answers; one that did before costs no write."""
    return _swap(endpoint, delivery.recovered) if endpoint.failures else endpoint


def note_failure(endpoint: Endpoint, now: datetime, jitter: float) -> Endpoint:
    """Return the endpoint with its pause. Workers whose calls fail at the same time count as one failure."""
    return _swap(
        endpoint, lambda found: found if delivery.backoff_until(found, now) else delivery.failed(found, now, jitter)
    )


def clear_backoff(account: str) -> None:
    """End the pause of an account's endpoint, if there is one."""
    found = store.get(keys.receiver(account))
    if found:
        _swap(read(Endpoint, found), delivery.clear_backoff)


def _swap(found: Endpoint, change: Callable[[Endpoint], Endpoint]) -> Endpoint:
    attempt = 0
    while (then := change(found)) is not found:
        try:
            store.write(_endpoint_write(found, then))
        except store.ConditionFailed as failed:
            found = read(Endpoint, failed.found[0])
            store.pause(attempt)
            attempt += 1
        else:
            break
    return then


def _endpoint_write(found: Endpoint, then: Endpoint) -> Put:
    unchanged = Attr("version").eq(found.version) if found.version else ABSENT
    return Put(keys.receiver(then.account), {"type": "receiver", **attributes(then)}, unchanged)


def _absent(deliveries: Iterable[Delivery]) -> list[Delivery]:
    places = {keys.delivery(one.account, one.id): one for one in deliveries}
    found = store.get_many(places)
    return [one for key, one in places.items() if key not in found]


def _unexpired(found: Attributes | None, now: datetime) -> Delivery | None:
    one = _readable(found)
    return None if one and one.expires_at and one.expires_at <= now.timestamp() else one


def _readable(found: Attributes | None) -> Delivery | None:
    """Return a delivery; one that the code cannot read rings the alarm, and holds up no other."""
    try:
        return read(Delivery, found) if found else None
    except ValidationError:
        count("UnreadableItems")
        logger.exception("delivery skipped")
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
