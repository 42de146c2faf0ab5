"""The owner's pages of the invoices: the list, and one with a sentence about each line and how to pay."""

from msgspec import Struct

from hub.plan.wording import NO_INVOICE, Payment, payment_of
from hub.site import Page, page_of_owner, show, site
from longcode import months
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.aws.at_once import at_once
from longcode.billing import store as invoices
from longcode.billing.adjustments import MonthEntry
from longcode.billing.closing import owes
from longcode.billing.invoice import LATE, Invoice, InvoiceLine
from longcode.billing.invoice_words import (
    InvoiceRow,
    fine_print,
    footnotes,
    how_to_pay,
    invoice_facts,
    invoice_rows,
    invoice_sums,
)
from longcode.errors import NotFound

_PAGE = 24
_SHOWN_APART = {"Number", "Issued on", "Due on", "Month"}  # facts that the head of the page has


class ListedMonth(Struct, frozen=True, kw_only=True):
    """A month in the list: its invoice, unless that is being checked, and how it stands."""

    month: str
    invoice: Invoice | None
    payment: Payment


class LineRow(Struct, frozen=True, kw_only=True):
    """A line of an invoice in words, and the page that has its texts, if it is about texts."""

    row: InvoiceRow
    texts: str


@site.get("/hub/invoices")
@page_of_owner
def show_invoices(account: Account) -> Page:
    """Show the invoices, newest first."""
    now = clients.now()
    before = (site.current_event.query_string_parameters or {}).get("before", "")
    is_first = months.MONTH.fullmatch(before) is None
    entries, balance = at_once(
        lambda: invoices.newest_entries(account.id, None if is_first else before, _PAGE + 1),
        lambda: invoices.balance(account.id),
    )
    listed = [
        ListedMonth(month=entry.month, invoice=entry.invoice, payment=payment_of(entry, now))
        for entry in entries[:_PAGE]
    ]
    month = months.month_of(now)
    newest = entries[0].invoice if entries else None
    return show(
        "plan/invoices",
        account,
        listed=listed,
        open=[one for one in listed if one.payment in (Payment.OPEN, Payment.OVERDUE)],
        is_first=is_first,
        more=listed[-1].month if len(entries) > _PAGE else "",
        next_month=month if owes(account, month) else "",
        next_on=months.following(month),
        credit_micros=balance.carried_micros + sum(c.amount_micros for c in invoices.waiting_credits(balance)),
        currency=newest.currency if newest else "USD",
    )


@site.get("/hub/invoices/<month>")
@page_of_owner
def show_invoice(account: Account, month: str) -> Page:
    """Show an invoice, or that the month is being checked."""
    entry = invoices.entry(account.id, month) if months.MONTH.fullmatch(month) else None
    if entry is None:
        raise NotFound(NO_INVOICE)
    if entry.invoice is None:
        return show("plan/checked", account, month=month)
    return _invoice_page(account, entry, entry.invoice)


def _invoice_page(account: Account, entry: MonthEntry, invoice: Invoice) -> Page:
    rows = zip(invoice.lines, invoice_rows(invoice), strict=True)
    return show(
        "plan/invoice",
        account,
        invoice=invoice,
        payment=payment_of(entry, clients.now()),
        paid_on=entry.paid_on,
        how_to_pay=how_to_pay(invoice),
        facts=[fact for fact in invoice_facts(invoice) if fact.label not in _SHOWN_APART],
        lines=[LineRow(row=row, texts=_texts(line, invoice)) for line, row in rows if line.quantity],
        sums=invoice_sums(invoice),
        footnotes=footnotes(invoice),
        fine_print=fine_print(invoice),
    )


def _texts(line: InvoiceLine, invoice: Invoice) -> str:
    """Return the address below /hub/ of the sheet with a line's texts, "" for a line without texts."""
    item = line.item.removeprefix(LATE)
    if not item.startswith("units_"):
        return ""
    only = "sent" if item.startswith("units_sent") else "received"
    return f"usage/{line.month or invoice.month}/sheet?only={only}"
