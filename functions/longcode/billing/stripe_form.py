"""An invoice as Stripe's HTTP API takes it: what is posted, and under which idempotency keys.

https://docs.stripe.com/api/invoices/create, .../invoiceitems/create, .../customers/create
"""

import re
from datetime import timedelta

from msgspec import Struct

from longcode.accounts.account import Account
from longcode.billing.invoice import Invoice, InvoiceLine, money

KEYS_LAST = timedelta(hours=23)
"""Stripe gives the first answer again under the same key for 24 hours at least, and may then do it a second time."""

DAYS_UNTIL_DUE = 30

_CENT = 10_000
_WHOLE = 1_000_000
_WITHOUT_CENTS = re.compile("BIF|CLP|DJF|GNF|JPY|KMF|KRW|MGA|PYG|RWF|UGX|VND|VUV|XAF|XOF|XPF")


class InvoiceExport(Struct, frozen=True, kw_only=True):
    """How far an invoice's export is. The operator begins another `round` after one that stopped, with new keys."""

    account: str
    month: str
    began_at: str
    round: int = 1
    attempt: int = 0
    stripe_invoice: str | None = None
    stopped: str | None = None


class StripeCall(Struct, frozen=True):
    """One POST: where to, the idempotency key, and the form."""

    path: str
    key: str
    form: dict[str, str]


def cents(micros: int, currency: str) -> int:
    """Round to the smallest unit of a currency, half a unit up."""
    unit = _WHOLE if _WITHOUT_CENTS.fullmatch(currency) else _CENT
    return (2 * micros + unit) // (2 * unit)


def amounts(invoice: Invoice) -> list[int]:
    """Round each line so that they add up to the rounded total: a line takes what the sum so far is rounded by."""
    found, micros, before = [], 0, 0
    for line in invoice.lines:
        micros += line.amount_micros
        rounded = cents(micros, invoice.currency)
        found.append(rounded - before)
        before = rounded
    return found


def customer(account: Account) -> StripeCall:
    """Make the studio a customer: once, and found again by its account number."""
    form = {"name": account.name, "email": account.email, "metadata[longcode_account]": account.id}
    return StripeCall("/v1/customers", f"longcode-customer-{account.id}", form)


def draft(invoice: Invoice, of_customer: str, of_round: int) -> StripeCall:
    """Make a draft: that the operator looks at it and sends it is no part of the export."""
    form = {
        "customer": of_customer,
        "currency": invoice.currency.lower(),
        "collection_method": "send_invoice",
        "days_until_due": str(DAYS_UNTIL_DUE),
        "auto_advance": "false",
        "pending_invoice_items_behavior": "exclude",
        "description": f"Longcode invoice {invoice.number}",
        "metadata[longcode_invoice]": invoice.number,
        "metadata[longcode_account]": invoice.account,
    }
    return StripeCall("/v1/invoices", _idempotency_key(invoice, of_round, "draft"), form)


def items(invoice: Invoice, of_customer: str, of_round: int, stripe_invoice: str) -> list[StripeCall]:
    """Make an item of each line that costs or takes away something."""
    return [
        StripeCall(
            "/v1/invoiceitems",
            _idempotency_key(invoice, of_round, f"line-{number}"),
            {
                "customer": of_customer,
                "invoice": stripe_invoice,
                "currency": invoice.currency.lower(),
                "amount": str(amount),
                "description": _described(line, invoice.currency),
                "period[start]": str(int(invoice.begins_at.timestamp())),
                "period[end]": str(int(invoice.ends_at.timestamp()) - 1),  # Stripe's end is within the period
                "metadata[longcode_line]": line.item,
            },
        )
        for number, (line, amount) in enumerate(zip(invoice.lines, amounts(invoice), strict=True), 1)
        if line.amount_micros
    ]


def _described(line: InvoiceLine, currency: str) -> str:
    return f"{line.description}: {line.quantity:,} x {money(line.price_micros, currency)}"


def _idempotency_key(invoice: Invoice, of_round: int, part: str) -> str:
    return f"longcode-{invoice.account}-{invoice.number}-{part}-{of_round}"
