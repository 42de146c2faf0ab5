"""The studio's clients: written one by one under its own ids, or many at once from a file."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from accounts import rows
from longcode.account import Account
from longcode.aws import clock, web
from longcode.aws.telemetry import logger
from longcode.errors import NotFound
from longcode.table import accounts, clients

app = web.resolver(web.JSON, *rows.TYPES)

ClientId = Annotated[str, Path(max_length=100)]


@app.put("/clients/<client_id>", responses=web.told({200: rows.ShownClient, 201: rows.ShownClient}))
def put_client(client_id: ClientId, form: rows.ClientForm) -> Response[rows.ShownClient]:
    """Write a client under the studio's own id."""
    client = rows.client(_account(), rows.reachable(client_id), form, clock.now())
    return Response(201 if clients.put(client) else 200, "application/json", rows.shown(client))


@app.get("/clients/<client_id>")
def show_client(client_id: ClientId) -> rows.ShownClient:
    """Show a client."""
    client = clients.get(web.caller(app), client_id)
    if client is None:
        raise NotFound(f"There is no client {client_id!r}.")
    return rows.shown(client)


@app.delete("/clients/<client_id>", responses=web.told({204: None}))
def delete_client(client_id: ClientId) -> Response[str]:
    """Delete a client; the messages stay."""
    if not clients.delete(web.caller(app), client_id):
        raise NotFound(f"There is no client {client_id!r}.")
    return Response(204, body="")


@app.get("/clients")
def list_clients(
    limit: web.Limit = 50, cursor: Annotated[str | None, Query(max_length=100)] = None
) -> web.Listed[rows.ShownClient]:
    """List clients by id."""
    found = [rows.shown(client) for client in clients.page(web.caller(app), cursor, limit + 1)]
    return web.listed(found, limit, lambda client: client.id)


@app.post("/clients/import")
def import_clients() -> dict[str, Any]:
    """Write clients from CSV or JSON lines, and report on each row."""
    text = app.current_event.decoded_body or ""
    return rows.take(_account(), web.header(app, "content-type") or "", text, clock.now())


def _account() -> Account:
    return accounts.need(web.caller(app))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
