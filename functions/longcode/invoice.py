"""Invoices: a month's plan and usage, drawn up as lines that add up to the total."""

from dataclasses import dataclass

from longcode import months
from longcode.plans import PastLimit, Plan
from longcode.usage import Usage


@dataclass(frozen=True, slots=True)
class Line:
    """So many of an item at a price, in millionths of the invoice's currency."""

    item: str
    description: str
    quantity: int
    price_micros: int
    amount_micros: int


@dataclass(frozen=True, slots=True)
class Invoice:
    """What one account owes for one month; it needs no look at a plan that may have changed since."""

    account: str
    month: str
    plan: str
    currency: str
    lines: tuple[Line, ...]
    units_included: int
    units_used: int
    units_beyond: int
    total_micros: int


def draw_up(account: str, month: str, plan: Plan, usage: Usage) -> Invoice:
    """Charge the fee and the units beyond: the included units go to sent texts first, then to replies."""
    months.check(month)
    lines = (
        _line("monthly_fee", f"{plan.title}: monthly fee", 1, plan.monthly_fee_micros),
        *_unit_lines(plan, usage),
    )
    return Invoice(
        account=account,
        month=month,
        plan=plan.name,
        currency=plan.currency,
        lines=lines,
        units_included=plan.included_units,
        units_used=usage.units,
        units_beyond=max(usage.units - plan.included_units, 0),
        total_micros=sum(line.amount_micros for line in lines),
    )


def money(micros: int, currency: str) -> str:
    """Spell an amount to the last millionth that it has, and to the cent at least: `$12.34`, `$0.0075`."""
    whole, millionths = divmod(abs(micros), 1_000_000)
    cents, rest = divmod(millionths, 10_000)
    sign = "-" if micros < 0 else ""
    symbol = "$" if currency == "USD" else f"{currency} "
    return f"{sign}{symbol}{whole:,}.{cents:02}" + f"{rest:04}".rstrip("0")


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
