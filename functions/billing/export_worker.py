"""Export an issued invoice to Stripe, once: a draft with an item for each line."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from random import random
from typing import Any, Protocol

import stripe
import urllib3
from msgspec import Struct

from longcode import jobs, windows
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import batches, clients, queues
from longcode.aws.parameters import stripe_key
from longcode.aws.telemetry import count, logger
from longcode.billing import exports, stripe_form
from longcode.billing import store as invoices
from longcode.billing.invoice import Invoice

LEASE = timedelta(seconds=90)
"""How long a worker holds an export: longer than its function may run, shorter than the sweeper's first check."""

API_VERSION = "2024-06-20"
TIMEOUT_SECONDS = 10.0

# The idempotency key makes it safe to post again. 409: our own earlier call has not ended yet.
_RETRIED = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.FAILED_DEPENDENCY,
    HTTPStatus.TOO_MANY_REQUESTS,
}
_REFUSED = set(range(400, 500)) - _RETRIED

stripe.enable_telemetry = False
logging.getLogger("stripe").setLevel(logging.WARNING)  # messages below that quote the end of the key


class Created(Struct, frozen=True):
    """The object exists: created now, or by an earlier post with the same key."""

    id: str


class Retry(Struct, frozen=True):
    """No answer, or an error after which another attempt may succeed."""

    reason: str


class RefusedByStripe(Struct, frozen=True):
    """An error that another attempt would get again."""

    reason: str


class CustomerGone(Struct, frozen=True):
    """The customer that the call names does not exist, or not any more."""

    customer: str


Answer = Created | Retry | RefusedByStripe | CustomerGone


class Books(Protocol):
    """The accounting software that invoices are exported to."""

    @property
    def is_test(self) -> bool:
        """Whether what is created is only a test, so that nothing of it may be kept."""

    def post(self, call: stripe_form.StripeCall) -> Answer:
        """Make a call without retrying; return what it created, or what went wrong."""


class _Http(stripe.HTTPClient):
    """Makes the package's calls: without `requests`, and without its redirects and its proxies."""

    name = "urllib3"

    def __init__(self, timeout_seconds: float) -> None:
        super().__init__()
        self._pool = urllib3.PoolManager(timeout=timeout_seconds, retries=False, ca_certs=stripe.ca_bundle_path)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Return body, status and headers of the response; raise APIConnectionError if there is none."""
        try:
            response = self._pool.request(method, url, post_data, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise stripe.APIConnectionError(type(error).__name__) from error  # type: ignore[no-untyped-call]
        return response.data.decode(errors="replace"), response.status, response.headers

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()


class Stripe:
    """Stripe's API, with a restricted key. Retries go through the due index, so the package does not retry."""

    def __init__(
        self, api_key: str, api_base: str = stripe.DEFAULT_API_BASE, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self.is_test = "_test_" in api_key  # as in sk_test_… and rk_test_…
        self._client = stripe.StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": api_base},
            max_network_retries=0,
            http_client=_Http(timeout_seconds),
        )

    def post(self, call: stripe_form.StripeCall) -> Answer:
        """Make a call without retrying; return what it created, or what went wrong."""
        form = {name: value.encode(errors="replace").decode() for name, value in call.form.items()}
        try:
            answer = self._client.raw_request("post", call.path, idempotency_key=call.key, **form)
        except stripe.StripeError as error:
            return _not_created(error, call)
        match answer.data:
            case {"id": str(created)} if created:
                return Created(created)
        return Retry(f"http {answer.code}")


def _not_created(error: stripe.StripeError, call: stripe_form.StripeCall) -> Answer:
    if error.http_status in _REFUSED:
        match error.json_body, call.form:
            case {"error": {"code": "resource_missing", "param": "customer"}}, {"customer": customer}:
                return CustomerGone(customer)
        return RefusedByStripe(f"http {error.http_status} {_code(error)}".strip())
    return Retry(f"http {error.http_status}" if error.http_status else type(error).__name__)


def _code(error: stripe.StripeError) -> str:
    """Return Stripe's code of an error, without its message, which may quote an address or the end of a key."""
    match error.json_body:
        case {"error": {"code": str(code)}} | {"error": {"type": str(code)}}:
            return code[:60]
    return ""


def export(job: jobs.ExportInvoice, books: Books, now: datetime) -> None:
    """Post all calls of an export, even after an earlier attempt: with the same keys, nothing is created twice."""
    claimed = exports.claim(job.account, job.month, now, now + LEASE)
    if claimed is None:
        return  # done, stopped, or another worker has it
    invoice = invoices.get(job.account, job.month)
    if invoice is None:
        raise LookupError(job.month)
    match _post_all(claimed, invoice, accounts.get_or_raise(job.account), books, now):
        case Created(stripe_invoice) if books.is_test:
            exports.stop(claimed, "test_key")
            logger.info("exported with a test key", extra={"account": job.account, "month": job.month})
        case Created(stripe_invoice):
            exports.record_done(claimed, stripe_invoice, now)
            logger.info("exported", extra={"account": job.account, "month": job.month})
        case Retry():
            exports.try_again(claimed, windows.retry_at(now, claimed.attempt, random()))  # noqa: S311 - not a secret
        case RefusedByStripe(reason):
            _stop(claimed, reason)
        case CustomerGone() if claimed.gone_customer:
            _stop(claimed, "customer_gone")  # a second time: another round might end the same way
        case CustomerGone(customer):
            exports.begin_without_customer(claimed, customer, now)
            logger.info("customer gone", extra={"account": job.account, "month": job.month})


def _post_all(
    claimed: stripe_form.InvoiceExport, invoice: Invoice, account: Account, books: Books, now: datetime
) -> Answer:
    """Post all calls; return the draft, or the first answer that is not `Created`."""
    if now - claimed.began_at > stripe_form.KEYS_VALID_FOR:
        return RefusedByStripe("unfinished")
    customer = _customer(claimed, account, books)
    if not isinstance(customer, Created):
        return customer
    draft = books.post(stripe_form.draft(invoice, customer.id, claimed.round))
    if not isinstance(draft, Created):
        return draft
    for call in stripe_form.items(invoice, customer.id, claimed.round, draft.id):
        answer = books.post(call)
        if not isinstance(answer, Created):
            return answer
    return draft


def _customer(claimed: stripe_form.InvoiceExport, account: Account, books: Books) -> Answer:
    """Return the account's customer, created if it has none or if that is gone. A test has a customer of its own."""
    gone = claimed.gone_customer
    if account.stripe_customer not in {None, gone} and not books.is_test:
        return Created(account.stripe_customer)
    answer = books.post(stripe_form.customer(account, claimed.round, gone))
    if books.is_test or not isinstance(answer, Created) or exports.record_customer(account.id, answer.id, gone):
        return answer
    return Retry("another export has just recorded a customer")


def _stop(claimed: stripe_form.InvoiceExport, reason: str) -> None:
    exports.stop(claimed, reason)
    count("StoppedExports")
    logger.error("export stopped", extra={"account": claimed.account, "month": claimed.month, "why": reason})


def handle(body: str) -> None:
    """Export one invoice."""
    export(queues.read(jobs.ExportInvoice, body), Stripe(stripe_key()), clients.now())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return batches.run_in_order(event, handle)
