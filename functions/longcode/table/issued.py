"""Issued invoices as their studio reads them: the document as it was written, and where it stands."""

from msgspec import Struct

from longcode.invoice import Invoice, State
from longcode.table import invoices, keys, store
from longcode.table.codec import Attributes


class Issued(Struct, frozen=True, kw_only=True):
    """An invoice, the bytes that it was issued as, and where it stands."""

    invoice: Invoice
    document: str
    state: State


def get(account: str, month: str) -> Issued | None:
    """Read an invoice, unless it is not issued yet."""
    found = store.get(keys.invoice(account, month))
    return _issued(found) if found else None


def page(account: str, after: str | None, limit: int) -> list[Issued]:
    """List an account's issued invoices, the oldest first, from the month after one on."""
    found: list[Issued] = []
    start = keys.invoice(account, after) if after else None
    for item in store.query(keys.invoice(account), after=start, page=limit):
        found += [one] if (one := _issued(item)) else []
        if len(found) == limit:
            break
    return found


def _issued(item: Attributes) -> Issued | None:
    invoice = invoices.document(item)
    if invoice is None:
        return None
    return Issued(invoice=invoice, document=item["document"], state=State(item["state"]))
