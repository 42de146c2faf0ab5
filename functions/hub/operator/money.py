"""The operator's pages of a month's money: what was billed, paid and is overdue, or used so far in this month."""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from msgspec import Struct

from admin import usage
from admin.usage import ListUsage
from hub.operator.guard import page_of_operator, show
from hub.plan.wording import Payment, payment_of
from hub.site import Page, site
from longcode import months
from longcode.accounts import store as accounts
from longcode.aws import clients
from longcode.billing import closing
from longcode.billing import store as invoices
from longcode.billing.adjustments import MonthEntry
from longcode.billing.closing import OpenMonth
from longcode.errors import NotFound

_MOST = 2_000  # invoices that are added up, and accounts that are looked at for one
_ACCOUNTS = 20  # on a page of usage: at the end of a month, each has 124 counters to add up


class Money(Struct, frozen=True, kw_only=True):
    """The sums of a month's invoices, in micro-units of the currency; `is_whole` if all of them were added up."""

    invoices: int
    total_micros: int
    by_payment: Mapping[str, int]
    currency: str
    is_whole: bool


class InvoiceOfStudio(Struct, frozen=True, kw_only=True):
    """An invoice in the list: whose it is, and how it stands."""

    account: str
    name: str
    number: str
    total_micros: int
    currency: str
    payment: Payment


def money_of(month: str, now: datetime) -> Money:
    """Add up the invoices of a month."""
    entries, is_whole = _entries(month)
    by_payment = dict.fromkeys(map(str, Payment), 0)
    for entry in entries:
        if entry.invoice:
            by_payment[payment_of(entry, now)] += entry.invoice.total_micros
    currency = next((entry.invoice.currency for entry in entries if entry.invoice), "USD")
    total = sum(by_payment.values())
    return Money(
        invoices=len(entries), total_micros=total, by_payment=by_payment, currency=currency, is_whole=is_whole
    )


def months_open(month: str) -> tuple[list[OpenMonth], bool]:
    """Return the accounts, of the first thousands, whose month is over and has no invoice, and if that is all."""
    ids = list(islice(accounts.all_ids(), _MOST + 1))
    return list(closing.without_invoice(ids[:_MOST], month)), len(ids) <= _MOST


@site.get("/hub/operator/money")
@page_of_operator
def show_last_month() -> Page:
    """Show the money of the last month."""
    return _month_page(months.previous(months.month_of(clients.now())))


@site.get("/hub/operator/money/<month>")
@page_of_operator
def show_month(month: str) -> Page:
    """Show the money of a month, and its invoices by number; of the month that runs, what the accounts have used."""
    if months.MONTH.fullmatch(month) is None or month > months.month_of(clients.now()):
        raise NotFound("There is no such month.")
    return _month_page(month)


def _month_page(month: str) -> Page:
    now = clients.now()
    entries, is_whole = _entries(month)
    names = {account.id: account.name for account in accounts.get_many(entry.account for entry in entries)}
    this_month = months.month_of(now)
    is_over = month < this_month
    open_months, are_all_open = months_open(month) if is_over else ([], True)
    return show(
        "money",
        month=month,
        money=money_of(month, now),
        listed=[_listed(entry, names, now) for entry in entries if entry.invoice],
        open=open_months,
        are_all_open=are_all_open,
        earlier=months.previous(month),
        later=months.following(month) if is_over else "",
        is_over=is_over,
        is_whole=is_whole,
        most=_MOST,
        **({} if is_over else _used_so_far(month, now)),
    )


def _used_so_far(month: str, now: datetime) -> dict[str, Any]:
    """Return what a page of accounts have used in a month, those that have used anything."""
    asked = (site.current_event.query_string_parameters or {}).get("after", "")
    after = asked if asked.isascii() and asked.isdigit() else None
    found = usage.list_usage(ListUsage(month=month, after=after, limit=_ACCOUNTS), now)
    return {"used": found["items"], "after": after, "more": found["next_cursor"]}


def _entries(month: str) -> tuple[list[MonthEntry], bool]:
    """Return the issued invoices of a month by number, and whether these are all."""
    numbers = list(islice(invoices.issued_numbers(month), _MOST + 1))
    found = invoices.entries((account, month) for _, account in numbers[:_MOST])
    return list(found), len(numbers) <= _MOST


def _listed(entry: MonthEntry, names: Mapping[str, str], now: datetime) -> InvoiceOfStudio:
    invoice: Any = entry.invoice
    return InvoiceOfStudio(
        account=entry.account,
        name=names.get(entry.account, ""),
        number=invoice.number,
        total_micros=invoice.total_micros,
        currency=invoice.currency,
        payment=payment_of(entry, now),
    )
