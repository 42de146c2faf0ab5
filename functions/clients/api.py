"""The clients API: write, show, list and delete clients under the studio's own ids, or import many from a file."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from clients import bulk_import
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.aws.telemetry import logger
from longcode.clients import store as client_store
from longcode.errors import NotFound
from longcode.plans import room
from longcode.plans.bounds import Bounded
from longcode.plans.room import Room
from longcode.web import resolver as web

app = web.resolver(web.JSON, *bulk_import.TYPES)

ClientId = Annotated[str, Path(max_length=100)]


@app.put(
    "/clients/<client_id>", responses=web.responses({200: bulk_import.ShownClient, 201: bulk_import.ShownClient})
)
def put_client(client_id: ClientId, form: bulk_import.ClientForm) -> Response[bulk_import.ShownClient]:
    """Write a client under the studio's own id."""
    account, now = _account(), clients.now()
    client = bulk_import.client_of_form(account, bulk_import.check_id(client_id), form, now)
    is_new = client_store.put(client, Room(account.id, account.plan_changes, Bounded.CLIENTS, now).take)
    written = client_store.get(client.account, client.id) or client  # with what is kept of an earlier record
    return Response(201 if is_new else 200, web.JSON, bulk_import.shown(written))


@app.get("/clients/<client_id>")
def show_client(client_id: ClientId) -> bulk_import.ShownClient:
    """Show a client."""
    client = client_store.get(web.caller(app), client_id)
    if client is None:
        raise NotFound(f"There is no client {client_id!r}.")
    return bulk_import.shown(client)


@app.delete("/clients/<client_id>", responses=web.responses({204: None}))
def delete_client(client_id: ClientId) -> Response[str]:
    """Delete a client; its messages are kept."""
    if not client_store.delete(web.caller(app), client_id):
        raise NotFound(f"There is no client {client_id!r}.")
    room.release(web.caller(app), Bounded.CLIENTS, 1)
    return Response(204, body="")


@app.get("/clients")
def list_clients(
    limit: web.Limit = 50, cursor: Annotated[str | None, Query(max_length=100)] = None
) -> web.Page[bulk_import.ShownClient]:
    """List clients by id."""
    page = client_store.page(web.caller(app), cursor, limit + 1)
    return web.page_of([bulk_import.shown(client) for client in page], limit, lambda client: client.id)


@app.post("/clients/import")
def import_clients() -> dict[str, Any]:
    """Import clients from CSV or JSON lines, with a report on each row."""
    text = app.current_event.decoded_body or ""
    return bulk_import.import_file(_account(), web.header(app, "content-type") or "", text, clients.now())


def _account() -> Account:
    return accounts.get_or_raise(web.caller(app))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
