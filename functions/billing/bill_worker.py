"""Issue an account's invoice of a month, once, and mail it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from billing import drawing
from longcode import months
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import batches, clients, mail, queues
from longcode.aws.parameters import public_url
from longcode.aws.settings import settings
from longcode.aws.telemetry import logger
from longcode.billing import closing
from longcode.billing import exports as billing_exports
from longcode.billing import store as invoices
from longcode.billing.invoice import Invoice, money
from longcode.billing.invoice_words import (
    fine_print,
    footnotes,
    how_to_pay,
    invoice_facts,
    invoice_rows,
    invoice_sums,
)
from longcode.jobs import Bill
from longcode.mails.content import Action, Facts, MailContent, because_of_account
from longcode.windows import LEASE


def bill(job: Bill, now: Callable[[], datetime], *, exports: bool = False) -> None:
    """Issue the invoice if the month has none, queue its export if `exports`, and mail it: each once.

    `now` is called again after the close, because reading a month's texts may take minutes.
    """
    if not months.has_ended(job.month, job.as_of or now()):
        raise ValueError(f"{job.month} has not ended")
    account = accounts.get(job.account)
    if account is None:
        raise LookupError(job.account)
    invoice = closing.close(account, job.month, now)
    if invoice is None:
        return
    if exports:
        billing_exports.begin(job.account, job.month, now())
    at = now()
    if invoices.claim_mailing(job.account, job.month, at, at + LEASE):
        mail_invoice(invoice, account)
        invoices.mark_mailed(job.account, job.month, now())


def mail_invoice(invoice: Invoice, account: Account, draw: Callable[[Invoice], bytes] = drawing.draw) -> None:
    """Mail an issued invoice to its studio. The caller claims the mailing before, and marks it as mailed afterwards.

    A PDF that cannot be drawn is logged and left out: the mail itself has every figure.
    """
    try:
        files = [mail.Attachment(f"invoice-{invoice.number}.pdf", "application/pdf", draw(invoice))]
    except Exception:
        logger.exception(
            "cannot draw the PDF of an invoice", extra={"account": invoice.account, "month": invoice.month}
        )
        files = []
    mail.send(account.email, _content(invoice, account), *files)


def _content(invoice: Invoice, account: Account) -> MailContent:
    title = f"Longcode invoice {invoice.number} for {months.in_words(invoice.month)}"
    lines = ((row.description, f"{row.quantity} x {row.price} = {row.amount}") for row in invoice_rows(invoice))
    return MailContent(
        subject=f"Your {title}",  # without the studio's name, which could break a header
        greeted=account.name,
        parts=(
            f"Here is your {title}. Its total is {money(invoice.total_micros, invoice.currency)}.",
            how_to_pay(invoice),
            Facts(tuple((fact.label, fact.value) for fact in invoice_facts(invoice))),
            Facts(tuple(lines)),
            Facts(tuple((fact.label, fact.value) for fact in invoice_sums(invoice))),
        ),
        action=Action("See what each line means", f"{public_url()}/hub/invoices/{invoice.month}"),
        after=(*footnotes(invoice), fine_print(invoice)),
        why=because_of_account(account.id, ", which gets one each month"),
    )


def handle(body: str) -> None:
    """Bill one account for one month."""
    bill(queues.read(Bill, body), clients.now, exports=bool(settings().stripe_secret))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return batches.run_in_order(event, handle)
