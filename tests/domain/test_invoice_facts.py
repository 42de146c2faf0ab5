"""The facts that every form of an invoice shows: studio, month and its bounds, plan, usage and total."""

from dataclasses import replace

import pytest

from longcode.billing.invoice import (
    Invoice,
    InvoiceFact,
    InvoiceLine,
    InvoiceRow,
    compute_invoice,
    counting_rules,
    invoice_facts,
    invoice_rows,
    invoice_sums,
)
from longcode.plans.plans import PastLimit, Plan
from longcode.usage.usage import Usage

MEDIUM = Plan("medium", "Medium", 35_000_000, 1_000, 40_000, PastLimit.CHARGE, version=3)


def invoice(month: str = "2026-11", plan: Plan = MEDIUM) -> Invoice:
    drawn = compute_invoice(
        "10000001", month, plan, Usage(units_sent=1_100, units_received=20), studio="Foxglove Portraits"
    )
    return replace(drawn, number=f"{month}-000123")


def test_an_invoices_facts_are_complete() -> None:
    assert invoice_facts(invoice()) == (
        InvoiceFact("Number", "2026-11-000123"),
        InvoiceFact("Issued on", "1 December 2026"),
        InvoiceFact("Studio", "Foxglove Portraits, account 10000001"),
        InvoiceFact("Month", "November 2026"),
        InvoiceFact("From", "1 November 2026, 00:00:00 -05:00 (2026-11-01T05:00:00Z)"),
        InvoiceFact("Up to, not including", "1 December 2026, 00:00:00 -06:00 (2026-12-01T06:00:00Z)"),
        InvoiceFact("Plan", "Medium (medium, version 3)"),
        InvoiceFact("Units included", "1,000"),
        InvoiceFact("Units used", "1,120 (1,100 sent, 20 received)"),
        InvoiceFact("Units beyond", "120"),
        InvoiceFact("Price of a unit beyond", "$0.04"),
        InvoiceFact("Past the included units", "each unit is charged"),
    )


def test_a_plan_that_stops_says_so() -> None:
    assert invoice_facts(invoice(plan=replace(MEDIUM, past_limit=PastLimit.STOP)))[-1].value == (
        "no text is sent, and replies are free"
    )


@pytest.mark.parametrize(
    ("month", "hours", "cutoff"),
    [
        ("2026-10", "744 hours.", "31 October 2026, 17:00:00 -05:00 (2026-10-31T22:00:00Z)"),
        ("2026-11", "721 hours, as the clocks went back", "30 November 2026, 17:00:00 -06:00 (2026-11-30T23:00:00Z)"),
        ("2026-03", "743 hours, as the clocks went forward", "31 March 2026, 17:00:00 -05:00 (2026-03-31T22:00:00Z)"),
        ("2028-02", "696 hours.", "29 February 2028, 17:00:00 -06:00 (2028-02-29T23:00:00Z)"),
    ],
)
def test_the_bounds_of_the_month_are_explained(month: str, hours: str, cutoff: str) -> None:
    paragraph = counting_rules(invoice(month))

    assert f"This one has {hours}" in paragraph
    assert f"the last one chosen by {cutoff}" in paragraph
    assert "midnight in Chicago" in paragraph


def test_a_line_about_another_month_names_it_and_credits_are_negative() -> None:
    credit = InvoiceLine("credit", "Credit: texts sent twice", 1, -2_500_000, -2_500_000, "2026-09")
    drawn = compute_invoice("10000001", "2026-11", MEDIUM, Usage(), others=[credit])

    assert invoice_rows(drawn)[0] == InvoiceRow("Medium: monthly fee", "1", "$35.00", "$35.00")
    assert invoice_rows(drawn)[-1] == InvoiceRow("Credit: texts sent twice (2026-09)", "1", "-$2.50", "-$2.50")
    assert invoice_sums(drawn) == (
        InvoiceFact("Credits, in the lines above", "-$2.50"),
        InvoiceFact("Total", "$32.50"),
    )
