"""Invoices: written once for an account and month, and due until they are mailed."""

from datetime import datetime

from longcode.invoice import Invoice
from longcode.table import keys, store
from longcode.table.codec import attributes, read
from longcode.table.writes import ABSENT, PRESENT, Put, Update


def get(account: str, month: str) -> Invoice | None:
    """Read an invoice."""
    found = store.get(keys.invoice(account, month))
    return read(Invoice, found) if found else None


def everyone_of(account: str) -> list[Invoice]:
    """List an account's invoices, oldest first."""
    return [read(Invoice, item) for item in store.query(keys.invoice(account))]


def write(invoice: Invoice, due_at: datetime) -> Invoice:
    """Write an invoice unless the month has one, and give the one that stands."""
    key = keys.invoice(invoice.account, invoice.month)
    item = {"type": "invoice", **attributes(invoice), **keys.due(f"{invoice.account}{invoice.month}", due_at)}
    try:
        store.write(Put(key, item, ABSENT))
    except store.ConditionFailed as failed:
        return read(Invoice, failed.found[0])
    return invoice


def is_mailed(account: str, month: str) -> bool:
    """Tell whether an invoice was mailed."""
    return "mailed_at" in (store.get(keys.invoice(account, month)) or {})


def note_mailed(account: str, month: str, at: datetime) -> None:
    """Note that an invoice was mailed: nobody need look at it again."""
    gone = ("due_shard", "due_at")
    store.write(Update(keys.invoice(account, month), changes={"mailed_at": at}, remove=gone, when=PRESENT))
