"""An invoice as Stripe's HTTP API takes it: the calls, their forms and their idempotency keys.

https://docs.stripe.com/api/invoices/create, .../invoiceitems/create, .../customers/create
"""

import re
from datetime import datetime, timedelta

from msgspec import Struct

from longcode.accounts.account import Account
from longcode.billing.invoice import Invoice, InvoiceLine, money

KEYS_VALID_FOR = timedelta(hours=23)
"""Stripe repeats its first response to a key for at least 24 hours; after that, the same call may act again."""

DAYS_UNTIL_DUE = 30

_CENT = 10_000
_WHOLE = 1_000_000
_WITHOUT_CENTS = re.compile("BIF|CLP|DJF|GNF|JPY|KMF|KRW|MGA|PYG|RWF|UGX|VND|VUV|XAF|XOF|XPF")


class InvoiceExport(Struct, frozen=True, kw_only=True):
    """How far the export of an invoice is. Each `round` has keys of its own, and so creates everything anew.

    The operator begins another round of an export that is done or has stopped. If Stripe has the customer no more,
    one more round begins by itself, with a new customer in place of `gone_customer`.
    """

    account: str
    month: str
    began_at: datetime
    round: int = 1
    attempt: int = 0
    stripe_invoice: str | None = None
    stopped: str | None = None
    gone_customer: str | None = None


class StripeCall(Struct, frozen=True):
    """A POST: path, idempotency key and form."""

    path: str
    key: str
    form: dict[str, str]


def cents(micros: int, currency: str) -> int:
    """Return an amount in the smallest unit of a currency; half a unit is rounded up."""
    unit = _WHOLE if _WITHOUT_CENTS.fullmatch(currency) else _CENT
    return (2 * micros + unit) // (2 * unit)


def amounts(invoice: Invoice) -> list[int]:
    """Return the rounded amounts of the lines, which add up to the rounded total: differences of rounded sums."""
    rounded_lines, micros, before = [], 0, 0
    for line in invoice.lines:
        micros += line.amount_micros
        rounded = cents(micros, invoice.currency)
        rounded_lines.append(rounded - before)
        before = rounded
    return rounded_lines


def customer(account: Account, export_round: int, gone: str | None) -> StripeCall:
    """Return the call that creates the studio's customer, in place of `gone` if Stripe has that no more.

    The key is the same for all invoices of a studio, so that exports in parallel create one customer. It contains
    `gone`, so that Stripe never answers it with that customer.
    """
    email = {"email": account.email} if account.email else {}  # none until the studio of a partner has confirmed it
    form = {"name": account.name, **email, "metadata[longcode_account]": account.id}
    after = f"-after-{gone}" if gone else ""
    return StripeCall("/v1/customers", f"longcode-customer-{account.id}-{export_round}{after}", form)


def draft(invoice: Invoice, customer_id: str, export_round: int) -> StripeCall:
    """Return the call that creates the draft of the invoice. The operator sends it, the export does not."""
    form = {
        "customer": customer_id,
        "currency": invoice.currency.lower(),
        "collection_method": "send_invoice",
        "days_until_due": str((invoice.due_on - invoice.issued_on).days if invoice.due_on else DAYS_UNTIL_DUE),
        "auto_advance": "false",
        "pending_invoice_items_behavior": "exclude",
        "description": f"Longcode invoice {invoice.number}",
        "metadata[longcode_invoice]": invoice.number,
        "metadata[longcode_account]": invoice.account,
    }
    return StripeCall("/v1/invoices", _idempotency_key(invoice, export_round, "draft"), form)


def items(invoice: Invoice, customer_id: str, export_round: int, stripe_invoice: str) -> list[StripeCall]:
    """Return the calls that add each line whose amount is not 0."""
    return [
        StripeCall(
            "/v1/invoiceitems",
            _idempotency_key(invoice, export_round, f"line-{number}"),
            {
                "customer": customer_id,
                "invoice": stripe_invoice,
                "currency": invoice.currency.lower(),
                "amount": str(amount),
                "description": _description(line, invoice.currency),
                "period[start]": str(int(invoice.begins_at.timestamp())),
                "period[end]": str(int(invoice.ends_at.timestamp()) - 1),  # Stripe's end is part of the period
                "metadata[longcode_line]": line.item,
            },
        )
        for number, (line, amount) in enumerate(zip(invoice.lines, amounts(invoice), strict=True), 1)
        if line.amount_micros
    ]


def _description(line: InvoiceLine, currency: str) -> str:
    return f"{line.description}: {line.quantity:,} x {money(line.price_micros, currency)}"


def _idempotency_key(invoice: Invoice, export_round: int, part: str) -> str:
    return f"longcode-{invoice.account}-{invoice.number}-{part}-{export_round}"
