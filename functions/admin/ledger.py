"""Close, check and repair months; list invoices, mark them as paid, mail, credit and export them."""

from datetime import date, datetime
from itertools import islice
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from admin.order import AccountId, Cursor, Month, Order, ReadingOrder, Unchanged, account_or_raise
from longcode import months
from longcode.accounts import store as accounts
from longcode.aws import queues
from longcode.aws.settings import settings
from longcode.billing import adjustments, closing, exports, invoices_csv, month_end
from longcode.billing import store as invoices
from longcode.billing.adjustments import MonthEntry
from longcode.billing.invoice import Invoice, find_errors, money
from longcode.errors import CreditIdTaken, CreditTooLarge, NotFound, RequestError
from longcode.jobs import Bill
from longcode.template import ONE_LINE
from longcode.usage import store as quotas
from longcode.usage.usage import Usage
from longcode.windows import SWEEP_AFTER

Limit = Annotated[int, Meta(ge=1, le=1000)]


class CloseMonth(Order, frozen=True, kw_only=True, tag="months.close"):
    """Bill a month: one account, all accounts, or those after an account."""

    month: Month
    account: AccountId | None = None
    after: Cursor | None = None


class CheckMonth(ReadingOrder, frozen=True, kw_only=True, tag="months.check"):
    """Compare a month's counters with its messages: for one account, or for a page of accounts.

    `most_units` leaves accounts of the page out that have more: each of their texts would be read.
    """

    month: Month
    account: AccountId | None = None
    after: Cursor | None = None
    limit: Limit = 100
    most_units: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None


class RepairMonth(Order, frozen=True, kw_only=True, tag="months.repair"):
    """Set an account's counters of a month to the sum over its messages."""

    month: Month
    account: AccountId


class ListInvoices(ReadingOrder, frozen=True, kw_only=True, tag="invoices.list"):
    """List a month's issued invoices in the order of their numbers."""

    month: Month
    limit: Limit = 100
    cursor: Cursor | None = None


class WriteCsv(ReadingOrder, frozen=True, kw_only=True, tag="invoices.csv"):
    """Write a month's issued invoices as CSV."""

    month: Month


class ListOpen(ReadingOrder, frozen=True, kw_only=True, tag="invoices.list_open"):
    """Go through a page of accounts, and list those that have no invoice for a month but should have one."""

    month: Month
    after: Cursor | None = None
    limit: Limit = 1000


class MarkPaid(Order, frozen=True, kw_only=True, tag="invoices.mark_paid"):
    """Mark an invoice as paid on a day."""

    month: Month
    account: AccountId
    on: date


class Resend(Order, frozen=True, kw_only=True, tag="invoices.resend"):
    """Mail an invoice again."""

    month: Month
    account: AccountId


class GiveCredit(Order, frozen=True, kw_only=True, tag="invoices.credit"):
    """Take an amount off the account's next invoice because of an issued one. The operator chooses the `id`."""

    month: Month
    account: AccountId
    amount_micros: Annotated[int, Meta(ge=1, le=2**53)]  # no total is larger
    reason: Annotated[str, Meta(max_length=200, pattern=ONE_LINE)]
    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,100}\Z")]


class Export(Order, frozen=True, kw_only=True, tag="invoices.export"):
    """Export an invoice to the operator's books; `again`: also if it is exported already."""

    account: AccountId
    month: Month
    again: bool = False


def close_month(order: CloseMonth, now: datetime) -> dict[str, Any]:
    """Queue a bill for each account, and return how many; `invoices.list_open` shows later which have no invoice."""
    ids = [account_or_raise(order.account).id] if order.account else accounts.all_ids(order.after)
    return {"accounts": month_end.queue_bills(order.month, ids, now)}


def check_month(order: CheckMonth, _now: datetime) -> dict[str, Any]:
    """Return the check of one account, or of those in a page of accounts that have errors; a cursor is an account.

    `accounts` is how many the page has.
    """
    if order.account:
        return _check(account_or_raise(order.account).id, order.month)
    ids = list(islice(accounts.all_ids(order.after), order.limit + 1))
    page = ids[: order.limit]
    checked = (_check(account, order.month) for account in page if _is_small(account, order))
    failed = [check for check in checked if check["differences"] or check["unreadable"] or check["wrong"]]
    return {"items": failed, "accounts": len(page), "next_cursor": page[-1] if len(ids) > order.limit else None}


def _is_small(account: str, order: CheckMonth) -> bool:
    return order.most_units is None or quotas.of_month(account, order.month).units <= order.most_units


def _check(account: str, month: str) -> dict[str, Any]:
    """Return what differs and, for a month with an invoice, how many of its units are on no invoice yet."""
    counters, findings = closing.compare_month(account, month)
    entry = invoices.entry(account, month)
    shown = {"account": account, "month": month, "state": entry.state if entry else None}
    found = msgspec.to_builtins(findings)
    if entry is None or entry.invoice is None:
        return {**shown, **found}
    billed = adjustments.billed_in(month, invoices.all_of(account)) or Usage()
    found["wrong"] = find_errors(entry.invoice)
    return {**shown, "number": entry.invoice.number, **found, "unbilled_units": counters.units - billed.units}


def repair_month(order: RepairMonth, now: datetime) -> dict[str, Any]:
    """Add the units that the counters lack to the month's last day, and check the month again.

    Raise `MonthNotOver`, or `RequestError` if a message cannot be read.
    """
    month_end.check_over(order.month, now)  # in the current month, the added units would count towards a limit
    account = account_or_raise(order.account).id
    last_day = months.days(order.month)[-1]
    corrected = quotas.correction_count(account, last_day)
    _, findings = closing.compare_month(account, order.month)
    if findings.unreadable:
        raise RequestError("A message cannot be read, so what the counters should be is unknown.", field="month")
    missing = Usage(**{diff.count: diff.messages - diff.counters for diff in findings.differences})
    if missing == Usage():
        return Unchanged(_check(account, order.month))
    quotas.correct(account, last_day, missing, corrected)
    return _check(account, order.month)


def list_invoices(order: ListInvoices, _now: datetime) -> dict[str, Any]:
    """Return a page of invoices, and how many the month has; a cursor is the last number of the page before."""
    numbers = list(invoices.issued_numbers(order.month, after=order.cursor, limit=order.limit + 1))
    entries = invoices.entries((account, order.month) for _, account in numbers[: order.limit])
    return {
        "items": [_shown(entry) for entry in entries],
        "next_cursor": numbers[order.limit - 1][0] if len(numbers) > order.limit else None,
        "issued": invoices.last_number(order.month),
    }


def write_csv(order: WriteCsv, _now: datetime) -> dict[str, Any]:
    """Return the month's issued invoices as CSV under `csv`."""
    numbers = invoices.issued_numbers(order.month)
    entries = invoices.entries((account, order.month) for _, account in numbers)
    return {"csv": invoices_csv.month_csv(entries)}


def list_open(order: ListOpen, now: datetime) -> dict[str, Any]:
    """Return the accounts of a page whose month has no invoice; a cursor is an account. Raise `MonthNotOver`.

    `accounts` is how many the page has.
    An account in the state `missing` is not billed yet: its job waits or has failed.
    """
    month_end.check_over(order.month, now)
    ids = list(islice(accounts.all_ids(order.after), order.limit + 1))
    page = ids[: order.limit]
    items = [
        _shown(open_month.entry)
        if open_month.entry
        else {"account": open_month.account, "month": order.month, "state": "missing"}
        for open_month in closing.without_invoice(page, order.month)
    ]
    return {"items": items, "accounts": len(page), "next_cursor": page[-1] if len(ids) > order.limit else None}


def mark_paid(order: MarkPaid, now: datetime) -> dict[str, Any]:
    """Mark an invoice as paid on a day. A repeated order changes nothing, even if it has another day."""
    if order.on.isoformat() > months.day_of(now):
        raise RequestError(f"{order.on} is in the future.", field="on")
    entry, _ = _issued(order.account, order.month)
    if order.on.isoformat() < months.previous(order.month):  # a typing error in the year could not be corrected later
        raise RequestError(f"{order.on} is more than a month before {order.month} began.", field="on")
    if entry.paid_on:
        return Unchanged(_shown(entry))
    invoices.mark_paid(order.account, order.month, order.on)
    return _shown(_issued(order.account, order.month)[0])


def resend(order: Resend, now: datetime) -> dict[str, Any]:
    """Queue the job that mails the invoice."""
    _issued(order.account, order.month)
    invoices.mail_again(order.account, order.month, now + SWEEP_AFTER)
    with queues.best_effort(account=order.account):
        queues.send(Bill(account=order.account, month=order.month))
    return _shown(_issued(order.account, order.month)[0])


def give_credit(order: GiveCredit, now: datetime) -> dict[str, Any]:
    """Record a credit and return it; the same credit under the same id again changes nothing.

    Raise `CreditTooLarge`, or `CreditIdTaken` for another credit under an id that is used.
    """
    _, billed = _issued(order.account, order.month)
    wanted = adjustments.Credit(
        account=order.account,
        month=order.month,
        id=order.id,
        amount_micros=order.amount_micros,
        reason=order.reason,
        given_at=now,
    )
    try:
        written = invoices.give_credit(wanted, billed.total_micros)
    except invoices.CreditExceedsTotal:
        entry, _ = _issued(order.account, order.month)
        left = money(billed.total_micros - entry.credited_micros, billed.currency)
        raise CreditTooLarge(
            f"Only {left} of invoice {billed.number} can still be credited.", field="amount_micros"
        ) from None
    if not adjustments.is_same_credit(written, wanted):
        raise CreditIdTaken(f"Another credit was given under the id {order.id!r}.", field="id")
    shown: dict[str, Any] = msgspec.to_builtins(written)
    return shown if written.given_at == now else Unchanged(shown)


def export(order: Export, now: datetime) -> dict[str, Any]:
    """Begin an export if this deployment has exports, and return its progress; raises `NotFound`."""
    return begin_export(order, now, enabled=bool(settings().stripe_secret))


def begin_export(order: Export, now: datetime, *, enabled: bool) -> dict[str, Any]:
    """Begin an export, or another round of one that has ended, and return its progress; raises `NotFound`.

    A finished export gets another round only with `again`, an unfinished one never.
    """
    if not enabled:
        return Unchanged(code="not_wanted", detail="Exports are off: see the parameter InvoiceExport.", field=None)
    account_or_raise(order.account)
    if invoices.get(order.account, order.month) is None:
        raise NotFound(f"There is no invoice for {order.month}.", field="month")
    before = exports.get(order.account, order.month)
    if before is None:
        exports.begin(order.account, order.month, now)
    elif before.stopped or (before.stripe_invoice and order.again):
        exports.begin_again(before, now)
    else:
        return Unchanged(export=msgspec.to_builtins(before))
    return {"export": msgspec.to_builtins(exports.get(order.account, order.month))}


def _issued(account: str, month: str) -> tuple[MonthEntry, Invoice]:
    entry = invoices.entry(account_or_raise(account).id, month)
    if entry is None or entry.invoice is None:
        why = f"it is {entry.state}" if entry else "it is not billed yet"
        raise NotFound(f"There is no invoice for {month}: {why}.", field="month")
    return entry, entry.invoice


def _shown(entry: MonthEntry) -> dict[str, Any]:
    """Return what the operator is shown of an account's month."""
    names_issued = ("number", "studio", "total_micros", "currency") if entry.invoice else ()
    issued = {name: getattr(entry.invoice, name) for name in names_issued}
    rest = msgspec.to_builtins(entry)
    names = ("account", "month", "state", "mailed_at", "paid_on", "credited_micros", "findings")
    return {**issued, **{name: rest[name] for name in names if rest[name]}}
