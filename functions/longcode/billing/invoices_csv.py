"""A month's issued invoices as CSV, for an operator who enters them into other accounting software."""

import csv
import io
from collections.abc import Iterable

from longcode.billing.adjustments import MonthEntry
from longcode.billing.sheet import MARK, cell

COLUMNS = (
    "number",
    "account",
    "studio",
    "month",
    "issued_on",
    "plan",
    "units_used",
    "charges",
    "credits",
    "total",
    "currency",
    "state",
    "paid_on",
)


def month_csv(entries: Iterable[MonthEntry]) -> str:
    """Return a row for each of a month's issued invoices; `charges` and `credits` add up to `total`.

    A row is about 120 bytes, so the response of a Lambda function (6 MB) has room for some 45,000.
    """
    text = io.StringIO()
    text.write(MARK)
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(_row(entry) for entry in entries)
    return text.getvalue()


def decimal(micros: int) -> str:
    """Return an amount in the currency's unit, with two decimals or as many as it needs, up to six: `-1234.50`."""
    whole, millionths = divmod(abs(micros), 1_000_000)
    cents, rest = divmod(millionths, 10_000)
    return f"{'-' if micros < 0 else ''}{whole}.{cents:02}" + f"{rest:04}".rstrip("0")


def _row(entry: MonthEntry) -> tuple[str, ...]:
    invoice = entry.invoice
    if invoice is None:  # impossible: number and invoice are written in one transaction, and never deleted
        raise LookupError(entry.account)
    return (
        invoice.number,
        invoice.account,
        cell(invoice.studio),
        invoice.month,
        invoice.issued_on.isoformat(),
        invoice.plan,
        str(invoice.units_used),
        decimal(invoice.total_micros - invoice.credits_micros),
        decimal(invoice.credits_micros),
        decimal(invoice.total_micros),
        invoice.currency,
        entry.state.value,
        entry.paid_on.isoformat() if entry.paid_on else "",
    )
