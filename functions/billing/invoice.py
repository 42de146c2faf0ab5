"""An account's invoice of a month: checked, issued once, mailed until that is noted."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from billing.mailing import mail_invoice
from longcode import months
from longcode.aws import clock, queues
from longcode.aws.batch import OneByOne
from longcode.aws.settings import settings
from longcode.aws.telemetry import logger
from longcode.billing import closing, exporting
from longcode.jobs import Bill
from longcode.patience import LEASE
from longcode.table import accounts, invoices

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
        exporting.begin(job.account, job.month, now())
    at = now()
    if invoices.take_to_mail(job.account, job.month, at, at + LEASE):
        mail_invoice(invoice, account)
        invoices.note_mailed(job.account, job.month, now())


def record_handler(record: SQSRecord) -> None:
    """Bill one account for one month."""
    bill(queues.read(Bill, record.body), clock.now, exports=bool(settings().stripe_secret))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, record_handler, processor, context)
