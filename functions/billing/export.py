"""Exports an issued invoice to Stripe: a draft with an item a line, each once, whatever breaks off or comes twice."""

from datetime import datetime, timedelta
from random import random
from typing import Any, Protocol

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from billing.stripe import Again, Answer, Made, Refused, Stripe
from longcode import export as asked
from longcode import jobs, patience
from longcode.account import Account
from longcode.aws import clock, queues
from longcode.aws.batch import OneByOne
from longcode.aws.settings import stripe_key
from longcode.aws.telemetry import count, logger
from longcode.invoice import Invoice
from longcode.table import accounts, exports, invoices

LEASE = timedelta(seconds=90)  # longer than the function may run, shorter than the sweeper's first look

processor = OneByOne(EventType.SQS)


class Books(Protocol):
    """What an invoice is exported to."""

    def post(self, call: asked.Call) -> Answer:
        """Post once."""


def export(job: jobs.Export, books: Books, now: datetime) -> None:
    """Export an invoice from the beginning: under the same keys, Stripe answers for what is there already."""
    taken = exports.take(job.account, job.month, now, now + LEASE)
    if taken is None:
        return  # done, stopped, or another is at it
    invoice = invoices.get(job.account, job.month)
    if invoice is None:
        raise LookupError(job.month)
    match _posted(taken, invoice, accounts.need(job.account), books, now):
        case Made(stripe_invoice):
            exports.note_done(taken, stripe_invoice, now)
            logger.info("exported", extra={"account": job.account, "month": job.month})
        case Again():
            exports.try_again(taken, patience.retry_at(now, taken.attempt, random()))  # noqa: S311 - not a secret
        case Refused(why):
            _stop(taken, why)


def _posted(taken: asked.Export, invoice: Invoice, account: Account, books: Books, now: datetime) -> Answer:
    """Post what there is to post; gives the draft, or the first answer that is in the way."""
    if now - datetime.fromisoformat(taken.began_at) > asked.KEYS_LAST:
        return Refused("unfinished")
    customer = Made(account.stripe_customer) if account.stripe_customer else _customer(account, books)
    if not isinstance(customer, Made):
        return customer
    draft = books.post(asked.draft(invoice, customer.id, taken.round))
    if not isinstance(draft, Made):
        return draft
    for call in asked.items(invoice, customer.id, taken.round, draft.id):
        answer = books.post(call)
        if not isinstance(answer, Made):
            return answer
    return draft


def _customer(account: Account, books: Books) -> Answer:
    answer = books.post(asked.customer(account))
    if isinstance(answer, Made):
        exports.note_customer(account.id, answer.id)
    return answer


def _stop(taken: asked.Export, why: str) -> None:
    exports.stop(taken, why)
    count("StoppedExports")
    logger.error("export stopped", extra={"account": taken.account, "month": taken.month, "why": why})


def record_handler(record: SQSRecord) -> None:
    """Export one invoice."""
    export(queues.read(jobs.Export, record.body), Stripe(stripe_key()), clock.now())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, record_handler, processor, context)
