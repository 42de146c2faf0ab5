"""An account's invoice of a month: checked, issued once, mailed until that is noted."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from longcode import months
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients, mail, queues
from longcode.aws.settings import settings
from longcode.aws.telemetry import OneByOne, logger
from longcode.billing import closing
from longcode.billing import exports as billing_exports
from longcode.billing import store as invoices
from longcode.billing.invoice import Invoice, how_cut, invoice_facts, invoice_rows, invoice_sums
from longcode.jobs import Bill
from longcode.windows import LEASE

processor = OneByOne(EventType.SQS)


def bill(job: Bill, now: Callable[[], datetime], *, exports: bool = False) -> None:
    """Issue the invoice if the month has none, have it exported if that is wanted, and mail it: each once.

    `now` is asked again after the close: to go through a month's texts may take minutes.
    """
    if not months.is_over(job.month, job.as_of or now()):
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
    if invoices.take_to_mail(job.account, job.month, at, at + LEASE):
        mail_invoice(invoice, account)
        invoices.note_mailed(job.account, job.month, now())


def draw_pdf(invoice: Invoice) -> bytes:
    """Draw the PDF."""
    from billing import pdf  # noqa: PLC0415 - a batch without a mail draws nothing

    return pdf.draw(invoice)


def mail_invoice(invoice: Invoice, account: Account, draw: Callable[[Invoice], bytes] = draw_pdf) -> None:
    """Mail an issued invoice to its studio. Who calls takes the task first, and notes it afterwards.

    A PDF that cannot be drawn is logged and left out: the mail has every figure, and GET /invoices has the rest.
    """
    subject = f"Your Longcode invoice {invoice.number} for {invoice.month}"  # not the studio's name: it is a header
    try:
        files = [mail.File(f"invoice-{invoice.number}.pdf", "application/pdf", draw(invoice))]
    except Exception:
        logger.exception("no PDF of an invoice", extra={"account": invoice.account, "month": invoice.month})
        files = []
    mail.send(account.email, subject, in_words(invoice), *files)


def in_words(invoice: Invoice) -> str:
    """Write an invoice as plain text."""
    lines = [f"  {row.description}: {row.quantity} x {row.price} = {row.amount}" for row in invoice_rows(invoice)]
    return "\n".join(
        [
            f"Longcode: Invoice {invoice.number}",
            "",
            *(f"{fact.label}: {fact.value}" for fact in invoice_facts(invoice)),
            "",
            *lines,
            "",
            *(f"{fact.label}: {fact.value}" for fact in invoice_sums(invoice)),
            "",
            how_cut(invoice),
            "",
        ]
    )


def record_handler(record: SQSRecord) -> None:
    """Bill one account for one month."""
    bill(queues.read(Bill, record.body), clients.now, exports=bool(settings().stripe_secret))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, record_handler, processor, context)
