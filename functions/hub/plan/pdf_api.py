"""The PDF of an invoice, for the owner: a function of its own, because only its package has the PDF library."""

from typing import Any

from billing import pdf_response
from hub import page
from hub.error_pages import resolve
from hub.plan.wording import NO_INVOICE
from hub.site import Page, page_of_owner, site
from longcode.accounts.account import Account
from longcode.aws.telemetry import logger
from longcode.billing import store as invoices
from longcode.errors import NotFound


@site.get("/hub/invoice-pdf/<month>")
@page_of_owner
def show_pdf(account: Account, month: str) -> Page:
    """Return an issued invoice as PDF."""
    issued = invoices.get_issued(account.id, month)
    if issued is None:
        raise NotFound(NO_INVOICE)
    return page.private(pdf_response.of(issued.invoice))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return resolve(event, context)
