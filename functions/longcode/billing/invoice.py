"""Invoices: a month's plan and usage as lines that add up to a total. `invoice_words.py` has the same in words."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum

from longcode import months
from longcode.plans.plans import PastLimit, Plan
from longcode.shown import Shown
from longcode.usage.usage import Usage

LATE = "late_"
"""The prefix of the items of late units; the item that the units belong to in their own month follows it."""


class InvoiceState(StrEnum):
    """The state of an account's month. It is issued only if its counters equal the sum over its messages.

    DOUBTED: the first check failed, and a second follows. PARKED: the second failed too, and the operator decides.
    """

    DOUBTED = "doubted"
    PARKED = "parked"
    ISSUED = "issued"
    PAID = "paid"


class InvoiceLine(Shown, frozen=True):
    """A quantity of an item at a price, in millionths of the currency. `month` is set if it is not the invoice's."""

    item: str
    description: str
    quantity: int
    price_micros: int
    amount_micros: int
    month: str | None = None


class Seller(Shown, frozen=True, kw_only=True):
    """Who issued an invoice, and how to pay: the operator's settings when it was issued. What is not set is empty."""

    name: str
    address: str
    tax_number: str
    how_to_pay: str


class Invoice(Shown, frozen=True, kw_only=True):
    """What one account owes for one month, complete in itself: plans and names may change later.

    `number` is the month and a sequence number, `2026-10-000123`; it is empty until the invoice is issued.
    The month is from `begins_at` until just before `ends_at`. `issued_on` is the 1st of the next month in Chicago,
    whatever day the close ran on. Units are those of this month; lines about other months name them.
    `unit_price_micros` is the price of a unit beyond the included ones. `credits_micros`, never above 0, is the sum
    of the credits, and of late units that reduce an earlier month. The lines add up to the total, never below 0.
    `due_on` is the last day to pay, in Chicago; `due_on` and `seller` are null on invoices of older releases.
    """

    account: str
    studio: str
    number: str = ""
    month: str
    begins_at: datetime
    ends_at: datetime
    issued_on: date
    plan: str
    plan_title: str
    plan_version: int
    currency: str
    past_limit: PastLimit
    lines: tuple[InvoiceLine, ...]
    units_included: int
    units_sent: int
    units_received: int
    units_used: int
    units_beyond: int
    unit_price_micros: int
    credits_micros: int
    total_micros: int
    due_on: date | None = None
    seller: Seller | None = None


def compute_invoice(
    account: str, month: str, plan: Plan, usage: Usage, *, studio: str = "", others: Sequence[InvoiceLine] = ()
) -> Invoice:
    """Return an invoice without a number. The included units are used by texts first, then by replies.

    `others` are lines about other months: late units, credits and amounts carried on.
    """
    begins_at, ends_at = months.bounds(month)
    lines = (*charges(plan, usage), *others)
    own = sum(line.amount_micros for line in charges(plan, usage))
    total = sum(line.amount_micros for line in lines)
    return Invoice(
        account=account,
        studio=studio,
        month=month,
        begins_at=begins_at,
        ends_at=ends_at,
        issued_on=date.fromisoformat(months.day_of(ends_at)),
        plan=plan.name,
        plan_title=plan.title,
        plan_version=plan.version,
        currency=plan.currency,
        past_limit=plan.past_limit,
        lines=lines,
        units_included=plan.included_units,
        units_sent=usage.units_sent,
        units_received=usage.units_received,
        units_used=usage.units,
        units_beyond=max(usage.units - plan.included_units, 0),
        unit_price_micros=plan.unit_price_micros,
        credits_micros=total - own - _late_charges(others),
        total_micros=total,
    )


def _late_charges(others: Iterable[InvoiceLine]) -> int:
    """Return the sum of the late amounts, by month where it is above 0; the months where it is below are credits."""
    late: dict[str | None, int] = {}
    for line in others:
        if line.item.startswith(LATE):
            late[line.month] = late.get(line.month, 0) + line.amount_micros
    return sum(max(0, micros) for micros in late.values())


def charges(plan: Plan, usage: Usage) -> list[InvoiceLine]:
    """Return the lines of a month's own fee and units."""
    return [
        _invoice_line("monthly_fee", f"{plan.title}: monthly fee", 1, plan.monthly_fee_micros),
        *_unit_lines(plan, usage),
    ]


def _unit_lines(plan: Plan, usage: Usage) -> list[InvoiceLine]:
    sent_included = min(usage.units_sent, plan.included_units)
    received_included = min(usage.units_received, plan.included_units - sent_included)
    sent_beyond = usage.units_sent - sent_included
    received_beyond = usage.units_received - received_included
    lines = [
        _invoice_line("units_sent", "Units sent, included", sent_included, 0),
        _invoice_line("units_received", "Units received, included", received_included, 0),
    ]
    if sent_beyond:
        price = plan.unit_price_micros
        lines.append(_invoice_line("units_sent_beyond", "Units sent beyond the plan", sent_beyond, price))
    if received_beyond:
        # A studio cannot refuse a reply, so a plan that stops does not charge for it.
        price = 0 if plan.past_limit is PastLimit.STOP else plan.unit_price_micros
        lines.append(_invoice_line("units_received_beyond", "Units received beyond the plan", received_beyond, price))
    return lines


def _invoice_line(item: str, description: str, quantity: int, price_micros: int) -> InvoiceLine:
    return InvoiceLine(item, description, quantity, price_micros, quantity * price_micros)


def find_errors(invoice: Invoice) -> str | None:
    """Return what does not add up, or None. An invoice with an error is not issued."""
    if any(line.amount_micros != line.quantity * line.price_micros for line in invoice.lines):
        return "a line's amount is not its quantity times its price"
    if sum(line.amount_micros for line in invoice.lines) != invoice.total_micros:
        return "the lines do not add up to the total"
    if invoice.total_micros < 0 or invoice.credits_micros > 0:
        return "the total is below 0, or the credits are above 0"
    for item, units in (("units_sent", invoice.units_sent), ("units_received", invoice.units_received)):
        if sum(line.quantity for line in invoice.lines if line.item.startswith(item)) != units:
            return f"the lines do not add up to the {item}"
    return None


def money(micros: int, currency: str) -> str:
    """Return an amount to the cent, or to as many decimals as it has, up to six: `$12.34`, `$0.0075`."""
    whole, millionths = divmod(abs(micros), 1_000_000)
    cents, rest = divmod(millionths, 10_000)
    sign = "-" if micros < 0 else ""
    symbol = "$" if currency == "USD" else f"{currency} "
    return f"{sign}{symbol}{whole:,}.{cents:02}" + f"{rest:04}".rstrip("0")
