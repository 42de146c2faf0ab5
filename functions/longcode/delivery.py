"""What a studio's hosted software is told, of which events, and when it is tried again (Standard Webhooks 1.0)."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2s
from typing import Any

from longcode.account import Account, HookEvent
from longcode.account import Delivery as Mode
from longcode.message import Instant

TRIES = 10
KEPT = timedelta(days=30)
WITHIN = timedelta(days=3)
WEBHOOK_OFF = "webhook_off"
RECEIVER_FAILING = "receiver_failing"
NOTHING_LEFT = "nothing_left_to_tell"

_PAUSES = (  # three days in all, less the jitter
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
_SHARE_OF_AGE = 4  # what waits behind others that fail is looked at less often the older it is


class DeliveryState(StrEnum):
    """Pending until the receiver takes it, or until nobody tries any more."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One thing that happened, for one studio's software. `data` is what is told, but for the words of a text.

    `attempt` counts the tries since `begun_at`, which a replay sets anew; `expires_at` is in epoch seconds.
    """

    account: str
    id: str
    event: HookEvent
    created_at: Instant
    begun_at: Instant
    state: DeliveryState = DeliveryState.PENDING
    attempt: int = 0
    data: dict[str, Any] = field(default_factory=dict)
    message_id: str | None = None
    due_at: Instant | None = None
    finished_at: Instant | None = None
    error: str | None = None
    expires_at: int | None = None


def is_on(account: Account) -> bool:
    """Tell whether a studio's software takes webhooks."""
    return bool(account.delivery is Mode.WEBHOOK and account.webhook_url and account.webhook_secret)


def wants(account: Account, event: HookEvent) -> bool:
    """Tell whether a studio's software is told of such events."""
    return is_on(account) and event in account.webhook_events


def new(
    account: str,
    event: HookEvent,
    of: str,
    data: dict[str, Any],
    now: datetime,
    *,
    due_at: datetime,
    message_id: str | None = None,
) -> Delivery:
    """Make what is told of an event. `of` names what happened: telling of it twice makes one."""
    return Delivery(
        account=account,
        id=id_of(account, event, of),
        event=event,
        created_at=now,
        begun_at=now,
        data=data,
        message_id=message_id,
        due_at=due_at,
    )


def id_of(account: str, event: HookEvent, of: str) -> str:
    """Name what is told: the same at every try, and another for each studio."""
    return blake2s(f"{account}\n{event}\n{of}".encode(), digest_size=12).hexdigest()


def pause(attempt: int, jitter: float) -> timedelta:
    """Tell how long to wait after the try with that number, from 1; `jitter` is from 0 to 1."""
    return _PAUSES[min(attempt, len(_PAUSES)) - 1] * (1 - jitter / 5)


def delivered(one: Delivery, now: datetime) -> Delivery:
    """Rest: the receiver took it."""
    return _ended(replace(one, state=DeliveryState.DELIVERED, attempt=one.attempt + 1, error=None), now)


def refused(one: Delivery, error: str, now: datetime, jitter: float) -> Delivery:
    """Try again after a pause, or no more after ten tries or three days."""
    tried = replace(one, attempt=one.attempt + 1, error=error)
    last = one.begun_at + WITHIN
    if tried.attempt >= TRIES or now >= last:
        return failed(tried, error, now)
    return replace(tried, due_at=min(now + pause(tried.attempt, jitter), last))


def put_off(one: Delivery, until: datetime, now: datetime) -> Delivery:
    """Wait, untried, for a receiver that fails; no longer than three days in all."""
    if now >= one.begun_at + WITHIN:
        return failed(one, one.error or RECEIVER_FAILING, now)
    waits_until = max(until, now + (now - one.begun_at) / _SHARE_OF_AGE)
    return replace(one, due_at=waits_until, error=one.error or RECEIVER_FAILING)


def gone(one: Delivery, error: str, now: datetime) -> Delivery:
    """Give up, because the receiver wants no more."""
    return failed(replace(one, attempt=one.attempt + 1), error, now)


def failed(one: Delivery, error: str, now: datetime) -> Delivery:
    """Give up; it is listed for thirty days, and can be replayed."""
    return _ended(replace(one, state=DeliveryState.FAILED, error=error), now)


def replayed(one: Delivery, now: datetime, due_at: datetime) -> Delivery:
    """Try anew, as often as before. Asked again before it is tried, this changes nothing."""
    if one.state is DeliveryState.PENDING and one.attempt == 0:
        return one
    begun = replace(one, state=DeliveryState.PENDING, attempt=0, begun_at=now, due_at=due_at)
    return replace(begun, finished_at=None, expires_at=None)


def _ended(one: Delivery, now: datetime) -> Delivery:
    return replace(one, due_at=None, finished_at=now, expires_at=int((now + KEPT).timestamp()))
