"""What every form of an invoice tells, in words: the page, the PDF and the mail say the same, in the same order."""

from datetime import date, datetime
from typing import NamedTuple

from longcode import months
from longcode.invoice import Invoice, money
from longcode.plans import PastLimit

_PAST = {
    PastLimit.CHARGE: "each unit is charged",
    PastLimit.STOP: "no text is sent, and replies are free",
}


class Fact(NamedTuple):
    """One thing that an invoice is about."""

    label: str
    value: str


class Row(NamedTuple):
    """One line of an invoice."""

    description: str
    quantity: str
    price: str
    amount: str


def facts(invoice: Invoice) -> tuple[Fact, ...]:
    """Tell whose invoice it is, of which month and plan, and what was used."""
    used = f"{invoice.units_used:,} ({invoice.units_sent:,} sent, {invoice.units_received:,} received)"
    return (
        Fact("Number", invoice.number),
        Fact("Issued on", _day(invoice.issued_on)),
        Fact("Studio", f"{invoice.studio}, account {invoice.account}"),
        Fact("Month", f"{invoice.begins_at.astimezone(months.CHICAGO):%B %Y}"),
        Fact("From", _instant(invoice.begins_at)),
        Fact("Up to, and without", _instant(invoice.ends_at)),
        Fact("Plan", f"{invoice.plan_title} ({invoice.plan}, version {invoice.plan_version})"),
        Fact("Units included", f"{invoice.units_included:,}"),
        Fact("Units used", used),
        Fact("Units beyond", f"{invoice.units_beyond:,}"),
        Fact("Price of a unit beyond", money(invoice.unit_price_micros, invoice.currency)),
        Fact("Past the included units", _PAST[invoice.past_limit]),
    )


def rows(invoice: Invoice) -> tuple[Row, ...]:
    """List the lines, whose amounts add up to the total."""
    return tuple(
        Row(
            line.description if line.month is None else f"{line.description} ({line.month})",
            f"{line.quantity:,}",
            money(line.price_micros, invoice.currency),
            money(line.amount_micros, invoice.currency),
        )
        for line in invoice.lines
    )


def sums(invoice: Invoice) -> tuple[Fact, ...]:
    """Tell what was taken away, and what is left to pay. The credits stand in the lines too."""
    return (
        Fact("Credits, in the lines above", money(invoice.credits_micros, invoice.currency)),
        Fact("Total", money(invoice.total_micros, invoice.currency)),
    )


def how_cut(invoice: Invoice) -> str:
    """Tell how the month was cut, so that anyone can count it again."""
    cutoff = _instant(months.plan_cutoff(invoice.month))
    return (
        f"A month is cut at midnight in Chicago (America/Chicago). This one has {_hours(invoice)}."
        f" Its plan is the last one chosen by {cutoff}, or the one that the studio joined with after that."
        " A text is counted in the month in which it was handed to the carrier, a reply in that in which it came."
    )


def _hours(invoice: Invoice) -> str:
    hours = int((invoice.ends_at - invoice.begins_at).total_seconds()) // 3600
    begins, ends = (at.astimezone(months.CHICAGO).utcoffset() for at in (invoice.begins_at, invoice.ends_at))
    if begins == ends:
        return f"{hours} hours"
    forward = begins is not None and ends is not None and ends > begins
    return f"{hours} hours, as the clocks went {'forward' if forward else 'back'} within it"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _instant(at: datetime) -> str:
    """Spell an instant as Chicago's clocks show it, and in UTC: one hour of a year comes twice there."""
    there = at.astimezone(months.CHICAGO)
    offset = f"{there:%z}"
    return f"{_day(there)}, {there:%H:%M:%S} {offset[:3]}:{offset[3:]} ({months.utc(at):%Y-%m-%dT%H:%M:%SZ})"
