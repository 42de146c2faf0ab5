"""The numbers of a month's invoices: from 1, without a gap, and whose each is."""

from collections.abc import Iterator

from boto3.dynamodb.conditions import Attr

from longcode.invoice import Invoice
from longcode.table import keys, store
from longcode.table.writes import ABSENT, Put, Update, Write


def last_number(month: str) -> int:
    """Tell how many invoices of a month are issued."""
    found = store.get(keys.last_invoice_number(month))
    return int(found["sequence"]) if found else 0


def numbers(month: str, *, after: str | None = None, limit: int | None = None) -> Iterator[tuple[str, str]]:
    """List the numbers of a month in their order, from the one after, each with its account."""
    start = keys.invoice_number(month, after) if after else None
    found = store.query(keys.invoice_number(month), after=start, limit=limit)
    return ((one["number"], one["account"]) for one in found)


def taking(invoice: Invoice, place: int) -> list[Write]:
    """Make the writes that take the next place; they belong into the transaction that writes the invoice."""
    before = Attr("sequence").eq(place - 1) if place > 1 else Attr("sequence").not_exists()
    last = {"type": "last-invoice-number", "sequence": place}
    entry = {"type": "invoice-number", "number": invoice.number, "account": invoice.account, "month": invoice.month}
    return [
        Update(keys.last_invoice_number(invoice.month), changes=last, when=before),
        Put(keys.invoice_number(invoice.month, invoice.number), entry, ABSENT),
    ]
