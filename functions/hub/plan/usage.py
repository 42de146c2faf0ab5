"""The owner's pages of usage: a month with its chart, by template and by person, and the months before."""

from datetime import datetime

from msgspec import Struct

from billing import usage_api
from hub.plan.chart import chart_of
from hub.plan.wording import Payment, payment_of
from hub.site import Page, form_of_owner, go_to, page_of_owner, show, site
from longcode import months
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.aws.at_once import at_once
from longcode.billing import store as invoices
from longcode.billing import tallies
from longcode.billing.adjustments import MonthEntry
from longcode.billing.tallies import Origin, Tally, TallyShare
from longcode.errors import NotFound

_MOST_MONTHS = 24
_ROWS = 12  # of a table before the rest is folded away
_UNNAMED = {
    Origin.TRIGGER: "Automatic texts",
    Origin.ANSWER: "Our answers to STOP, START and HELP",
    Origin.REPLY: "Replies from clients",
    Origin.OTHERS: "All others",
}
_BY_TEMPLATE = _UNNAMED | {Origin.SINGLE: "Without a template", Origin.BROADCAST: "Broadcasts without a template"}
_BY_PERSON = _UNNAMED | {
    Origin.SINGLE: "Your studio software, or whoever has the password",
    Origin.BROADCAST: "Broadcasts",
}


class ShareRow(Struct, frozen=True, kw_only=True):
    """A row of a table: who or what, the texts and units, and the units in hundredths of all."""

    name: str
    is_named: bool
    texts: int
    units: int
    percent: int


class MonthRow(Struct, frozen=True, kw_only=True):
    """A month in the list of months, and how its invoice stands, if it has one."""

    month: str
    plan: str
    sent: int
    received: int
    total_micros: int
    currency: str
    payment: Payment


@site.get("/hub/usage")
@page_of_owner
def show_usage(account: Account) -> Page:
    """Show the current month."""
    return _page(account, months.month_of(clients.now()))


@site.get("/hub/usage/<month>")
@page_of_owner
def show_month(account: Account, month: str) -> Page:
    """Show a month."""
    return _page(account, month)


@site.post("/hub/usage/<month>/count")
@form_of_owner
def count(account: Account, fields: dict[str, str], month: str) -> Page:
    """Add up the month by template and by person for a second or two, and show how far that is."""
    now = clients.now()
    tallies.count_step(account.id, checked_month(account, month, now), fields.get("since", ""), now)
    return go_to(f"usage/{month}")


def checked_month(account: Account, month: str, now: datetime) -> str:
    """Return a month of the account that has begun; raise `NotFound` for anything else."""
    first, this = months.month_of(account.created_at), months.month_of(now)
    if not months.MONTH.fullmatch(month) or not first <= month <= this:
        raise NotFound(f"There is usage from {months.in_words(first)} to {months.in_words(this)}.")
    return month


def _page(account: Account, month: str) -> Page:
    now = clients.now()
    this, month = months.month_of(now), checked_month(account, month, now)
    usage, entries, tally = at_once(
        lambda: usage_api.month_usage(account, month, now),
        lambda: invoices.newest_entries(account.id, None, _MOST_MONTHS),
        lambda: tallies.get(account.id, month),
    )
    texts = usage.used.texts_sent + usage.used.texts_received
    return show(
        "plan/usage",
        account,
        month=usage,
        is_current=month == this,
        chart=chart_of(usage),
        invoice=next((entry.invoice for entry in entries if entry.month == month), None),
        rows=_rows(entries, now),
        earlier=months.previous(month) if month > months.month_of(account.created_at) else "",
        later=months.following(month) if month < this else "",
        texts=texts,
        tally=tally,
        is_counted=tally is not None and tally.is_whole,
        is_outdated=tally is not None and tally.is_whole and tally.units != usage.used.units,
        by_template=_shares(tally, tally.by_template, _BY_TEMPLATE) if tally else [],
        by_person=_shares(tally, tally.by_person, _BY_PERSON) if tally else [],
        most=_ROWS,
        files=usage_api.sheet_files(usage),
        now=now,
    )


def _shares(tally: Tally, shares: tuple[TallyShare, ...], names: dict[Origin, str]) -> list[ShareRow]:
    return [
        ShareRow(
            name=share.name or names[share.origin],
            is_named=bool(share.name),
            texts=share.texts,
            units=share.units,
            percent=round(share.units * 100 / tally.units) if tally.units else 0,
        )
        for share in shares
    ]


def _rows(entries: list[MonthEntry], now: datetime) -> list[MonthRow]:
    """Return the months with an invoice, newest first."""
    return [
        MonthRow(
            month=entry.month,
            plan=entry.invoice.plan_title,
            sent=entry.invoice.units_sent,
            received=entry.invoice.units_received,
            total_micros=entry.invoice.total_micros,
            currency=entry.invoice.currency,
            payment=payment_of(entry, now),
        )
        for entry in entries
        if entry.invoice
    ]
