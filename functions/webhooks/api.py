"""GET /webhooks/deliveries, and replay: a studio sees which webhooks its endpoint did not take, and retries them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import BaseModel

from longcode.accounts import store as accounts
from longcode.accounts.account import WebhookEvent
from longcode.aws import clients
from longcode.aws.telemetry import logger
from longcode.errors import NotFound, WebhookOff
from longcode.web import resolver as web
from longcode.webhooks import delivery, tell
from longcode.webhooks import store as webhooks
from longcode.webhooks.delivery import Delivery, DeliveryState

app = web.resolver()

DeliveryId = Annotated[str, Path(max_length=100)]


class ShownDelivery(BaseModel):
    """One webhook; `id` is its `webhook-id` at every try, `error` why the last one failed.

    `data` is what it tells; of a reply only the id, for the words stay with the message.
    """

    id: str
    event: WebhookEvent
    state: DeliveryState
    attempts: int
    error: str | None
    created_at: datetime
    next_try_at: datetime | None
    finished_at: datetime | None
    data: dict[str, Any]


@app.get("/webhooks/deliveries")
def list_deliveries(
    state: Literal["failed", "pending"] = "failed", limit: web.Limit = 50, cursor: web.Cursor = None
) -> web.Page[ShownDelivery]:
    """List the webhooks that were given up, or those that wait for another try; newest first, for thirty days."""
    page = webhooks.page(web.caller(app), DeliveryState(state), clients.now(), limit=limit, cursor=cursor)
    return web.Page(items=[_shown(one) for one in page.deliveries], next_cursor=page.next_cursor)


@app.get("/webhooks/deliveries/<delivery_id>")
def show_delivery(delivery_id: DeliveryId) -> ShownDelivery:
    """Show a webhook; one that was taken, for thirty days."""
    return _shown(_delivery(delivery_id))


@app.post("/webhooks/deliveries/<delivery_id>/replay", responses=web.responses({202: ShownDelivery}))
def replay_delivery(delivery_id: DeliveryId) -> Response[ShownDelivery]:
    """Try a webhook again now, and as often as before; one that was taken too."""
    stood = _delivery(delivery_id)
    if not delivery.is_on(accounts.need(stood.account)):
        raise WebhookOff("Webhooks are off: PATCH /account turns them on.", field="delivery")
    now = clients.now()
    begun = delivery.replayed(stood, now)
    if begun is not stood and not webhooks.change(stood, begun):
        begun = _delivery(delivery_id)  # tried, or replayed by another, at this moment
    webhooks.clear_backoff(stood.account)
    tell.enqueue(stood.account, [begun])
    return Response(202, "application/json", _shown(begun))


def _delivery(delivery_id: str) -> Delivery:
    found = webhooks.get(web.caller(app), delivery_id, clients.now())
    if found is None:
        raise NotFound(f"There is no webhook {delivery_id!r}.")
    return found


def _shown(one: Delivery) -> ShownDelivery:
    return ShownDelivery(
        id=one.id,
        event=one.event,
        state=one.state,
        attempts=one.attempt,
        error=one.error,
        created_at=one.created_at,
        next_try_at=one.due_at,
        finished_at=one.finished_at,
        data=one.data,
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
