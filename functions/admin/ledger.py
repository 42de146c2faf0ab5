"""Closes, checks and repairs months; lists invoices, marks them paid, mails them again and credits them."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from admin.order import AccountId, Cursor, Month, Order, need_account
from longcode import months
from longcode.accounts import store as accounts
from longcode.aws import queues
from longcode.billing import adjustments, closing, invoices_csv, month_end
from longcode.billing import store as invoices
from longcode.billing.invoice import Invoice, find_errors, money
from longcode.billing.store import MonthEntry
from longcode.errors import CreditTooLarge, IdTaken, NotFound, RequestError
from longcode.jobs import Bill
from longcode.template import PATTERN
from longcode.usage import store as quotas
from longcode.usage.usage import Usage
from longcode.windows import HEALED_AFTER

Limit = Annotated[int, Meta(ge=1, le=1000)]

_AT_ONCE = 100


class CloseMonth(Order, frozen=True, kw_only=True, tag="months.close"):
    """Bill a month: one account, all, or those after one."""

    month: Month
    account: AccountId | None = None
    after: Cursor | None = None


class CheckMonth(Order, frozen=True, kw_only=True, tag="months.check"):
    """Compare a month's counters with its messages: of one account, or of the next accounts after one."""

    month: Month
    account: AccountId | None = None
    after: Cursor | None = None
    limit: Limit = 100


class RepairMonth(Order, frozen=True, kw_only=True, tag="months.repair"):
    """Set an account's counters of a month to the sum over its messages."""

    month: Month
    account: AccountId


class ListInvoices(Order, frozen=True, kw_only=True, tag="invoices.list"):
    """Show a month's issued invoices in the order of their numbers."""

    month: Month
    limit: Limit = 100
    cursor: Cursor | None = None


class WriteCsv(Order, frozen=True, kw_only=True, tag="invoices.csv"):
    """Write a month's issued invoices as CSV."""

    month: Month


class ListOpen(Order, frozen=True, kw_only=True, tag="invoices.list_open"):
    """Show which of the next accounts after one have no invoice of a month, and should have."""

    month: Month
    after: Cursor | None = None
    limit: Limit = 1000


class MarkPaid(Order, frozen=True, kw_only=True, tag="invoices.mark_paid"):
    """Note the day on which an invoice was paid."""

    month: Month
    account: AccountId
    on: date


class Resend(Order, frozen=True, kw_only=True, tag="invoices.resend"):
    """Mail an invoice again."""

    month: Month
    account: AccountId


class GiveCredit(Order, frozen=True, kw_only=True, tag="invoices.credit"):
    """Take something off the account's next invoice because of an issued one. `id` is the operator's own."""

    month: Month
    account: AccountId
    amount_micros: Annotated[int, Meta(ge=1, le=2**53)]  # no total is larger
    reason: Annotated[str, Meta(max_length=200, pattern=PATTERN)]
    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,100}\Z")]


def close_month(order: CloseMonth, now: datetime) -> dict[str, Any]:
    """Queue a bill for each account, and return how many; `invoices.list_open` shows which have no invoice then."""
    ids = [need_account(order.account).id] if order.account else accounts.all_ids(order.after)
    return {"accounts": month_end.close(order.month, ids, now)}


def check_month(order: CheckMonth, _now: datetime) -> dict[str, Any]:
    """Check one account; or the next ones, and return those where something is wrong. A cursor is an account."""
    if order.account:
        return _check(need_account(order.account).id, order.month)
    ids = list(islice(accounts.all_ids(order.after), order.limit + 1))
    every = (_check(account, order.month) for account in ids[: order.limit])
    wrong = [one for one in every if one["differences"] or one["unreadable"] or one["wrong"]]
    return {"items": wrong, "next_cursor": ids[order.limit - 1] if len(ids) > order.limit else None}


def _check(account: str, month: str) -> dict[str, Any]:
    """Return the differences and, of a month with an invoice, how many of its units are on no invoice yet."""
    counters, findings = closing.compare_at_rest(account, month)
    entry = invoices.entry(account, month)
    shown = {"account": account, "month": month, "state": entry.state if entry else None}
    found = msgspec.to_builtins(findings)
    if entry is None or entry.invoice is None:
        return {**shown, **found}
    billed = adjustments.billed_in(month, invoices.all_of(account)) or Usage()
    found["wrong"] = find_errors(entry.invoice)
    return {**shown, "number": entry.invoice.number, **found, "unbilled_units": counters.units - billed.units}


def repair_month(order: RepairMonth, now: datetime) -> dict[str, Any]:
    """Add what the counters lack to the month's last day, and check again; raises `MonthNotOver`."""
    month_end.check_over(order.month, now)  # until then a limit counts what is added already
    account = need_account(order.account).id
    last_day = months.days(order.month)[-1]
    corrected = quotas.corrections(account, last_day)
    _, findings = closing.compare_at_rest(account, order.month)
    if findings.unreadable:
        raise RequestError("A message cannot be read, so nobody knows what the counters should be.", field="month")
    missing = Usage(**{one.count: one.messages - one.counters for one in findings.differences})
    if missing != Usage():
        quotas.correct(account, last_day, missing, corrected)
    return _check(account, order.month)


def list_invoices(order: ListInvoices, _now: datetime) -> dict[str, Any]:
    """Return a page of invoices, and how many the month has; a cursor is the last number of the page before."""
    numbers = list(invoices.issued_numbers(order.month, after=order.cursor, limit=order.limit + 1))
    found = invoices.entries((account, order.month) for _, account in numbers[: order.limit])
    return {
        "items": [_shown(one) for one in found],
        "next_cursor": numbers[order.limit - 1][0] if len(numbers) > order.limit else None,
        "issued": invoices.last_number(order.month),
    }


def write_csv(order: WriteCsv, _now: datetime) -> dict[str, Any]:
    """Return the month's issued invoices as CSV under `csv`."""
    return {"csv": invoices_csv.month_csv(order.month)}


def list_open(order: ListOpen, now: datetime) -> dict[str, Any]:
    """Return a page of months that are open; a cursor is an account. Raises `MonthNotOver`.

    Those in the state `missing` have not been billed: their job has failed or waits.
    """
    month_end.check_over(order.month, now)
    ids = list(islice(accounts.all_ids(order.after), order.limit + 1))
    wanted = ids[: order.limit]
    items = [
        one for start in range(0, len(wanted), _AT_ONCE) for one in _open(wanted[start:][:_AT_ONCE], order.month)
    ]
    return {"items": items, "next_cursor": wanted[-1] if len(ids) > order.limit else None}


def _open(ids: list[str], month: str) -> Iterator[dict[str, Any]]:
    entries = {one.account: one for one in invoices.entries((account, month) for account in ids)}
    without = [account for account in ids if account not in entries or entries[account].invoice is None]
    for account in accounts.get_many(without):
        if account.id in entries:
            yield _shown(entries[account.id])
        elif closing.owes(account, month):
            yield {"account": account.id, "month": month, "state": "missing"}


def mark_paid(order: MarkPaid, now: datetime) -> dict[str, Any]:
    """Note the day on which an invoice was paid; the first day that is noted stands."""
    if order.on.isoformat() > months.day_of(now):
        raise RequestError(f"{order.on} is yet to come.", field="on")
    _issued(order.account, order.month)
    if order.on.isoformat() < months.previous(order.month):  # the first day noted stands, be it in the wrong year
        raise RequestError(f"{order.on} is more than a month before {order.month} began.", field="on")
    invoices.mark_paid(order.account, order.month, order.on)
    return _shown(_issued(order.account, order.month)[0])


def resend(order: Resend, now: datetime) -> dict[str, Any]:
    """Queue the job that mailed the invoice at first."""
    _issued(order.account, order.month)
    invoices.mail_again(order.account, order.month, now + HEALED_AFTER)
    with queues.best_effort(account=order.account):
        queues.send(Bill(account=order.account, month=order.month))
    return _shown(_issued(order.account, order.month)[0])


def give_credit(order: GiveCredit, now: datetime) -> dict[str, Any]:
    """Write a credit, and return it; repeated under the same id, it changes nothing.

    Raises `CreditTooLarge`, or `IdTaken` for another credit under an id that is used.
    """
    _, billed = _issued(order.account, order.month)
    wanted = adjustments.Credit(**msgspec.structs.asdict(order), given_at=now)
    try:
        written = invoices.give_credit(wanted, billed.total_micros)
    except invoices.CreditTooLarge:
        entry, _ = _issued(order.account, order.month)
        left = money(billed.total_micros - entry.credited_micros, billed.currency)
        raise CreditTooLarge(
            f"Of invoice {billed.number}, {left} are left to credit.", field="amount_micros"
        ) from None
    if not adjustments.is_same_credit(written, wanted):
        raise IdTaken(f"Another credit was given under the id {order.id!r}.", field="id")
    shown: dict[str, Any] = msgspec.to_builtins(written)
    return shown


def _issued(account: str, month: str) -> tuple[MonthEntry, Invoice]:
    entry = invoices.entry(need_account(account).id, month)
    if entry is None or entry.invoice is None:
        why = f"it is {entry.state}" if entry else "nobody has billed it"
        raise NotFound(f"There is no invoice of {month}: {why}.", field="month")
    return entry, entry.invoice


def _shown(entry: MonthEntry) -> dict[str, Any]:
    """Return what the operator is shown of an account's month."""
    issued = {"number": entry.invoice.number, "total_micros": entry.invoice.total_micros} if entry.invoice else {}
    rest = msgspec.to_builtins(entry)
    names = ("account", "month", "state", "mailed_at", "paid_on", "credited_micros", "findings")
    return {**issued, **{name: rest[name] for name in names if rest[name]}}
