"""The clients API: write, show, list and delete clients under the studio's own ids; import or tag many at once."""

from base64 import b64decode
from datetime import datetime
from typing import Annotated, Any

from longcode.web import account_resolver
from longcode.web import resolver as web
from longcode.web.actor import actor
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from msgspec.structs import replace

from clients import bulk_import, forms, tagging
from clients.tagging import TagChange
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.aws.at_once import at_once
from longcode.aws.telemetry import logger
from longcode.changes import store as changes
from longcode.changes.change import ChangeKind, Detail, short
from longcode.clients import store as client_store
from longcode.clients.client import Client, with_writer
from longcode.clients.permission import Consent, ConsentMeans, Via, Writer, change_by
from longcode.clients.rows import EmptyCells
from longcode.clients.search import Wanted
from longcode.errors import NotFound, RequestError
from longcode.plans import room
from longcode.plans.bounds import Bounded
from longcode.plans.room import Room

app = account_resolver.resolver(web.JSON, *bulk_import.TYPES)

ClientId = Annotated[str, Path(max_length=100)]

_NO_DAY = "Choose the day on which the client agreed, as near as you know it."


@app.put("/clients/<client_id>", responses=web.responses({200: forms.ShownClient, 201: forms.ShownClient}))
def put_client(client_id: ClientId, form: forms.ClientForm) -> Response[forms.ShownClient]:
    """Write a client under the studio's own id."""
    account = _account()
    is_new, written = write(account, client_id, form, _writer(Via.API), clients.now())
    return Response(201 if is_new else 200, web.JSON, forms.shown(written, account))


@app.get("/clients/<client_id>")
def show_client(client_id: ClientId) -> forms.ShownClient:
    """Show a client."""
    client, account = at_once(lambda: client_store.get(web.caller(app), client_id), _account)
    if client is None:
        raise NotFound(f"There is no client {client_id!r}.")
    return forms.shown(client, account)


@app.delete("/clients/<client_id>", responses=web.responses({204: None}))
def delete_client(client_id: ClientId) -> Response[str]:
    """Delete a client; its messages are kept."""
    if not delete(web.caller(app), client_id, _writer(Via.API), clients.now()):
        raise NotFound(f"There is no client {client_id!r}.")
    return Response(204, body="")


@app.get("/clients")
def list_clients(
    limit: web.Limit = 50, cursor: Annotated[str | None, Query(max_length=100)] = None
) -> web.Page[forms.ShownClient]:
    """List clients by id."""
    page, account = at_once(lambda: client_store.page(web.caller(app), cursor, limit + 1), _account)
    return web.page_of([forms.shown(client, account) for client in page], limit, lambda client: client.id)


@app.post("/clients/import", responses=web.responses({200: forms.ImportReport}))
def import_clients(
    dry_run: Annotated[bool, Query(description="Report on the file, and write nothing.")] = False,
    empty_cells: Annotated[
        EmptyCells, Query(description="Whether an empty cell of a CSV file keeps what the client has, or clears it.")
    ] = EmptyCells.KEEP,
    cursor: Annotated[
        str | None, Query(max_length=100, description="The `next_cursor` of the report before, with the same file.")
    ] = None,
) -> dict[str, Any]:
    """Import clients from CSV or JSON lines, with a report on each row.

    The body is a file of up to 10,000 rows and 4 MB: CSV (`text/csv`) as spreadsheets write it, or JSON lines
    (`application/x-ndjson`). Its columns are `id`, `first_name`, `last_name`, `allow_text_marketing`, `tags`
    (separated by semicolons), `status`, `time_zone`, `phone`, `sms`, and `phone_2`, `sms_2` to `phone_5`, `sms_5`,
    and the name of each of the studio's own fields (`client_fields` of the account; in JSON, the object `fields`).
    `text_marketing_means`, `text_marketing_given_on` and `text_marketing_taken_by` say how a client agreed whom the
    row newly allows texts (in JSON, `consent`).
    Only `id` is required. What a row does not name stays as it is. The report says of each row whether its client was
    `created`, `updated` or `unchanged`, with `warnings` about what a person should check, or why it was `refused`,
    with line and column. A refused row does not stop the others. While `next_cursor` is not null, send the same file
    again with it as `cursor` to continue.
    """
    account, now = _account(), clients.now()

    def run() -> dict[str, Any]:
        return bulk_import.import_file(
            account,
            web.header(app, "content-type") or "",
            _file(),
            now,
            writer=_writer(Via.IMPORT),
            dry_run=dry_run,
            empty_cells=empty_cells,
            cursor=cursor,
        )

    if dry_run:
        return run()
    record = changes.draft(account.id, ChangeKind.IMPORT, now, actor(app), details=[Detail("of", after="clients")])
    return changes.around(
        record, run, lambda report: [Detail("rows", after=short(report["written"]))] if report["written"] else None
    )


@app.post("/client-tags")
def change_tags(
    form: forms.TagForm,
    cursor: Annotated[
        str | None, Query(max_length=100, description="The `next_cursor` of the report before, with the same body.")
    ] = None,
) -> forms.TagReport:
    """Add a tag to many clients, or remove it.

    The clients are those of `client_ids`, or those that `text`, `with_tag` and `status` find together, or `everyone`.
    While `next_cursor` is not null, send the same body again with it as `cursor` to continue. A repeated request does
    no harm.
    """
    change = TagChange(
        tag=form.tag,
        adds=not form.remove,
        writer=_writer(Via.API),
        client_ids=tuple(form.client_ids),
        wanted=Wanted(text=form.text, tag=form.with_tag or "", status=form.status or ""),
    )
    done = tagging.change_recorded(_account().id, change, forms.MOST_TAGS, clients.now(), actor(app), after=cursor)
    return forms.TagReport(looked_at=done.looked_at, changed=done.changed, full=done.full, next_cursor=done.cursor)


def write(
    account: Account,
    client_id: str,
    form: forms.ClientForm,
    writer: Writer,
    now: datetime,
    *,
    needs_consent: bool = False,
) -> tuple[bool, Client]:
    """Write a client as a form describes it; return whether it is new, and the client as it is stored.

    Raise `RequestError` if the form `needs_consent`, newly allows texts, and does not say how the client agreed, and
    on which day unless that is not known.
    """
    client = forms.client_of_form(account, forms.check_id(client_id), form, now)
    consent = forms.consent_of_form(form, now)

    def changed(old: Client | None) -> Client:
        if needs_consent and client.allow_text_marketing and not (old and old.allow_text_marketing):
            _check_said(consent)
        return with_writer(old, replace(client, fields=forms.own_values(account, old, form)), writer, consent)

    room_for_one = Room(account.id, account.plan_changes, Bounded.CLIENTS, now)
    is_new = client_store.change(account.id, client.id, changed, room_for_one.take, consent)
    # Read again, because fields of the earlier record are kept.
    return bool(is_new), client_store.get(client.account, client.id) or client


def _check_said(consent: Consent | None) -> None:
    if consent is None:
        raise RequestError("Say how the client agreed to texts.", field="consent.means")
    if consent.given_on is None and consent.means is not ConsentMeans.UNKNOWN:
        raise RequestError(_NO_DAY, field="consent.given_on")


def say_consent(account: str, client_id: str, consent: Consent, writer: Writer, now: datetime) -> bool:
    """Keep how a client who allows texts agreed to them; return whether there is such a client."""

    def said(old: Client | None) -> Client | None:
        if old is None or not old.allow_text_marketing:
            return None
        return with_writer(old, replace(old, updated_at=now), writer, consent)

    return client_store.change(account, client_id, said, consent=consent) is not None


def delete(account: str, client_id: str, writer: Writer, now: datetime) -> bool:
    """Delete a client, note who did it, and make room for another; return whether it existed."""
    existed = client_store.delete(account, client_id, change_by(writer, now))
    if existed:
        room.release(account, Bounded.CLIENTS, 1)
    return existed


def _file() -> bytes:
    """Return the body's bytes: API Gateway passes a file on in Base64 (`BinaryMediaTypes`), and JSON as text."""
    event = app.current_event.raw_event
    body = str(event.get("body") or "")
    try:
        return (
            b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode("utf-8", "surrogatepass")
        )
    except ValueError as error:
        raise RequestError("The body is not Base64.", field="body") from error


def _writer(via: Via) -> Writer:
    return Writer(via=via, key=web.caller_key(app))


def _account() -> Account:
    return accounts.get_or_raise(web.caller(app))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
