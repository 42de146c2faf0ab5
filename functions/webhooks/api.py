"""The webhooks API: list the webhooks that the endpoint did not accept, send them again, and test the endpoint."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import uuid4

from longcode.web import account_resolver
from longcode.web import resolver as web
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from longcode.accounts import store as accounts
from longcode.accounts.account import Account, WebhookEvent
from longcode.aws import clients
from longcode.aws.telemetry import logger
from longcode.errors import NotFound, WebhookOff
from longcode.webhooks import store as webhooks
from longcode.webhooks.delivery import Delivery, DeliveryState, is_on, of_test, replayed
from longcode.webhooks.tell import enqueue

app = account_resolver.resolver()

DeliveryId = Annotated[str, Path(max_length=100)]


class ShownDelivery(web.Answer):
    """One webhook; `id` is its `webhook-id` at each attempt, `error` the reason why the last attempt failed.

    `data` is its payload. For a reply that is only the id of the message, whose body is not stored twice.
    """

    id: str
    event: WebhookEvent
    state: DeliveryState
    attempts: int
    error: str | None
    created_at: web.Instant
    next_try_at: web.Instant | None
    finished_at: web.Instant | None
    data: dict[str, Any]


@app.get("/webhooks/deliveries")
def list_deliveries(
    state: Literal["failed", "pending"] = "failed", limit: web.Limit = 50, cursor: web.Cursor = None
) -> web.Page[ShownDelivery]:
    """List the webhooks of the last thirty days that failed, or that wait for another attempt, newest first."""
    page = webhooks.page(web.caller(app), DeliveryState(state), clients.now(), limit=limit, cursor=cursor)
    return web.Page(items=[_shown(listed) for listed in page.deliveries], next_cursor=page.next_cursor)


@app.get("/webhooks/deliveries/<delivery_id>")
def show_delivery(delivery_id: DeliveryId) -> ShownDelivery:
    """Show a webhook, until thirty days after it was accepted or failed."""
    return _shown(delivery(web.caller(app), delivery_id, clients.now()))


@app.post("/webhooks/deliveries/<delivery_id>/replay", responses=web.responses({202: ShownDelivery}))
def replay_delivery(delivery_id: DeliveryId) -> Response[ShownDelivery]:
    """Send a webhook again now, even if it was accepted. It gets as many attempts as a new webhook."""
    again = replay(accounts.get_or_raise(web.caller(app)), delivery_id, clients.now())
    return Response(202, web.JSON, _shown(again))


@app.post("/webhooks/test", responses=web.responses({202: ShownDelivery}))
def send_test_webhook(key: web.IdempotencyKey = None) -> Response[ShownDelivery]:
    """Send a webhook of the type `webhook.test` now, whichever events are chosen. Its state shows what became of it.

    A repeated request with the same `Idempotency-Key` sends nothing more.
    """
    account = accounts.get_or_raise(web.caller(app))
    return Response(202, web.JSON, _shown(send_test(account, key or uuid4().hex, clients.now())))


def replay(account: Account, delivery_id: str, now: datetime) -> Delivery:
    """Send a webhook again, and return it; raise `NotFound`, or `WebhookOff`."""
    before = delivery(account.id, delivery_id, now)
    _check_on(account)
    again = replayed(before, now)
    if again is not before and not webhooks.change(before, again):
        again = delivery(account.id, delivery_id, now)  # attempted, or replayed by another request, at this moment
    webhooks.clear_backoff(account.id)
    enqueue(account.id, [again])
    return again


def send_test(account: Account, source: str, now: datetime) -> Delivery:
    """Send a webhook that tests the endpoint, once for each `source`, and return it; raise `WebhookOff`."""
    _check_on(account)
    test = of_test(account.id, source, now)
    webhooks.clear_backoff(account.id)
    enqueue(account.id, webhooks.create([test]))
    return delivery(account.id, test.id, now)


def delivery(account: str, delivery_id: str, now: datetime) -> Delivery:
    """Return a webhook; raise `NotFound`."""
    found = webhooks.get(account, delivery_id, now)
    if found is None:
        raise NotFound(f"There is no webhook {delivery_id!r}.")
    return found


def _check_on(account: Account) -> None:
    if not is_on(account):
        raise WebhookOff("Webhooks are off: PATCH /account turns them on.", field="delivery")


def _shown(of: Delivery) -> ShownDelivery:
    return ShownDelivery(
        id=of.id,
        event=of.event,
        state=of.state,
        attempts=of.attempt,
        error=of.error,
        created_at=of.created_at,
        next_try_at=of.due_at,
        finished_at=of.finished_at,
        data=of.data,
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
