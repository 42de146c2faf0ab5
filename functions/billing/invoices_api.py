"""GET /invoices: a studio's invoices as JSON, as a page to print or as PDF."""

import hashlib
from base64 import b64encode
from datetime import date
from html import escape
from typing import Annotated, Any, Literal

from longcode.web import account_resolver
from longcode.web import resolver as web
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from billing import pdf_response
from longcode import months
from longcode.aws.telemetry import logger
from longcode.billing import store as invoices
from longcode.billing.invoice import Invoice, InvoiceState
from longcode.billing.invoice_words import (
    InvoiceFact,
    InvoiceRow,
    fine_print,
    footnotes,
    how_to_pay,
    invoice_facts,
    invoice_rows,
    invoice_sums,
)
from longcode.errors import BadCursor, NotFound, RequestError

_HTML, _PDF = "text/html", pdf_response.MEDIA_TYPE
_VARY = pdf_response.VARY
_TEXT = {"schema": {"type": "string"}}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_MEDIA_TYPES: dict[int, Any] = {
    200: {"description": "OK", "content": {web.JSON: {"model": Invoice}, _HTML: _TEXT, _PDF: _BINARY}}
}

_STYLE = (
    "body{font:11pt/1.4 sans-serif;color:#000;background:#fff;max-width:44em;margin:2em auto;padding:0 1em}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2em 1.5em}dt{font-weight:bold}dd{margin:0}"
    "table{border-collapse:collapse;width:100%}caption{text-align:left;font-weight:bold;padding:.5em 0}"
    "th,td{padding:.3em .5em;text-align:right;border-bottom:1px solid #999}tr{break-inside:avoid}"
    "th:first-child,td:first-child{text-align:left}tbody th{font-weight:normal}"
    "@page{margin:18mm}@media print{body{margin:0;padding:0;max-width:none}}"
)
_STYLE_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

_PAGE_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

app = account_resolver.resolver()


class ListedInvoice(web.Answer):
    """An invoice in a list, with its current `state`. The invoice itself has no state, because it never changes."""

    month: str
    number: str
    state: Literal["issued", "paid"]
    issued_on: date
    due_on: date | None
    plan: str
    units_used: int
    currency: str
    total_micros: int


@app.get("/invoices")
def list_invoices(
    limit: web.Limit = 50, cursor: Annotated[str | None, Query(max_length=7)] = None
) -> web.Page[ListedInvoice]:
    """List the invoices that are issued, oldest first."""
    try:
        after = cursor and _month(cursor, "cursor")
    except RequestError as error:
        raise BadCursor(error.detail, field="cursor") from None
    listed = [_listed(issued) for issued in invoices.issued_page(web.caller(app), after, limit + 1)]
    return web.page_of(listed, limit, lambda invoice: invoice.month)


@app.get("/invoices/<month>", responses=_MEDIA_TYPES)
def show_invoice(month: str) -> Response[Any]:
    """Show an invoice in the media type that `Accept` names first: JSON, `text/html` to print, or `application/pdf`.

    It exists once it is issued. The JSON and the PDF are the same bytes each time; the page also says whether the
    invoice is paid.
    """
    issued = invoices.get_issued(web.caller(app), _month(month, "month"))
    if issued is None:
        raise NotFound(f"There is no invoice for {month}.")
    match media_type(web.header(app, "accept") or ""):
        case "text/html":
            headers = {**_VARY, **_PAGE_HEADERS}
            return Response(200, "text/html; charset=utf-8", page(issued.invoice, issued.state), headers)
        case "application/pdf":
            return pdf_response.of(issued.invoice)
        case _:
            return Response(200, web.JSON, issued.document, _VARY)


def media_type(accept: str) -> str:
    """Return the first media type of an `Accept` header that we have, or else JSON.

    PDF has to be the first type, because API Gateway decodes base64 by the first type alone.
    """
    named = [part.partition(";")[0].strip().casefold() for part in accept.split(",")]
    return next(
        (kind for kind in named if kind in (web.JSON, _HTML) or (kind == _PDF and kind == named[0])), web.JSON
    )


def _listed(issued: invoices.Issued) -> ListedInvoice:
    invoice = issued.invoice
    return ListedInvoice(
        month=invoice.month,
        number=invoice.number,
        state="paid" if issued.state is InvoiceState.PAID else "issued",
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        plan=invoice.plan,
        units_used=invoice.units_used,
        currency=invoice.currency,
        total_micros=invoice.total_micros,
    )


def _month(text: str, field: str) -> str:
    try:
        months.validate(text)
    except ValueError as error:
        raise RequestError(str(error), field=field) from None
    return text


def page(invoice: Invoice, state: InvoiceState) -> str:
    """Return an invoice as HTML. A note above it says if it is paid, because the document itself never changes."""
    title = f"Invoice {escape(invoice.number)}"
    paid = "<p>This invoice is paid.</p>" if state is InvoiceState.PAID else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Longcode: {title}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>Longcode: {title}</h1>{paid}<dl>{''.join(map(_fact, invoice_facts(invoice)))}</dl>"
        '<table><caption>Lines</caption><thead><tr><th scope="col">Item</th><th scope="col">Quantity</th>'
        '<th scope="col">Price</th><th scope="col">Amount</th></tr></thead>'
        f"<tbody>{''.join(map(_row, invoice_rows(invoice)))}</tbody>"
        f"<tfoot>{''.join(map(_sum, invoice_sums(invoice)))}</tfoot></table>"
        f"{''.join(f'<p>{escape(note)}</p>' for note in (how_to_pay(invoice), *footnotes(invoice)))}"
        f"<p><small>{escape(fine_print(invoice))}</small></p></main></body></html>"
    )


def _fact(fact: InvoiceFact) -> str:
    return f"<dt>{escape(fact.label)}</dt><dd>{escape(fact.value)}</dd>"


def _row(row: InvoiceRow) -> str:
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in (row.quantity, row.price, row.amount))
    explained = f"<br><small>{escape(row.explanation)}</small>" if row.explanation else ""
    return f'<tr><th scope="row">{escape(row.description)}{explained}</th>{cells}</tr>'


def _sum(fact: InvoiceFact) -> str:
    return f'<tr><th scope="row" colspan="3">{escape(fact.label)}</th><td>{escape(fact.value)}</td></tr>'


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
