"""GET /invoices: what a studio was billed, as JSON, as a page to print or as PDF."""

from base64 import b64encode
from datetime import date
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from billing import page
from longcode import months
from longcode.aws import web
from longcode.aws.telemetry import logger
from longcode.errors import NotFound, RequestError
from longcode.invoice import Invoice, State
from longcode.table import issued

_JSON, _HTML, _PDF = "application/json", "text/html", "application/pdf"
_VARY = {"Vary": "Accept"}
_TEXT = {"schema": {"type": "string"}}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORMS: dict[int, Any] = {
    200: {"description": "OK", "content": {_JSON: {"model": Invoice}, _HTML: _TEXT, _PDF: _BINARY}}
}

app = web.resolver()


class ListedInvoice(BaseModel):
    """An invoice in a list. `state` stands beside the document, which never changes."""

    month: str
    number: str
    state: Literal["issued", "paid"]
    issued_on: date
    plan: str
    units_used: int
    currency: str
    total_micros: int


@app.get("/invoices")
def list_invoices(
    limit: web.Limit = 50, cursor: Annotated[str | None, Query(max_length=7)] = None
) -> web.Listed[ListedInvoice]:
    """List the invoices that are issued, oldest first."""
    after = cursor and _month(cursor, "cursor")
    found = [_listed(one) for one in issued.page(web.caller(app), after, limit + 1)]
    return web.listed(found, limit, lambda one: one.month)


@app.get("/invoices/<month>", responses=_FORMS)
def show_invoice(month: str) -> Response[Any]:
    """Show an invoice in the form that `Accept` names first: JSON, `text/html` to print, or `application/pdf`.

    It is there once it is issued. The JSON and the PDF are the same bytes each time; on the page stands whether it
    is paid.
    """
    found = issued.get(web.caller(app), _month(month, "month"))
    if found is None:
        raise NotFound(f"There is no invoice for {month}.")
    match form(web.header(app, "accept") or ""):
        case "text/html":
            headers = {**_VARY, **page.HEADERS}
            return Response(200, "text/html; charset=utf-8", page.page(found.invoice, found.state), headers)
        case "application/pdf":
            return _as_pdf(found.invoice)
        case _:
            return Response(200, _JSON, found.document, _VARY)


def form(accept: str) -> str:
    """Choose the form: the first that is named and that we have, or JSON.

    API Gateway turns base64 into bytes by the first type of `Accept` alone, so PDF must be that one.
    """
    named = [part.partition(";")[0].strip().casefold() for part in accept.split(",")]
    return next((one for one in named if one in (_JSON, _HTML) or (one == _PDF and one == named[0])), _JSON)


def _as_pdf(invoice: Invoice) -> Response[Any]:
    from billing import pdf  # noqa: PLC0415 - few ask for one

    name = {"Content-Disposition": f'inline; filename="invoice-{invoice.number}.pdf"'}
    answer: Response[Any] = Response(200, _PDF, b64encode(pdf.draw(invoice)).decode(), {**_VARY, **name})
    answer.base64_encoded = True  # given bytes, Powertools would validate them as text
    return answer


def _listed(one: issued.Issued) -> ListedInvoice:
    invoice = one.invoice
    return ListedInvoice(
        month=invoice.month,
        number=invoice.number,
        state="paid" if one.state is State.PAID else "issued",
        issued_on=invoice.issued_on,
        plan=invoice.plan,
        units_used=invoice.units_used,
        currency=invoice.currency,
        total_micros=invoice.total_micros,
    )


def _month(text: str, field: str) -> str:
    try:
        months.check(text)
    except ValueError as error:
        raise RequestError(str(error), field=field) from None
    return text


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
