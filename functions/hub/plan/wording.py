"""Times, plans and the states of invoices as the pages about money say them."""

from datetime import datetime
from enum import StrEnum

from longcode import months
from longcode.billing.adjustments import MonthEntry
from longcode.billing.invoice import InvoiceState, money
from longcode.plans.plans import Plan

NO_INVOICE = "There is no invoice for this month."
_NOON = 12


class Payment(StrEnum):
    """How an invoice stands for its studio. A month whose invoice is not issued is being checked."""

    PAID = "Paid"
    OPEN = "To be paid"
    OVERDUE = "Overdue"
    NOTHING = "Nothing to pay"
    CHECKED = "Being checked"


def payment_of(entry: MonthEntry, now: datetime) -> Payment:
    """Return how the invoice of a month stands."""
    invoice = entry.invoice
    if invoice is None:
        return Payment.CHECKED
    if entry.state is InvoiceState.PAID:
        return Payment.PAID
    if invoice.total_micros == 0:
        return Payment.NOTHING
    is_late = invoice.due_on is not None and invoice.due_on.isoformat() < months.day_of(now)
    return Payment.OVERDUE if is_late else Payment.OPEN


def central(at: datetime) -> str:
    """Return an instant in Chicago's time: `Monday 30 November, 5:00 pm Central`."""
    local = at.astimezone(months.CHICAGO)
    hour = local.hour % _NOON or _NOON
    return f"{local:%A} {local.day} {local:%B}, {hour}:{local:%M} {'am' if local.hour < _NOON else 'pm'} Central"


def deadline(month: str, now: datetime) -> str:
    """Return that a change of plan made now counts from a month, and until when it has to be made for that."""
    this, until = months.month_of(now), central(months.plan_cutoff(month))
    if month > this:
        late = f"It is too late for {months.in_words(this)}: a new plan counts from {months.in_words(month)}."
        return f"{late} You can change it again until {until}."
    return f"Your new plan counts for all of {months.in_words(month).split()[0]} if you change it by {until}."


def fee(plan: Plan) -> str:
    """Return a plan with its price: `Medium, $35.00 a month`."""
    return f"{plan.title}, {money(plan.monthly_fee_micros, plan.currency)} a month"
