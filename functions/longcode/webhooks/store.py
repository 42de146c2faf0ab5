"""Webhook deliveries and endpoints in the table; a delivery stays due until the endpoint accepts it or it fails."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from boto3.dynamodb.conditions import Attr
from msgspec import Struct, ValidationError

from longcode.accounts.account import Account
from longcode.aws.clients import pause
from longcode.aws.telemetry import count, logger
from longcode.message import Message
from longcode.messages import store as messages
from longcode.table import keys, store
from longcode.table.writes import ABSENT, Attributes, Put, attributes, has_value, read
from longcode.webhooks.delivery import (
    Delivery,
    DeliveryState,
    Endpoint,
    backoff_until,
    failed,
    probed,
    recovered,
    without_backoff,
)


class DeliveryFacts(Struct, frozen=True, kw_only=True):
    """Deliveries of one account by id, and what decides whether they are posted now."""

    account: Account | None
    endpoint: Endpoint
    deliveries: dict[str, Delivery]


class DeliveryPage(Struct, frozen=True, kw_only=True):
    """Deliveries, newest first, and the cursor of the next page."""

    deliveries: list[Delivery]
    next_cursor: str | None


def get(account: str, delivery_id: str, now: datetime) -> Delivery | None:
    """Return a delivery, unless it has expired."""
    return _unexpired(store.get(keys.delivery(account, delivery_id)), now)


def create(deliveries: Collection[Delivery]) -> list[Delivery]:
    """Write the deliveries that do not exist yet, and return those."""
    # Of many deliveries, most usually exist: one read saves the writes that would fail.
    candidates = deliveries if len(deliveries) <= 1 else _absent(deliveries)
    return [delivery for delivery in candidates if store.try_write(Put(_key(delivery), _item(delivery), ABSENT))]


def creation_write(delivery: Delivery) -> Put:
    """Return the write of a new delivery, for the transaction that writes what it reports."""
    return Put(_key(delivery), _item(delivery))


def delivery_facts(account: str, ids: Iterable[str]) -> DeliveryFacts:
    """Return deliveries of one account, with the account and its endpoint, read in one call."""
    wanted = {delivery_id: keys.delivery(account, delivery_id) for delivery_id in ids}
    items = store.get_many([keys.account(account), keys.webhook_endpoint(account), *wanted.values()])
    account_item, endpoint_item = items.get(keys.account(account)), items.get(keys.webhook_endpoint(account))
    deliveries = {delivery_id: _readable(items.get(key)) for delivery_id, key in wanted.items()}
    return DeliveryFacts(
        account=read(Account, account_item) if account_item else None,
        endpoint=read(Endpoint, endpoint_item) if endpoint_item else Endpoint(account=account),
        deliveries={delivery_id: delivery for delivery_id, delivery in deliveries.items() if delivery},
    )


def endpoint_of(account: str) -> Endpoint:
    """Return the state of an account's endpoint."""
    item = store.get(keys.webhook_endpoint(account))
    return read(Endpoint, item) if item else Endpoint(account=account)


def texts(deliveries: Iterable[Delivery]) -> dict[str, Message]:
    """Return the messages whose words these deliveries carry, by message id."""
    wanted = [keys.message(delivery.account, delivery.message_id) for delivery in deliveries if delivery.message_id]
    items = store.get_many(wanted) if wanted else {}
    return {text.id: text for item in items.values() if (text := messages.try_read(item))}


def change(before: Delivery, after: Delivery) -> bool:
    """Write a changed delivery; return False if another process has changed it since it was read."""
    unchanged = has_value("begun_at", before.begun_at) & has_value("attempt", before.attempt or None)
    unchanged &= has_value("state", None if before.state is DeliveryState.PENDING else before.state)
    return store.try_write(Put(_key(after), _item(after), unchanged))


def page(account: str, state: DeliveryState, now: datetime, *, limit: int, cursor: str | None) -> DeliveryPage:
    """Return a page of the deliveries that failed, or of the pending ones after a failed attempt; newest first."""
    folder = keys.deliveries(account, state)
    items, next_cursor = store.index_page(folder, limit=limit, cursor=cursor, newest_first=True)
    unexpired = [delivery for item in items if (delivery := _unexpired(item, now))]
    listed = [delivery for delivery in unexpired if delivery.state is state]
    return DeliveryPage(deliveries=listed, next_cursor=next_cursor)


def reserve(endpoint: Endpoint, now: datetime) -> Endpoint | None:
    """Return the endpoint if this worker may call it now, else None; after a failure only one worker may call it."""
    if not endpoint.failures:
        return endpoint
    reserved = probed(endpoint, now)
    return reserved if reserved and store.try_write(_endpoint_write(endpoint, reserved)) else None


def note_success(endpoint: Endpoint) -> Endpoint:
    """Write and return the endpoint without failures; if it had none, nothing is written."""
    return _swap(endpoint, recovered) if endpoint.failures else endpoint


def note_failure(endpoint: Endpoint, now: datetime, jitter: float) -> Endpoint:
    """Write and return the endpoint with its pause; workers that fail at the same time count as one failure."""
    return _swap(
        endpoint,
        lambda current: current if backoff_until(current, now) else failed(current, now, jitter),
    )


def clear_backoff(account: str) -> None:
    """End the pause of an account's endpoint, if there is one."""
    item = store.get(keys.webhook_endpoint(account))
    if item:
        _swap(read(Endpoint, item), without_backoff)


def _swap(current: Endpoint, changed_from: Callable[[Endpoint], Endpoint]) -> Endpoint:
    """Write a changed endpoint and return it; if another process changed it, try again with its latest version."""
    attempt = 0
    while (changed := changed_from(current)) is not current:
        try:
            store.write(_endpoint_write(current, changed))
        except store.ConditionFailed as conflict:
            current = read(Endpoint, conflict.found[0])
            pause(attempt)
            attempt += 1
        else:
            break
    return changed


def _endpoint_write(before: Endpoint, after: Endpoint) -> Put:
    unchanged = Attr("version").eq(before.version) if before.version else ABSENT
    return Put(keys.webhook_endpoint(after.account), {"type": "receiver", **attributes(after)}, unchanged)


def _absent(deliveries: Iterable[Delivery]) -> list[Delivery]:
    by_key = {_key(delivery): delivery for delivery in deliveries}
    existing = store.get_many(by_key)
    return [delivery for key, delivery in by_key.items() if key not in existing]


def _unexpired(item: Attributes | None, now: datetime) -> Delivery | None:
    delivery = _readable(item)
    expired = delivery and delivery.expires_at and delivery.expires_at <= now.timestamp()
    return None if expired else delivery


def _readable(item: Attributes | None) -> Delivery | None:
    """Return a delivery; for an unreadable item, count `UnreadableItems` and return None, so that others go on."""
    try:
        return read(Delivery, item) if item else None
    except ValidationError:
        count("UnreadableItems")
        logger.exception("delivery skipped")
        return None


def _key(delivery: Delivery) -> keys.Key:
    return keys.delivery(delivery.account, delivery.id)


def _item(delivery: Delivery) -> Attributes:
    due = keys.due(delivery.id, delivery.due_at, delivery=True) if delivery.due_at else {}
    return {"type": "delivery", **attributes(delivery), **due, **_place(delivery)}


def _place(delivery: Delivery) -> dict[str, str]:
    """Return the attributes that list a delivery after a failed attempt."""
    if delivery.state is DeliveryState.DELIVERED or delivery.error is None:
        return {}
    return {
        "folder": keys.deliveries(delivery.account, delivery.state),
        "folder_at": keys.folder_place(delivery.created_at, delivery.id),
    }
