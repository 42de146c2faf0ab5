"""An account's invoice of a month: written once, mailed until that is noted."""

from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from billing import exporting
from billing.mailing import mail_invoice
from longcode import plans
from longcode.aws import clock, queues
from longcode.aws.batch import OneByOne
from longcode.aws.settings import settings
from longcode.aws.telemetry import logger
from longcode.invoice import draw_up
from longcode.jobs import Bill
from longcode.patience import HEALED_AFTER, LEASE
from longcode.table import accounts, invoices, price_list, usage

processor = OneByOne(EventType.SQS)


def bill(job: Bill, now: datetime, *, exports: bool = False) -> None:
    """Write the invoice if the month has none, have it exported if that is wanted, and mail it: each once."""
    account = accounts.get(job.account)
    if account is None:
        raise LookupError(job.account)
    plan = plans.in_month(job.month, account.plan_changes)
    if plan is None or account.established_at is None:
        return  # joined later, or never got the credentials
    terms = price_list.of_month(job.month)[plan]
    used = usage.of_month(job.account, job.month)
    drawn_up = draw_up(job.account, job.month, terms, used, studio=account.name)
    invoice = invoices.issue(drawn_up, now + HEALED_AFTER)
    if exports:
        exporting.begin(job.account, job.month, now)
    if invoices.take_to_mail(job.account, job.month, now, now + LEASE):
        mail_invoice(invoice, account)
        invoices.note_mailed(job.account, job.month, now)


def record_handler(record: SQSRecord) -> None:
    """Bill one account for one month."""
    bill(queues.read(Bill, record.body), clock.now(), exports=bool(settings().stripe_secret))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, record_handler, processor, context)
