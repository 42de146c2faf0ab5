"""The operator's ledger: closes, checks and lists months, notes who paid, mails again, gives credits."""

from datetime import datetime
from itertools import islice
from typing import Any

import msgspec

from billing import close_month, listing, rechecking
from billing.orders import Check, Close, Credit, List, Open, Order, Paid, Repair, Resend
from longcode import credit, months
from longcode.aws import clock, queues
from longcode.aws.telemetry import logger
from longcode.errors import CreditTooLarge, IdTaken, NotFound, RequestError
from longcode.invoice import Invoice, money
from longcode.jobs import Bill
from longcode.patience import HEALED_AFTER
from longcode.table import accounts, balances, invoices


def close(order: Close, now: datetime) -> dict[str, Any]:
    """Queue what is to be billed: `open` tells what came of it."""
    ids = [_known(order.account)] if order.account else accounts.everyone(order.after)
    return {"accounts": close_month.close(order.month, ids, now)}


def check(order: Check) -> dict[str, Any]:
    """Check one account, or some of them after another; a cursor is the last account that was checked."""
    if order.account:
        return rechecking.recheck(_known(order.account), order.month)
    ids = list(islice(accounts.everyone(order.after), order.limit + 1))
    wrong = rechecking.recheck_some(ids[: order.limit], order.month)
    return {"items": wrong, "next_cursor": ids[order.limit - 1] if len(ids) > order.limit else None}


def pay(order: Paid, now: datetime) -> dict[str, Any]:
    """Note the day on which an invoice was paid; the first one that is noted stands."""
    if order.on.isoformat() > months.day_of(now):
        raise RequestError(f"{order.on} is yet to come.", field="on")
    _issued(order.account, order.month)
    if order.on.isoformat() < months.previous(order.month):  # the first day noted stands, be it in the wrong year
        raise RequestError(f"{order.on} is more than a month before {order.month} began.", field="on")
    invoices.note_paid(order.account, order.month, order.on)
    return _shown(order.account, order.month)


def resend(order: Resend, now: datetime) -> dict[str, Any]:
    """Have it mailed again, by the job that mailed it at first."""
    _issued(order.account, order.month)
    invoices.mail_again(order.account, order.month, now + HEALED_AFTER)
    with queues.best_effort(account=order.account):
        queues.send(Bill(account=order.account, month=order.month))
    return _shown(order.account, order.month)


def give(order: Credit, now: datetime) -> dict[str, Any]:
    """Take something off the account's next invoice. Repeated under the same id, it does nothing."""
    _, invoice = _issued(order.account, order.month)
    wanted = credit.Credit(**msgspec.structs.asdict(order), given_at=now)
    try:
        stands = balances.give(wanted, invoice.total_micros)
    except balances.TooMuch:
        entry, _ = _issued(order.account, order.month)
        left = money(invoice.total_micros - entry.credited_micros, invoice.currency)
        raise CreditTooLarge(
            f"Of invoice {invoice.number}, {left} are left to credit.", field="amount_micros"
        ) from None
    if not credit.same(stands, wanted):
        raise IdTaken(f"Another credit was given under the id {order.id!r}.", field="id")
    shown: dict[str, Any] = msgspec.to_builtins(stands)
    return shown


def _known(account: str) -> str:
    if accounts.get(account) is None:
        raise NotFound(f"There is no account {account!r}.", field="account")
    return account


def _issued(account: str, month: str) -> tuple[invoices.Entry, Invoice]:
    entry = invoices.entry(_known(account), month)
    if entry is None or entry.invoice is None:
        why = f"it is {entry.state}" if entry else "nobody has billed it"
        raise NotFound(f"There is no invoice of {month}: {why}.", field="month")
    return entry, entry.invoice


def _shown(account: str, month: str) -> dict[str, Any]:
    entry, _ = _issued(account, month)
    return listing.shown(entry)


def _done(order: Order, now: datetime) -> dict[str, Any]:
    match order:
        case Close():
            return close(order, now)
        case Check():
            return check(order)
        case Repair():
            close_month.check_over(order.month, now)  # till then a limit has what is added already
            return rechecking.repair(_known(order.account), order.month)
        case List():
            return listing.page(order.month, order.limit, order.cursor)
        case Open():
            close_month.check_over(order.month, now)
            return listing.open_ones(order.month, order.limit, order.after)
        case Paid():
            return pay(order, now)
        case Resend():
            return resend(order, now)
        case Credit():
            return give(order, now)


def act(event: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Do what the operator asks for, or say why not and which field it is about.

    `msgspec.ValidationError` says what of it cannot be read.
    """
    order: Order = msgspec.convert(event, Order)
    try:
        return _done(order, now)
    except RequestError as refusal:
        return {"code": refusal.code, "detail": refusal.detail, "field": refusal.field}


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return act(event, clock.now())
