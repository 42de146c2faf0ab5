"""Invoices: one for an account and month, numbered as it is issued, due until mailed; or parked for a difference."""

import itertools
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

import msgspec
from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.difference import Findings
from longcode.invoice import Invoice, State
from longcode.table import keys, numbering, store
from longcode.table.codec import Attributes, attributes, read
from longcode.table.writes import ABSENT, Delete, Put, Update, Write

ISSUED = (State.ISSUED, State.PAID)
_OPEN = ABSENT | Attr("state").is_in((State.DOUBTED, State.PARKED))


class Overtaken(Exception):
    """Another invoice of the account, or a credit, has come first: it must be drawn up anew."""


class Entry(Struct, frozen=True, kw_only=True):
    """An account's month as it stands: `invoice` is there once it is issued, `findings` is why it is not."""

    account: str
    month: str
    state: State
    invoice: Invoice | None = None
    findings: Findings | None = None
    look_again_at: datetime | None = None
    mailed_at: datetime | None = None
    paid_on: date | None = None
    credited_micros: int = 0


def entry(account: str, month: str) -> Entry | None:
    """Read how an account's month stands, None if nobody has closed it."""
    found = store.get(keys.invoice(account, month))
    return _entry(found) if found else None


def entries(of: Iterable[tuple[str, str]]) -> list[Entry]:
    """Read how months of accounts stand, a hundred in a call; those that nobody has closed are left out."""
    wanted = [keys.invoice(account, month) for account, month in of]
    found = store.get_many(wanted)
    return [_entry(found[key]) for key in wanted if key in found]


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


def issue(invoice: Invoice, due_at: datetime, *also: Write) -> Invoice:
    """Give an invoice the next number of its month, unless the month has one; gives the one that stands.

    Raises `Overtaken` when one of the other writes meets a change.
    """
    for attempt in itertools.count():
        place = numbering.last_number(invoice.month) + 1
        numbered = replace(invoice, number=f"{invoice.month}-{place:06d}")
        own = [_issued(numbered, due_at), *numbering.taking(numbered, place)]
        try:
            store.transact([*own, *also])
        except store.ConditionFailed as failed:
            if standing := document(failed.found.get(0, {})):
                return standing
            if max(failed.found) >= len(own):
                raise Overtaken from failed
            store.pause(attempt)  # another invoice has taken the number
        else:
            return numbered
    raise AssertionError


def doubt(account: str, month: str, findings: Findings, look_at: datetime) -> None:
    """Note what was found, to be looked at once more: an index that lags may be all that is wrong."""
    doubted = _put_aside(account, month, State.DOUBTED, findings)
    again = {"look_again_at": look_at, **keys.due(f"{account}{month}", look_at)}
    store.try_write(Put(keys.invoice(account, month), {**doubted, **again}, ABSENT))


def park(account: str, month: str, findings: Findings) -> bool:
    """Have an invoice wait for the operator. False when one was issued meanwhile, which stands."""
    return store.try_write(
        Put(keys.invoice(account, month), _put_aside(account, month, State.PARKED, findings), _OPEN)
    )


def forget(account: str, month: str) -> None:
    """Forget that a month was doubted or parked: nothing is owed for it."""
    store.try_write(Delete(keys.invoice(account, month), _OPEN))


def note_paid(account: str, month: str, on: date) -> None:
    """Note the day on which an invoice was paid. One that is paid stays so: the first day stands."""
    paid = {"state": State.PAID, "paid_on": on.isoformat()}
    store.try_write(Update(keys.invoice(account, month), changes=paid, when=Attr("state").eq(State.ISSUED)))


def mail_again(account: str, month: str, look_at: datetime) -> None:
    """Have an issued invoice mailed as if it had not been, by whoever looks at it first."""
    changes = keys.due(f"{account}{month}", look_at)
    gone = ("mailed_at", "mailing_until")
    store.try_write(Update(keys.invoice(account, month), changes, remove=gone, when=Attr("state").is_in(ISSUED)))


def take_to_mail(account: str, month: str, now: datetime, until: datetime) -> bool:
    """Take the task of mailing an invoice: one at a time, and never again once that is noted."""
    free = Attr("mailing_until").not_exists() | Attr("mailing_until").lt(keys.instant(now))
    waiting = Attr("state").is_in(ISSUED) & Attr("mailed_at").not_exists() & free
    return store.try_write(Update(keys.invoice(account, month), changes={"mailing_until": until}, when=waiting))


def note_mailed(account: str, month: str, at: datetime) -> None:
    """Note that an invoice was mailed: nobody need look at it again."""
    gone = ("due_shard", "due_at")
    issued = Attr("state").is_in(ISSUED)
    store.write(Update(keys.invoice(account, month), changes={"mailed_at": at}, remove=gone, when=issued))


def _entry(found: Attributes) -> Entry:
    return msgspec.structs.replace(read(Entry, found), invoice=document(found))


def _put_aside(account: str, month: str, state: State, findings: Findings) -> Attributes:
    return {"type": "invoice", "account": account, "month": month, "state": state, "findings": attributes(findings)}


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
    return Put(keys.invoice(invoice.account, invoice.month), item, _OPEN)
