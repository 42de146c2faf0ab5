"""Mails an invoice: all that it is about in words, and the PDF."""

from collections.abc import Callable

from longcode.account import Account
from longcode.aws import mail
from longcode.aws.telemetry import logger
from longcode.invoice import Invoice
from longcode.invoice_facts import facts, how_cut, rows, sums


def draw(invoice: Invoice) -> bytes:
    """Draw the PDF."""
    from billing import pdf  # noqa: PLC0415 - a batch without a mail draws nothing

    return pdf.draw(invoice)


def mail_invoice(invoice: Invoice, account: Account, draw: Callable[[Invoice], bytes] = draw) -> None:
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
    lines = [f"  {row.description}: {row.quantity} x {row.price} = {row.amount}" for row in rows(invoice)]
    return "\n".join(
        [
            f"Longcode: Invoice {invoice.number}",
            "",
            *(f"{fact.label}: {fact.value}" for fact in facts(invoice)),
            "",
            *lines,
            "",
            *(f"{fact.label}: {fact.value}" for fact in sums(invoice)),
            "",
            how_cut(invoice),
            "",
        ]
    )
