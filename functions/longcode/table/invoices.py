"""Invoices: one for an account and month, numbered as it is issued, and due until it is mailed."""

import itertools
from dataclasses import replace
from datetime import datetime

import msgspec
from boto3.dynamodb.conditions import Attr

from longcode.invoice import Invoice, State
from longcode.table import keys, store
from longcode.table.codec import Attributes
from longcode.table.writes import ABSENT, Put, Update, Write

_ISSUED = (State.ISSUED, State.PAID)


def get(account: str, month: str) -> Invoice | None:
    """Read an invoice that is issued."""
    found = store.get(keys.invoice(account, month))
    return document(found) if found else None


def everyone_of(account: str) -> list[Invoice]:
    """List an account's invoices that are issued, oldest first."""
    return [one for item in store.query(keys.invoice(account)) if (one := document(item))]


def document(found: Attributes) -> Invoice | None:
    """Give the invoice of an item, None until it is issued. Its bytes stay what they were written as."""
    return msgspec.json.decode(found["document"], type=Invoice) if "document" in found else None


def issue(invoice: Invoice, due_at: datetime) -> Invoice:
    """Give an invoice the next number of its month, unless the month has one; gives the one that stands."""
    for attempt in itertools.count():
        place = _last_number(invoice.month) + 1
        numbered = replace(invoice, number=f"{invoice.month}-{place:06d}")
        try:
            store.transact([_issued(numbered, due_at), *_in_sequence(numbered, place)])
        except store.ConditionFailed as failed:
            if 0 in failed.found and (standing := document(failed.found[0])):
                return standing
            store.pause(attempt)  # another invoice has taken the number
        else:
            return numbered
    raise AssertionError


def take_to_mail(account: str, month: str, now: datetime, until: datetime) -> bool:
    """Take the task of mailing an invoice: one at a time, and never again once that is noted."""
    free = Attr("mailing_until").not_exists() | Attr("mailing_until").lt(keys.instant(now))
    waiting = Attr("state").is_in(_ISSUED) & Attr("mailed_at").not_exists() & free
    return store.holds(Update(keys.invoice(account, month), changes={"mailing_until": until}, when=waiting))


def note_mailed(account: str, month: str, at: datetime) -> None:
    """Note that an invoice was mailed: nobody need look at it again."""
    gone = ("due_shard", "due_at")
    issued = Attr("state").is_in(_ISSUED)
    store.write(Update(keys.invoice(account, month), changes={"mailed_at": at}, remove=gone, when=issued))


def _last_number(month: str) -> int:
    found = store.get(keys.last_invoice_number(month))
    return int(found["sequence"]) if found else 0


def _issued(invoice: Invoice, due_at: datetime) -> Put:
    item = {
        "type": "invoice",
        "account": invoice.account,
        "month": invoice.month,
        "number": invoice.number,
        "state": State.ISSUED,
        "total_micros": invoice.total_micros,
        "document": msgspec.json.encode(invoice).decode(),
        **keys.due(f"{invoice.account}{invoice.month}", due_at),
    }
    return Put(keys.invoice(invoice.account, invoice.month), item, ABSENT)


def _in_sequence(invoice: Invoice, place: int) -> list[Write]:
    before = Attr("sequence").eq(place - 1) if place > 1 else Attr("sequence").not_exists()
    last = {"type": "last-invoice-number", "sequence": place}
    entry = {"type": "invoice-number", "number": invoice.number, "account": invoice.account, "month": invoice.month}
    return [
        Update(keys.last_invoice_number(invoice.month), changes=last, when=before),
        Put(keys.invoice_number(invoice.month, invoice.number), entry, ABSENT),
    ]
