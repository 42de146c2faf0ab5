"""An invoice in words, the same in its mail, its PDF, on its page and in the hub: facts, lines, sums, footnotes."""

from datetime import datetime

from msgspec import Struct

from longcode import months
from longcode.billing.invoice import LATE, Invoice, InvoiceLine, money
from longcode.plans.plans import PastLimit

_WHAT_A_UNIT_IS = "A unit is a text of up to 160 characters. A longer text counts as two units or more."


class InvoiceFact(Struct, frozen=True):
    """A label and its value, as an invoice shows them."""

    label: str
    value: str


class InvoiceRow(Struct, frozen=True):
    """A line of an invoice, in words; `explanation` is a sentence that says what it is."""

    description: str
    quantity: str
    price: str
    amount: str
    explanation: str


def invoice_facts(invoice: Invoice) -> tuple[InvoiceFact, ...]:
    """Return who issued an invoice to whom and when, the plan, and what was used."""
    seller = invoice.seller
    facts = (
        ("Number", invoice.number),
        ("Issued on", months.day_in_words(invoice.issued_on)),
        ("Due on", months.day_in_words(invoice.due_on) if invoice.due_on and invoice.total_micros else ""),
        ("Seller", ", ".join(filter(None, (seller.name, seller.address))) if seller else ""),
        ("Tax number of the seller", seller.tax_number if seller else ""),
        ("Studio", f"{invoice.studio}, account {invoice.account}"),
        ("Month", months.in_words(invoice.month)),
        ("Plan", f"{invoice.plan_title}, {plan_terms(invoice)}"),
        ("Used", _used(invoice)),
    )
    return tuple(InvoiceFact(label, value) for label, value in facts if value)


def plan_terms(invoice: Invoice) -> str:
    """Return what an invoice's plan includes and what happens beyond: `1,000 units a month; then $0.04 a unit`."""
    included = f"{_counted(invoice.units_included, 'unit')} a month"
    if invoice.past_limit is PastLimit.STOP:
        return f"{included}; then it stops sending, and replies are free"
    return f"{included}; then {money(invoice.unit_price_micros, invoice.currency)} a unit"


def _used(invoice: Invoice) -> str:
    parts = f"({invoice.units_sent:,} sent, {invoice.units_received:,} received)"
    beyond = f", {invoice.units_beyond:,} of them beyond the plan" if invoice.units_beyond else ""
    return f"{_counted(invoice.units_used, 'unit')} {parts}{beyond}"


def how_to_pay(invoice: Invoice) -> str:
    """Return how much is to be paid until when, and how: `Please pay $39.80 by 31 December 2026. …`"""
    if not invoice.total_micros:
        return "There is nothing to pay."
    by = f" by {months.day_in_words(invoice.due_on)}" if invoice.due_on else ""
    please = f"Please pay {money(invoice.total_micros, invoice.currency)}{by}."
    return f"{please} {invoice.seller.how_to_pay if invoice.seller else ''}".strip()


def invoice_rows(invoice: Invoice) -> tuple[InvoiceRow, ...]:
    """Return the lines of an invoice, in words."""
    return tuple(
        InvoiceRow(
            line.description if line.month is None else f"{line.description} ({months.in_words(line.month)})",
            f"{line.quantity:,}",
            money(line.price_micros, invoice.currency),
            money(line.amount_micros, invoice.currency),
            _explanation(line, invoice),
        )
        for line in invoice.lines
    )


def _explanation(line: InvoiceLine, invoice: Invoice) -> str:
    """Return the sentence that says what a line is, "" for an item of another release."""
    month = months.in_words(line.month) if line.month else ""
    if line.item.startswith(LATE):
        return _late(line, month)
    price = money(line.price_micros, invoice.currency)
    past_plan = f"beyond the {invoice.units_included:,} of the plan"
    match line.item:
        case "monthly_fee":
            return f"The price of the plan for {months.in_words(invoice.month)}."
        case "units_sent":
            return "Texts that you sent. They are in the plan."
        case "units_received":
            return "Replies from your clients. They are in the plan."
        case "units_sent_beyond":
            return f"Texts that you sent {past_plan}, for {price} each."
        case "units_received_beyond":
            return f"Replies {past_plan}, " + (f"for {price} each." if line.price_micros else "which are free.")
        case "credit":
            return f"We take this off, because of the invoice for {month}." if month else "We take this off."
        case "brought_forward":
            return "What was left of your credit on the invoice before."
        case "carried_on":
            return "Your credit is more than this month costs. The rest comes off your next invoice."
    return ""


def _late(line: InvoiceLine, month: str) -> str:
    """Return why units of another month are on an invoice, or are taken off it."""
    if line.quantity < 0:
        return f"The invoice for {month} had them, and they do not count after all: we take them off."
    return f"They belong to {month}, and were counted only after its invoice was made."


def invoice_sums(invoice: Invoice) -> tuple[InvoiceFact, ...]:
    """Return the sum of the credits, which are among the lines too, if there are any; and the total."""
    credit = InvoiceFact("Credits, in the lines above", money(invoice.credits_micros, invoice.currency))
    total = InvoiceFact("Total", money(invoice.total_micros, invoice.currency))
    return (credit, total) if invoice.credits_micros else (total,)


def footnotes(invoice: Invoice) -> tuple[str, ...]:
    """Return what a unit is, and which texts and which plan count in the month."""
    return (
        _WHAT_A_UNIT_IS,
        f"{months.in_words(invoice.month)} is the month by Chicago's clocks (Central Time). A text counts in the"
        " month in which it was handed to the carrier, a reply in the month in which it came in. The plan is the last"
        " one chosen by 5:00 pm on the last day of the month, or the one that you joined with.",
    )


def fine_print(invoice: Invoice) -> str:
    """Return the exact bounds of the month and the version of the plan, with which anyone can check the invoice."""
    begins, ends = _instant(invoice.begins_at), _instant(invoice.ends_at)
    cutoff = _instant(months.plan_cutoff(invoice.month))
    return (
        f"Exactly: from {begins} until just before {ends}, {_hours(invoice)}. The plan is {invoice.plan}, version"
        f" {invoice.plan_version}, chosen by {cutoff} or on joining after that."
    )


def _hours(invoice: Invoice) -> str:
    hours = int((invoice.ends_at - invoice.begins_at).total_seconds()) // 3600
    begins, ends = (at.astimezone(months.CHICAGO).utcoffset() for at in (invoice.begins_at, invoice.ends_at))
    if begins == ends:
        return f"{hours} hours"
    forward = begins is not None and ends is not None and ends > begins
    return f"{hours} hours, as the clocks went {'forward' if forward else 'back'} within it"


def _instant(at: datetime) -> str:
    """Return an instant in Chicago's time and in UTC, because one hour of each year comes twice in Chicago."""
    local = at.astimezone(months.CHICAGO)
    offset = f"{local:%z}"
    day, utc = months.day_in_words(local), f"{months.utc(at):%Y-%m-%dT%H:%M:%SZ}"
    return f"{day}, {local:%H:%M:%S} {offset[:3]}:{offset[3:]} ({utc})"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
