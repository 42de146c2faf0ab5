"""Invoices: one for an account and month, numbered as it is issued, due until mailed; or parked for a difference."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import islice

import msgspec
from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.billing.adjustments import Balance, Credit, Findings
from longcode.billing.invoice import Invoice, InvoiceState
from longcode.table import keys, store
from longcode.table.writes import ABSENT, Attributes, Delete, Put, Update, Write, attributes, read

ISSUED = (InvoiceState.ISSUED, InvoiceState.PAID)
_OPEN = ABSENT | Attr("state").is_in((InvoiceState.DOUBTED, InvoiceState.PARKED))

MOST_CREDITS = 50  # of the hundred writes of a transaction


class InvoiceOvertaken(Exception):
    """Another invoice of the account, or a credit, has come first: it must be drawn up anew."""


class MonthEntry(Struct, frozen=True, kw_only=True):
    """An account's month as it stands: `invoice` is there once it is issued, `findings` is why it is not."""

    account: str
    month: str
    state: InvoiceState
    invoice: Invoice | None = None
    findings: Findings | None = None
    look_again_at: datetime | None = None
    mailed_at: datetime | None = None
    paid_on: date | None = None
    credited_micros: int = 0


def entry(account: str, month: str) -> MonthEntry | None:
    """Read how an account's month stands, None if nobody has closed it."""
    found = store.get(keys.invoice(account, month))
    return _entry(found) if found else None


def entries(of: Iterable[tuple[str, str]]) -> list[MonthEntry]:
    """Read how months of accounts stand, a hundred in a call; those that nobody has closed are left out."""
    wanted = [keys.invoice(account, month) for account, month in of]
    found = store.get_many(wanted)
    return [_entry(found[key]) for key in wanted if key in found]


def get(account: str, month: str) -> Invoice | None:
    """Read an invoice that is issued."""
    found = store.get(keys.invoice(account, month))
    return document(found) if found else None


def all_of(account: str) -> list[Invoice]:
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
        place = last_number(invoice.month) + 1
        numbered = replace(invoice, number=f"{invoice.month}-{place:06d}")
        own = [_writes_to_issue(numbered, due_at), *taking_number(numbered, place)]
        try:
            store.transact([*own, *also])
        except store.ConditionFailed as failed:
            if standing := document(failed.found.get(0, {})):
                return standing
            if max(failed.found) >= len(own):
                raise InvoiceOvertaken from failed
            store.pause(attempt)  # another invoice has taken the number
        else:
            return numbered
    raise AssertionError


def doubt(account: str, month: str, findings: Findings, look_at: datetime) -> None:
    """Note what was found, to be looked at once more: an index that lags may be all that is wrong."""
    doubted = _put_aside(account, month, InvoiceState.DOUBTED, findings)
    again = {"look_again_at": look_at, **keys.due(f"{account}{month}", look_at)}
    store.try_write(Put(keys.invoice(account, month), {**doubted, **again}, ABSENT))


def park(account: str, month: str, findings: Findings) -> bool:
    """Have an invoice wait for the operator. False when one was issued meanwhile, which stands."""
    return store.try_write(
        Put(keys.invoice(account, month), _put_aside(account, month, InvoiceState.PARKED, findings), _OPEN)
    )


def forget(account: str, month: str) -> None:
    """Forget that a month was doubted or parked: nothing is owed for it."""
    store.try_write(Delete(keys.invoice(account, month), _OPEN))


def note_paid(account: str, month: str, on: date) -> None:
    """Note the day on which an invoice was paid. One that is paid stays so: the first day stands."""
    paid = {"state": InvoiceState.PAID, "paid_on": on.isoformat()}
    store.try_write(Update(keys.invoice(account, month), changes=paid, when=Attr("state").eq(InvoiceState.ISSUED)))


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


def _entry(found: Attributes) -> MonthEntry:
    return msgspec.structs.replace(read(MonthEntry, found), invoice=document(found))


def _put_aside(account: str, month: str, state: InvoiceState, findings: Findings) -> Attributes:
    return {"type": "invoice", "account": account, "month": month, "state": state, "findings": attributes(findings)}


def _writes_to_issue(invoice: Invoice, due_at: datetime) -> Put:
    item = {
        "type": "invoice",
        "account": invoice.account,
        "month": invoice.month,
        "number": invoice.number,
        "state": InvoiceState.ISSUED,
        "total_micros": invoice.total_micros,
        "document": msgspec.json.encode(invoice).decode(),
        **keys.due(f"{invoice.account}{invoice.month}", due_at),
    }
    return Put(keys.invoice(invoice.account, invoice.month), item, _OPEN)


class CreditTooLarge(Exception):
    """The credits on an invoice would be larger than its total."""


def balance(account: str) -> Balance:
    """Read where an account's invoices stand."""
    found = store.get(keys.balance(account))
    return read(Balance, found) if found else Balance(account=account)


def waiting_credits(balance: Balance) -> list[Credit]:
    """List the credits that are on no invoice yet, as many as one can have."""
    if not balance.waiting:
        return []
    every = (read(Credit, item) for item in store.query(keys.credit(balance.account)))
    return list(islice((one for one in every if one.applied_in is None), MOST_CREDITS))


def give_credit(credit: Credit, total_micros: int) -> Credit:
    """Give a credit on an issued invoice of that total, once; gives the one that stands under its id.

    Raises `TooMuch`.
    """
    most = total_micros - credit.amount_micros
    if most < 0:
        raise CreditTooLarge
    fits = Attr("credited_micros").lte(most) | Attr("credited_micros").not_exists()
    taken = Update(
        keys.invoice(credit.account, credit.month),
        add={"credited_micros": credit.amount_micros},
        when=Attr("state").is_in(ISSUED) & fits,
    )
    once = Put(keys.credit(credit.account, credit.id), {"type": "credit", **attributes(credit)}, ABSENT)
    whose = {"type": "balance", "account": credit.account}
    noted = Update(keys.balance(credit.account), changes=whose, add={"version": 1, "waiting": 1})
    try:
        store.transact([once, taken, noted])
    except store.ConditionFailed as failed:
        if 0 in failed.found:
            return read(Credit, failed.found[0])
        raise CreditTooLarge from failed
    return credit


def settling(balance: Balance, month: str, applied: Sequence[Credit], carried_micros: int) -> list[Write]:
    """Make the writes that go with an invoice: what it has of the credits, and what it carries on.

    They fail if another invoice of the account, or a credit, has come meanwhile.
    """
    unchanged = Attr("version").eq(balance.version) if balance.version else Attr("version").not_exists()
    changes = {
        "type": "balance",
        "account": balance.account,
        "version": balance.version + 1,
        "carried_micros": carried_micros,
        "waiting": balance.waiting - len(applied),
    }
    once = Attr("applied_in").not_exists()
    return [
        Update(keys.balance(balance.account), changes=changes, when=unchanged),
        *(Update(keys.credit(one.account, one.id), changes={"applied_in": month}, when=once) for one in applied),
    ]


class Issued(Struct, frozen=True, kw_only=True):
    """An invoice, the bytes that it was issued as, and where it stands."""

    invoice: Invoice
    document: str
    state: InvoiceState


def get_issued(account: str, month: str) -> Issued | None:
    """Read an invoice, unless it is not issued yet."""
    found = store.get(keys.invoice(account, month))
    return _read_issued(found) if found else None


def issued_page(account: str, after: str | None, limit: int) -> list[Issued]:
    """List an account's issued invoices, the oldest first, from the month after one on."""
    found: list[Issued] = []
    start = keys.invoice(account, after) if after else None
    for item in store.query(keys.invoice(account), after=start, page=limit):
        found += [one] if (one := _read_issued(item)) else []
        if len(found) == limit:
            break
    return found


def _read_issued(item: Attributes) -> Issued | None:
    invoice = document(item)
    if invoice is None:
        return None
    return Issued(invoice=invoice, document=item["document"], state=InvoiceState(item["state"]))


def last_number(month: str) -> int:
    """Tell how many invoices of a month are issued."""
    found = store.get(keys.last_invoice_number(month))
    return int(found["sequence"]) if found else 0


def issued_numbers(month: str, *, after: str | None = None, limit: int | None = None) -> Iterator[tuple[str, str]]:
    """List the numbers of a month in their order, from the one after, each with its account."""
    start = keys.invoice_number(month, after) if after else None
    found = store.query(keys.invoice_number(month), after=start, limit=limit)
    return ((one["number"], one["account"]) for one in found)


def taking_number(invoice: Invoice, place: int) -> list[Write]:
    """Make the writes that take the next place; they belong into the transaction that writes the invoice."""
    before = Attr("sequence").eq(place - 1) if place > 1 else Attr("sequence").not_exists()
    last = {"type": "last-invoice-number", "sequence": place}
    entry = {"type": "invoice-number", "number": invoice.number, "account": invoice.account, "month": invoice.month}
    return [
        Update(keys.last_invoice_number(invoice.month), changes=last, when=before),
        Put(keys.invoice_number(invoice.month, invoice.number), entry, ABSENT),
    ]
