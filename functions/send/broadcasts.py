"""POST /broadcasts and what can be done with one: look how far it is, pause, resume, cancel."""

from typing import Annotated, Any
from uuid import uuid4

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from longcode.aws import clock, web
from longcode.aws.telemetry import logger
from longcode.table import broadcast_texts, broadcasts, folders
from send import broadcast_recipients, broadcast_shown, ordering, orders, steering

BroadcastId = Annotated[str, Path(max_length=100)]

app = web.resolver()


@app.post("/broadcasts", responses=web.told({200: broadcast_shown.DryRun, 202: broadcast_shown.ShownBroadcast}))
def post_broadcast(
    form: orders.NewBroadcast,
    idempotency_key: web.IdempotencyKey = None,
    limit: web.Limit = 50,
    cursor: Annotated[str, Query(pattern=r"^[0-9]{1,7}$")] = "0",
) -> Response[Any]:
    """Send one text to many clients; or, with `dry_run`, tell for each of them what would happen, and do nothing.

    The same Idempotency-Key with the same body gives the same broadcast. `limit` and `cursor` are of a dry run.
    """
    account, now = web.caller(app), clock.now()
    if form.dry_run:
        return Response(200, web.JSON, ordering.try_dry(account, form, int(cursor), limit, now))
    key = str(uuid4()) if idempotency_key is None else idempotency_key
    return Response(202, web.JSON, broadcast_shown.shown(ordering.take(account, form, key, now)))


@app.get("/broadcasts")
def list_broadcasts(limit: web.Limit = 50, cursor: web.Cursor = None) -> web.Listed[broadcast_shown.ShownBroadcast]:
    """List broadcasts, newest first."""
    found, next_cursor = folders.broadcasts(web.caller(app), limit=limit, cursor=cursor)
    return web.Listed(items=[broadcast_shown.shown(one) for one in found], next_cursor=next_cursor)


@app.get("/broadcasts/<broadcast_id>")
def show_broadcast(broadcast_id: BroadcastId) -> broadcast_shown.Progress:
    """Show a broadcast and its progress: how many texts are in which state, and how many clients got none and why."""
    found = steering.need(web.caller(app), broadcast_id)
    return broadcast_shown.progress(found, broadcasts.audience(found), broadcast_texts.progress(found))


@app.get("/broadcasts/<broadcast_id>/recipients")
def list_recipients(
    broadcast_id: BroadcastId,
    limit: web.Limit = 50,
    cursor: web.Cursor = None,
) -> web.Listed[broadcast_shown.Recipient]:
    """List who gets a broadcast's text and how far it is; and after them who got none, and why."""
    return broadcast_recipients.page(steering.need(web.caller(app), broadcast_id), cursor, limit)


@app.delete("/broadcasts/<broadcast_id>", responses=web.told({204: None}))
def cancel_broadcast(broadcast_id: BroadcastId) -> Response[str]:
    """Cancel what has not gone of a broadcast; its units are free again."""
    steering.cancel(web.caller(app), broadcast_id, clock.now())
    return Response(204, body="")


@app.put("/broadcasts/<broadcast_id>/paused", responses=web.told({204: None}))
def pause_broadcast(broadcast_id: BroadcastId) -> Response[str]:
    """Pause a broadcast: nothing more of it is handed over until it is resumed."""
    steering.pause(web.caller(app), broadcast_id)
    return Response(204, body="")


@app.delete("/broadcasts/<broadcast_id>/paused", responses=web.told({204: None}))
def resume_broadcast(broadcast_id: BroadcastId) -> Response[str]:
    """Resume a paused broadcast. A text that is too old by then is dropped, and says so."""
    steering.resume(web.caller(app), broadcast_id, clock.now())
    return Response(204, body="")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
