"""GET /webhooks/deliveries and replay: list the webhooks that the endpoint did not accept, and send them again."""

from typing import Annotated, Any, Literal

from longcode.web import account_resolver
from longcode.web import resolver as web
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from longcode.accounts import store as accounts
from longcode.accounts.account import WebhookEvent
from longcode.aws import clients
from longcode.aws.telemetry import logger
from longcode.errors import NotFound, WebhookOff
from longcode.webhooks import store as webhooks
from longcode.webhooks.delivery import Delivery, DeliveryState, is_on, replayed
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
    return web.Page(items=[_shown(delivery) for delivery in page.deliveries], next_cursor=page.next_cursor)


@app.get("/webhooks/deliveries/<delivery_id>")
def show_delivery(delivery_id: DeliveryId) -> ShownDelivery:
    """Show a webhook, until thirty days after it was accepted or failed."""
    return _shown(_delivery(delivery_id))


@app.post("/webhooks/deliveries/<delivery_id>/replay", responses=web.responses({202: ShownDelivery}))
def replay_delivery(delivery_id: DeliveryId) -> Response[ShownDelivery]:
    """Send a webhook again now, even if it was accepted. It gets as many attempts as a new webhook."""
    before = _delivery(delivery_id)
    if not is_on(accounts.get_or_raise(before.account)):
        raise WebhookOff("Webhooks are off: PATCH /account turns them on.", field="delivery")
    now = clients.now()
    again = replayed(before, now)
    if again is not before and not webhooks.change(before, again):
        again = _delivery(delivery_id)  # attempted, or replayed by another request, at this moment
    webhooks.clear_backoff(before.account)
    enqueue(before.account, [again])
    return Response(202, web.JSON, _shown(again))


def _delivery(delivery_id: str) -> Delivery:
    delivery = webhooks.get(web.caller(app), delivery_id, clients.now())
    if delivery is None:
        raise NotFound(f"There is no webhook {delivery_id!r}.")
    return delivery


def _shown(delivery: Delivery) -> ShownDelivery:
    return ShownDelivery(
        id=delivery.id,
        event=delivery.event,
        state=delivery.state,
        attempts=delivery.attempt,
        error=delivery.error,
        created_at=delivery.created_at,
        next_try_at=delivery.due_at,
        finished_at=delivery.finished_at,
        data=delivery.data,
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
