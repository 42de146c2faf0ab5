"""An account's invoice of a month: checked, issued once, mailed until that is noted."""

from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from billing import closing
from longcode import months
from longcode.account import Account
from longcode.aws import clock, mail, queues
from longcode.aws.batch import OneByOne
from longcode.aws.telemetry import logger
from longcode.invoice import Invoice, money
from longcode.jobs import Bill
from longcode.patience import LEASE
from longcode.table import accounts, invoices

processor = OneByOne(EventType.SQS)


def bill(job: Bill, now: datetime) -> None:
    """Issue the invoice if the month has none, and mail it if that was not done."""
    if not months.is_over(job.month, job.as_of or now):
        raise ValueError(f"{job.month} has not ended")
    account = accounts.get(job.account)
    if account is None:
        raise LookupError(job.account)
    invoice = closing.close(account, job.month, now)
    if invoice and invoices.take_to_mail(job.account, job.month, now, now + LEASE):
        mail.send(account.email, f"Your Longcode invoice for {job.month}", in_words(invoice, account))
        invoices.note_mailed(job.account, job.month, now)


def in_words(invoice: Invoice, account: Account) -> str:
    """Write an invoice as plain text."""
    lines = [
        f"  {line.description}: {line.quantity:,} x {money(line.price_micros, invoice.currency)}"
        f" = {money(line.amount_micros, invoice.currency)}"
        for line in invoice.lines
    ]
    total = money(invoice.total_micros, invoice.currency)
    head = f"Invoice for {invoice.month}\n{account.name}, account {account.id}\n"
    return "\n".join([head, *lines, "", f"  Total: {total}", ""])


def record_handler(record: SQSRecord) -> None:
    """Bill one account for one month."""
    bill(queues.read(Bill, record.body), clock.now())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, record_handler, processor, context)
