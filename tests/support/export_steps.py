"""An issued invoice and its export, for the tests of the export to Stripe."""

from dataclasses import dataclass
from datetime import datetime

from billing import export_worker as exporter
from billing.export_worker import Answer, Stripe
from longcode import jobs
from longcode.billing import exports
from longcode.billing import store as invoices
from longcode.billing.invoice import InvoiceLine, compute_invoice
from longcode.billing.stripe_form import StripeCall
from longcode.plans.plans import PastLimit, Plan
from longcode.table import due
from longcode.usage.usage import Usage
from tests.support.crashes import Crash
from tests.support.fake_stripe import KEY, FakeStripe
from tests.support.fakes import NOW, studio

VOLUME = Plan("volume", "Volume", 250_000_000, 10_000, 27_500, PastLimit.CHARGE)
CREDIT = InvoiceLine("credit", "Credit: texts sent twice", 1, -2_500_000, -2_500_000)
JOB = jobs.ExportInvoice(account="10000001", month="2026-11")


@dataclass
class CrashableBooks:
    """Counts its calls with those to AWS: a crash may come before or after each."""

    books: Stripe
    crash: Crash

    @property
    def is_test(self) -> bool:
        return self.books.is_test

    def post(self, call: StripeCall) -> Answer:
        self.crash.start("post")
        answer = self.books.post(call)
        self.crash.end()
        return answer


def client(books: FakeStripe, key: str = KEY) -> Stripe:
    """Return Stripe's client for a fake."""
    return Stripe(key, books.url, timeout_seconds=0.5)


def begun(now: datetime = NOW) -> None:
    """Issue the invoice of tests/exchanges/stripe and begin its export, without a job on the queue."""
    studio()
    drawn = compute_invoice(
        "10000001", "2026-11", VOLUME, Usage(units_sent=10_003), studio="Foxglove", others=[CREDIT]
    )
    invoices.issue(drawn, now)
    exports.write_new("10000001", "2026-11", now, now)


def export(books: FakeStripe, now: datetime = NOW, key: str = KEY) -> None:
    """Run the export's job once."""
    exporter.export(JOB, client(books, key), now)


def waiting(now: datetime) -> list[str]:
    """Return the exports that are due by an instant, by type."""
    return [item["type"] for item in due.find(now, 10) if item["type"] == "export"]


def export_state() -> tuple[str | None, str | None]:
    """Return the id of Stripe's invoice, and why the export has stopped."""
    found = exports.get("10000001", "2026-11")
    assert found
    return found.stripe_invoice, found.stopped
