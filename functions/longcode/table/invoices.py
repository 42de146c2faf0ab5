"""Invoices: written once for an account and month, and due until they are mailed."""

from datetime import datetime

from boto3.dynamodb.conditions import Attr

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


def take_to_mail(account: str, month: str, now: datetime, until: datetime) -> bool:
    """Take the task of mailing an invoice: one at a time, and never again once that is noted."""
    free = Attr("mailing_until").not_exists() | Attr("mailing_until").lt(keys.instant(now))
    change = Update(
        keys.invoice(account, month), changes={"mailing_until": until}, when=Attr("mailed_at").not_exists() & free
    )
    try:
        store.write(change)
    except store.ConditionFailed:
        return False
    return True


def note_mailed(account: str, month: str, at: datetime) -> None:
    """Note that an invoice was mailed: nobody need look at it again."""
    gone = ("due_shard", "due_at")
    store.write(Update(keys.invoice(account, month), changes={"mailed_at": at}, remove=gone, when=PRESENT))
