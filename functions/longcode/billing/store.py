"""Invoices, one per account and month: numbered when issued, due until mailed, or parked; and credits."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice

import msgspec
from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.aws.clients import pause
from longcode.billing.adjustments import Balance, Credit, Findings, MonthEntry
from longcode.billing.invoice import Invoice, InvoiceState
from longcode.table import keys, store
from longcode.table.writes import ABSENT, Attributes, Delete, Put, Update, Write, attributes, has_value, read

ISSUED = (InvoiceState.ISSUED, InvoiceState.PAID)
MOST_CREDITS = 50  # each is a write of the invoice's transaction, which has room for a hundred

_NOT_ISSUED = ABSENT | Attr("state").is_in((InvoiceState.DOUBTED, InvoiceState.PARKED))


class InvoiceOvertaken(Exception):
    """Another invoice of the account, or a credit, was written first: the invoice must be computed again."""


class CreditExceedsTotal(Exception):
    """The credits on an invoice would be larger than its total."""


class Issued(Struct, frozen=True, kw_only=True):
    """An issued invoice, its JSON exactly as it was issued, and its state."""

    invoice: Invoice
    document: str
    state: InvoiceState


def entry(account: str, month: str) -> MonthEntry | None:
    """Return an account's month, or None if it was never closed."""
    item = store.get(keys.invoice(account, month))
    return _entry(item) if item else None


def entries(accounts_and_months: Iterable[tuple[str, str]]) -> list[MonthEntry]:
    """Return those of the months that were closed, read a hundred in a call."""
    wanted = [keys.invoice(account, month) for account, month in accounts_and_months]
    items = store.get_many(wanted)
    return [_entry(items[key]) for key in wanted if key in items]


def newest_entries(account: str, before: str | None, limit: int) -> list[MonthEntry]:
    """Return up to `limit` of an account's months that were closed, newest first, starting before a month.

    All keys of an account's months fit into a call for many years, so the newest are found among them.
    """
    closed = [item["month"] for item in store.query(keys.invoice(account), only=("month",))]
    wanted = [month for month in reversed(closed) if before is None or month < before][:limit]
    return entries((account, month) for month in wanted)


def get(account: str, month: str) -> Invoice | None:
    """Return an issued invoice, or None."""
    item = store.get(keys.invoice(account, month))
    return _invoice(item) if item else None


def all_of(account: str) -> list[Invoice]:
    """Return an account's issued invoices, oldest first."""
    return [invoice for item in store.query(keys.invoice(account)) if (invoice := _invoice(item))]


def get_issued(account: str, month: str) -> Issued | None:
    """Return an issued invoice with its JSON and state, or None."""
    item = store.get(keys.invoice(account, month))
    return _issued(item) if item else None


def issued_page(account: str, after: str | None, limit: int) -> list[Issued]:
    """Return up to `limit` of an account's issued invoices, oldest first, starting after a month."""
    page: list[Issued] = []
    start = keys.invoice(account, after) if after else None
    for item in store.query(keys.invoice(account), after=start, page=limit):
        page += [issued] if (issued := _issued(item)) else []
        if len(page) == limit:
            break
    return page


def last_number(month: str) -> int:
    """Return how many invoices of a month are issued."""
    item = store.get(keys.last_invoice_number(month))
    return int(item["sequence"]) if item else 0


def issued_numbers(month: str, *, after: str | None = None, limit: int | None = None) -> Iterator[tuple[str, str]]:
    """Yield a month's invoice numbers in their order, each with its account, starting after a number."""
    start = keys.invoice_number(month, after) if after else None
    items = store.query(keys.invoice_number(month), after=start, limit=limit)
    return ((item["number"], item["account"]) for item in items)


def issue(invoice: Invoice, due_at: datetime, *also: Write) -> Invoice:
    """Issue an invoice under the next number, and return it; if the month has an invoice already, return that.

    `also` are written in the same transaction. Raise `InvoiceOvertaken` when one of their conditions fails.
    """
    for attempt in itertools.count():
        sequence = last_number(invoice.month) + 1
        numbered = msgspec.structs.replace(invoice, number=f"{invoice.month}-{sequence:06d}")
        own = [_invoice_write(numbered, due_at), *_number_writes(numbered, sequence)]
        try:
            store.transact([*own, *also])
        except store.ConditionFailed as failed:
            if issued := _invoice(failed.found.get(0, {})):
                return issued
            if max(failed.found) >= len(own):
                raise InvoiceOvertaken from failed
            pause(attempt)  # another invoice has taken the number
        else:
            return numbered
    raise AssertionError("unreachable: itertools.count does not end")


def doubt(account: str, month: str, findings: Findings, due_at: datetime) -> None:
    """Record the findings of the first check and schedule a second: a lagging index may be the only cause."""
    doubted = _unissued_item(account, month, InvoiceState.DOUBTED, findings)
    again = {"look_again_at": due_at, **keys.due(f"{account}{month}", due_at)}
    store.try_write(Put(keys.invoice(account, month), {**doubted, **again}, ABSENT))


def park(account: str, month: str, findings: Findings) -> bool:
    """Leave a month to the operator; return False if its invoice was issued meanwhile."""
    parked = _unissued_item(account, month, InvoiceState.PARKED, findings)
    return store.try_write(Put(keys.invoice(account, month), parked, _NOT_ISSUED))


def forget(account: str, month: str) -> None:
    """Delete a month that was doubted or parked, because nothing is owed for it."""
    store.try_write(Delete(keys.invoice(account, month), _NOT_ISSUED))


def mark_paid(account: str, month: str, on: date) -> None:
    """Mark an invoice as paid on a day, unless it is marked already: the first day counts."""
    paid = {"state": InvoiceState.PAID, "paid_on": on.isoformat()}
    store.try_write(Update(keys.invoice(account, month), changes=paid, when=Attr("state").eq(InvoiceState.ISSUED)))


def mail_again(account: str, month: str, due_at: datetime) -> None:
    """Put an issued invoice on the due index, as if it had not been mailed."""
    changes = keys.due(f"{account}{month}", due_at)
    removed = ("mailed_at", "mailing_until")
    store.try_write(Update(keys.invoice(account, month), changes, remove=removed, when=Attr("state").is_in(ISSUED)))


def claim_mailing(account: str, month: str, now: datetime, until: datetime) -> bool:
    """Lease the mailing of an invoice; return False if another worker has it, or if it was mailed."""
    free = store.unset_or_before("mailing_until", now)
    waiting = Attr("state").is_in(ISSUED) & Attr("mailed_at").not_exists() & free
    return store.try_write(Update(keys.invoice(account, month), changes={"mailing_until": until}, when=waiting))


def mark_mailed(account: str, month: str, at: datetime) -> None:
    """Record that an invoice was mailed, and take it off the due index."""
    removed = ("due_shard", "due_at")
    issued = Attr("state").is_in(ISSUED)
    store.write(Update(keys.invoice(account, month), changes={"mailed_at": at}, remove=removed, when=issued))


def balance(account: str) -> Balance:
    """Return an account's balance, 0 before its first invoice or credit."""
    item = store.get(keys.balance(account))
    return read(Balance, item) if item else Balance(account=account)


def waiting_credits(balance: Balance) -> list[Credit]:
    """Return the credits that are on no invoice yet, at most as many as fit on one invoice."""
    if not balance.waiting:
        return []
    given = (read(Credit, item) for item in store.query(keys.credit(balance.account)))
    return list(islice((credit for credit in given if credit.applied_in is None), MOST_CREDITS))


def give_credit(credit: Credit, total_micros: int) -> Credit:
    """Write a credit on an issued invoice of that total, and return it; if its id is taken, return the existing one.

    Raise `CreditExceedsTotal` if all credits on the invoice together would exceed its total.
    """
    most_before = total_micros - credit.amount_micros
    if most_before < 0:
        raise CreditExceedsTotal
    fits = Attr("credited_micros").lte(most_before) | Attr("credited_micros").not_exists()
    taken = Update(
        keys.invoice(credit.account, credit.month),
        add={"credited_micros": credit.amount_micros},
        when=Attr("state").is_in(ISSUED) & fits,
    )
    once = Put(keys.credit(credit.account, credit.id), {"type": "credit", **attributes(credit)}, ABSENT)
    owner = {"type": "balance", "account": credit.account}
    counted = Update(keys.balance(credit.account), changes=owner, add={"version": 1, "waiting": 1})
    try:
        store.transact([once, taken, counted])
    except store.ConditionFailed as failed:
        if 0 in failed.found:
            return read(Credit, failed.found[0])
        raise CreditExceedsTotal from failed
    return credit


def settlement_writes(balance: Balance, month: str, applied: Sequence[Credit], carried_micros: int) -> list[Write]:
    """Return the writes that an invoice makes to its account's credits and balance.

    They fail if another invoice of the account, or a credit, was written meanwhile.
    """
    unchanged = has_value("version", balance.version or None)
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
        *(
            Update(keys.credit(credit.account, credit.id), changes={"applied_in": month}, when=once)
            for credit in applied
        ),
    ]


def _entry(item: Attributes) -> MonthEntry:
    return msgspec.structs.replace(read(MonthEntry, item), invoice=_invoice(item))


def _invoice(item: Attributes) -> Invoice | None:
    return msgspec.json.decode(item["document"], type=Invoice) if "document" in item else None


def _issued(item: Attributes) -> Issued | None:
    invoice = _invoice(item)
    if invoice is None:
        return None
    return Issued(invoice=invoice, document=item["document"], state=InvoiceState(item["state"]))


def _unissued_item(account: str, month: str, state: InvoiceState, findings: Findings) -> Attributes:
    return {"type": "invoice", "account": account, "month": month, "state": state, "findings": attributes(findings)}


def _invoice_write(invoice: Invoice, due_at: datetime) -> Put:
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
    return Put(keys.invoice(invoice.account, invoice.month), item, _NOT_ISSUED)


def _number_writes(invoice: Invoice, sequence: int) -> list[Write]:
    """Return the writes that take the next number of the month's sequence, and fail if it is taken."""
    before = has_value("sequence", sequence - 1 or None)
    last = {"type": "last-invoice-number", "sequence": sequence}
    entry = {"type": "invoice-number", "number": invoice.number, "account": invoice.account, "month": invoice.month}
    return [
        Update(keys.last_invoice_number(invoice.month), changes=last, when=before),
        Put(keys.invoice_number(invoice.month, invoice.number), entry, ABSENT),
    ]
