"""Deliveries of events to a studio's hosted software: wanted events, retries, and the back-off of the endpoint."""

from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2s
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from longcode.accounts.account import Account, ReplyDelivery, WebhookEvent
from longcode.message import Instant, Message
from longcode.windows import SWEEP_AFTER

MAX_ATTEMPTS = 10
KEPT_FOR = timedelta(days=30)  # after a delivery has ended
RETRIED_FOR = timedelta(days=3)  # after a delivery was created or replayed
WEBHOOK_OFF = "webhook_off"
ENDPOINT_FAILING = "receiver_failing"
MESSAGE_GONE = "nothing_left_to_tell"

_RETRY_PAUSES = (  # three days in all, shorter by the jitter
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=20),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=7),
    timedelta(hours=13),
    timedelta(hours=20),
    timedelta(hours=27),
)
_SHARE_OF_AGE = 4  # a delivery that waits for a failing endpoint waits at least a quarter of its age

_BACKOFFS = (timedelta(minutes=1), timedelta(minutes=4), timedelta(minutes=15))
_PROBE = timedelta(seconds=50)  # longer than a worker runs


class DeliveryState(StrEnum):
    """Pending until the endpoint accepts it, or until it is given up."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Delivery(Struct, frozen=True, kw_only=True):
    """One event for one studio's software. `data` is the payload; a reply's words stay with its message.

    `attempt` counts the attempts since `begun_at`, which a replay sets anew; `expires_at` is in epoch seconds.
    """

    account: str
    id: str
    event: WebhookEvent
    created_at: Instant
    begun_at: Instant
    state: DeliveryState = DeliveryState.PENDING
    attempt: int = 0
    data: dict[str, Any] = {}
    message_id: str | None = None
    due_at: Instant | None = None
    finished_at: Instant | None = None
    error: str | None = None
    expires_at: int | None = None


class Endpoint(Struct, frozen=True, kw_only=True):
    """The state of a studio's endpoint: failures in a row, since when, and back-off. `version` counts the changes.

    It is not called before `paused_until`. After that pause, only one worker calls it before `probe_until`.
    """

    account: str
    version: int = 0
    failures: int = 0
    failing_since: Instant | None = None
    paused_until: Instant | None = None
    probe_until: Instant | None = None


def is_on(account: Account) -> bool:
    """Return whether an account has webhooks switched on."""
    return bool(account.delivery is ReplyDelivery.WEBHOOK and account.webhook_url and account.webhook_secret)


def wants(account: Account, event: WebhookEvent) -> bool:
    """Return whether an account has webhooks switched on for a type of event."""
    return is_on(account) and event in account.webhook_events


def new(
    account: str,
    event: WebhookEvent,
    source: str,
    data: dict[str, Any],
    now: datetime,
    *,
    message_id: str | None = None,
) -> Delivery:
    """Return the delivery of an event. `source` identifies what happened: the same source gives the same id."""
    return Delivery(
        account=account,
        id=id_of(account, event, source),
        event=event,
        created_at=now,
        begun_at=now,
        data=data,
        message_id=message_id,
        due_at=now + SWEEP_AFTER,
    )


def of_reply(reply: Message, now: datetime) -> Delivery:
    """Return the delivery of a new reply. Its words are read when it is posted, unless they have expired by then."""
    event = WebhookEvent.MESSAGE_RECEIVED
    return new(reply.account, event, reply.id, {"id": reply.id}, now, message_id=reply.id)


def of_status(message: Message, now: datetime) -> Delivery:
    """Return the delivery of a text's new state; the text's words are not in it.

    A text that the carrier took back can come to a state again: then its delivery is another one.
    """
    data = {
        "id": message.id,
        "phone": message.phone,
        "client_id": message.client_id,
        "broadcast": message.broadcast,
        "trigger": message.trigger,
        "state": message.state,
        "error": message.error,
    }
    source = [message.id, message.state, *([str(len(message.returned))] if message.returned else [])]
    return new(message.account, WebhookEvent.MESSAGE_STATUS, "\n".join(source), data, now)


def of_test(account: str, source: str, now: datetime) -> Delivery:
    """Return a delivery that only tests the endpoint: it is sent whatever events the account wants."""
    return new(account, WebhookEvent.TEST, source, {"account": account}, now)


def id_of(account: str, event: WebhookEvent, source: str) -> str:
    """Return the id of a delivery: the same at each attempt, different for each studio."""
    return blake2s(f"{account}\n{event}\n{source}".encode(), digest_size=12).hexdigest()


def retry_pause(attempt: int, jitter: float) -> timedelta:
    """Return the pause after an attempt, counted from 1; `jitter` is from 0 to 1."""
    return _RETRY_PAUSES[min(attempt, len(_RETRY_PAUSES)) - 1] * (1 - jitter / 5)


def delivered(delivery: Delivery, now: datetime) -> Delivery:
    """Return the delivery as accepted by the endpoint."""
    return _ended(replace(delivery, state=DeliveryState.DELIVERED, attempt=delivery.attempt + 1, error=None), now)


def attempt_failed(delivery: Delivery, error: str, now: datetime, jitter: float) -> Delivery:
    """Return the delivery with its next attempt after a pause, or given up after ten attempts or three days."""
    tried = replace(delivery, attempt=delivery.attempt + 1, error=error)
    last = delivery.begun_at + RETRIED_FOR
    if tried.attempt >= MAX_ATTEMPTS or now >= last:
        return given_up(tried, error, now)
    return replace(tried, due_at=min(now + retry_pause(tried.attempt, jitter), last))


def put_off(delivery: Delivery, until: datetime, now: datetime) -> Delivery:
    """Return the delivery as waiting for a failing endpoint, without an attempt; give it up after three days."""
    if now >= delivery.begun_at + RETRIED_FOR:
        return given_up(delivery, delivery.error or ENDPOINT_FAILING, now)
    waits_until = max(until, now + (now - delivery.begun_at) / _SHARE_OF_AGE)
    return replace(delivery, due_at=waits_until, error=delivery.error or ENDPOINT_FAILING)


def gone(delivery: Delivery, error: str, now: datetime) -> Delivery:
    """Return the delivery as given up after an attempt, because the endpoint wants no more webhooks."""
    return given_up(replace(delivery, attempt=delivery.attempt + 1), error, now)


def given_up(delivery: Delivery, error: str, now: datetime) -> Delivery:
    """Return the delivery as failed; for thirty days it is listed and can be replayed."""
    return _ended(replace(delivery, state=DeliveryState.FAILED, error=error), now)


def replayed(delivery: Delivery, now: datetime) -> Delivery:
    """Return the delivery with all its attempts again, or unchanged if it has had none yet."""
    if delivery.state is DeliveryState.PENDING and delivery.attempt == 0:
        return delivery
    begun = replace(delivery, state=DeliveryState.PENDING, attempt=0, begun_at=now, due_at=now + SWEEP_AFTER)
    return replace(begun, finished_at=None, expires_at=None)


def backoff_until(endpoint: Endpoint, now: datetime) -> datetime | None:
    """Return the end of the endpoint's pause, or None if it may be called."""
    return endpoint.paused_until if endpoint.paused_until and now < endpoint.paused_until else None


def probed(endpoint: Endpoint, now: datetime) -> Endpoint | None:
    """Return the endpoint as called by one worker after a failure, or None if another worker calls it now."""
    if endpoint.probe_until and now < endpoint.probe_until:
        return None
    return replace(endpoint, version=endpoint.version + 1, probe_until=now + _PROBE)


def failed(endpoint: Endpoint, now: datetime, jitter: float) -> Endpoint:
    """Return the endpoint with a pause, which grows to 15 minutes; `jitter` is from 0 to 1."""
    failures = endpoint.failures + 1
    pause = _BACKOFFS[min(failures, len(_BACKOFFS)) - 1] * (1 - jitter / 5)
    since = endpoint.failing_since or now
    return replace(without_backoff(endpoint), failures=failures, failing_since=since, paused_until=now + pause)


def recovered(endpoint: Endpoint) -> Endpoint:
    """Return the endpoint without failures."""
    return replace(without_backoff(endpoint), failures=0, failing_since=None)


def without_backoff(endpoint: Endpoint) -> Endpoint:
    """Return the endpoint without its pause; its failures stay."""
    return replace(endpoint, version=endpoint.version + 1, paused_until=None, probe_until=None)


def _ended(delivery: Delivery, now: datetime) -> Delivery:
    return replace(delivery, due_at=None, finished_at=now, expires_at=int((now + KEPT_FOR).timestamp()))
