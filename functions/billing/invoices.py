"""GET /invoices: what a studio was billed, as JSON or as a page to print."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from billing.page import page
from longcode import months
from longcode.aws import web
from longcode.aws.telemetry import logger
from longcode.errors import NotFound, RequestError
from longcode.invoice import Invoice
from longcode.table import accounts, invoices

app = web.resolver()


@app.get("/invoices")
def list_invoices() -> web.Listed[Invoice]:
    """List the invoices, oldest first."""
    return web.Listed(items=invoices.everyone_of(web.caller(app)), next_cursor=None)


@app.get("/invoices/<month>")
def show_invoice(month: str) -> Response[Any]:
    """Show an invoice, as JSON or, to a browser, as a page to print."""
    account = accounts.need(web.caller(app))
    invoice = invoices.get(account.id, _month(month))
    if invoice is None:
        raise NotFound(f"There is no invoice for {month}.")
    if "text/html" in (web.header(app, "accept") or ""):
        return Response(200, "text/html; charset=utf-8", page(invoice, account))
    return Response(200, "application/json", invoice)


def _month(text: str) -> str:
    try:
        months.check(text)
    except ValueError as error:
        raise RequestError(str(error), field="month") from None
    return text


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
