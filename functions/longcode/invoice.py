"""Invoices: a month's plan and usage, drawn up as lines that add up to the total."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from longcode import months
from longcode.plans import PastLimit, Plan
from longcode.usage import Usage

LATE = "late_"
"""What the items of late units begin with: the rest is the item that it would have been in its month."""


class State(StrEnum):
    """Where an account's month stands: it is issued only if the counters are the sum over the messages."""

    DOUBTED = "doubted"
    PARKED = "parked"
    ISSUED = "issued"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class Line:
    """So many of an item at a price, in millionths of the invoice's currency; of another month if that is given."""

    item: str
    description: str
    quantity: int
    price_micros: int
    amount_micros: int
    month: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """What one account owes for one month; it needs no look at a plan or a name that may have changed since.

    `number` is the month and the place in its sequence, `2026-10-000123`; it is empty until the invoice is issued.
    The month is from `begins_at` up to, and without, `ends_at`; `issued_on` is the day in Chicago that bills it, the
    next 1st, whatever day the close ran on. Units are the month's own; lines about others have a month of their own.
    `unit_price_micros` is the plan's for units beyond. `credits_micros`, never above 0, is what is taken off the
    charges: credits, and late units that come to less. The lines add up to the total, which is never below 0.
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
    lines: tuple[Line, ...]
    units_included: int
    units_sent: int
    units_received: int
    units_used: int
    units_beyond: int
    unit_price_micros: int
    credits_micros: int
    total_micros: int


def draw_up(
    account: str, month: str, plan: Plan, usage: Usage, *, studio: str = "", others: Sequence[Line] = ()
) -> Invoice:
    """Charge the fee and the units beyond: the included units go to sent texts first, then to replies.

    `others` are lines about other months: late units, credits and what was carried on.
    """
    begins_at, ends_at = months.bounds(month)
    lines = (*charges(plan, usage), *others)
    own, total = (sum(line.amount_micros for line in some) for some in (charges(plan, usage), lines))
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


def charges(plan: Plan, usage: Usage) -> list[Line]:
    """List the lines of a month's own fee and units."""
    return [_line("monthly_fee", f"{plan.title}: monthly fee", 1, plan.monthly_fee_micros), *_unit_lines(plan, usage)]


def wrong(invoice: Invoice) -> str | None:
    """Tell what of an invoice does not add up: nobody is sent such a one."""
    if any(line.amount_micros != line.quantity * line.price_micros for line in invoice.lines):
        return "a line's amount is not its quantity times its price"
    if sum(line.amount_micros for line in invoice.lines) != invoice.total_micros:
        return "the lines do not add up to the total"
    if invoice.total_micros < 0 or invoice.credits_micros > 0:
        return "the total is below 0, or the credits above"
    for way, units in (("units_sent", invoice.units_sent), ("units_received", invoice.units_received)):
        if sum(line.quantity for line in invoice.lines if line.item.startswith(way)) != units:
            return f"the lines do not add up to the {way}"
    return None


def money(micros: int, currency: str) -> str:
    """Spell an amount to the last millionth that it has, and to the cent at least: `$12.34`, `$0.0075`."""
    whole, millionths = divmod(abs(micros), 1_000_000)
    cents, rest = divmod(millionths, 10_000)
    sign = "-" if micros < 0 else ""
    symbol = "$" if currency == "USD" else f"{currency} "
    return f"{sign}{symbol}{whole:,}.{cents:02}" + f"{rest:04}".rstrip("0")


def _late_charges(others: Iterable[Line]) -> int:
    """Add up the late units of each month for which they come to more, and not to less."""
    late: dict[str | None, int] = {}
    for line in others:
        if line.item.startswith(LATE):
            late[line.month] = late.get(line.month, 0) + line.amount_micros
    return sum(max(0, micros) for micros in late.values())


def _unit_lines(plan: Plan, usage: Usage) -> list[Line]:
    sent_included = min(usage.units_sent, plan.included_units)
    received_included = min(usage.units_received, plan.included_units - sent_included)
    sent_beyond = usage.units_sent - sent_included
    received_beyond = usage.units_received - received_included
    lines = [
        _line("units_sent", "Units sent, included", sent_included, 0),
        _line("units_received", "Units received, included", received_included, 0),
    ]
    if sent_beyond:
        price = plan.unit_price_micros
        lines.append(_line("units_sent_beyond", "Units sent beyond the plan", sent_beyond, price))
    if received_beyond:
        # Nobody can refuse a reply, so a plan that stops does not charge for one.
        price = 0 if plan.past_limit is PastLimit.STOP else plan.unit_price_micros
        lines.append(_line("units_received_beyond", "Units received beyond the plan", received_beyond, price))
    return lines


def _line(item: str, description: str, quantity: int, price_micros: int) -> Line:
    return Line(item, description, quantity, price_micros, quantity * price_micros)
