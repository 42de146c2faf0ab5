"""The facts that every form of an invoice shows: studio, month and its bounds, plan, usage and total."""

from datetime import date

import pytest
from msgspec.structs import replace

from longcode.billing.invoice import Invoice, InvoiceLine, Seller, compute_invoice
from longcode.billing.invoice_words import (
    InvoiceFact,
    InvoiceRow,
    fine_print,
    footnotes,
    how_to_pay,
    invoice_facts,
    invoice_rows,
    invoice_sums,
)
from longcode.plans.plans import PastLimit, Plan
from longcode.usage.usage import Usage

SELLER = Seller(name="Longcode LLC", address="12 Main Street", tax_number="EIN 1", how_to_pay="By bank transfer.")
MEDIUM = Plan("medium", "Medium", 35_000_000, 1_000, 40_000, PastLimit.CHARGE, version=3)


def invoice(month: str = "2026-11", plan: Plan = MEDIUM) -> Invoice:
    drawn = compute_invoice(
        "10000001", month, plan, Usage(units_sent=1_100, units_received=20), studio="Foxglove Portraits"
    )
    return replace(drawn, number=f"{month}-000123", due_on=date(2026, 12, 31), seller=SELLER)


def test_an_invoices_facts_are_complete() -> None:
    assert invoice_facts(invoice()) == (
        InvoiceFact("Number", "2026-11-000123"),
        InvoiceFact("Issued on", "1 December 2026"),
        InvoiceFact("Due on", "31 December 2026"),
        InvoiceFact("Seller", "Longcode LLC, 12 Main Street"),
        InvoiceFact("Tax number of the seller", "EIN 1"),
        InvoiceFact("Studio", "Foxglove Portraits, account 10000001"),
        InvoiceFact("Month", "November 2026"),
        InvoiceFact("Plan", "Medium, 1,000 units a month; then $0.04 a unit"),
        InvoiceFact("Used", "1,120 units (1,100 sent, 20 received), 120 of them beyond the plan"),
    )


def test_a_plan_that_stops_says_so() -> None:
    facts = {
        fact.label: fact.value for fact in invoice_facts(invoice(plan=replace(MEDIUM, past_limit=PastLimit.STOP)))
    }

    assert facts["Plan"] == "Medium, 1,000 units a month; then it stops sending, and replies are free"


def test_an_invoice_of_an_older_release_and_one_of_nothing_ask_for_no_payment_by_a_day() -> None:
    older = replace(invoice(), seller=None, due_on=None)
    free = replace(invoice(), total_micros=0)

    assert how_to_pay(invoice()) == "Please pay $39.80 by 31 December 2026. By bank transfer."
    assert how_to_pay(older) == "Please pay $39.80."
    assert how_to_pay(free) == "There is nothing to pay."
    assert {fact.label for fact in invoice_facts(older)} & {"Due on", "Seller"} == set()
    assert "Due on" not in {fact.label for fact in invoice_facts(free)}


@pytest.mark.parametrize(
    ("month", "hours", "cutoff"),
    [
        ("2026-10", "744 hours. ", "31 October 2026, 17:00:00 -05:00 (2026-10-31T22:00:00Z)"),
        ("2026-11", "721 hours, as the clocks went back", "30 November 2026, 17:00:00 -06:00 (2026-11-30T23:00:00Z)"),
        ("2026-03", "743 hours, as the clocks went forward", "31 March 2026, 17:00:00 -05:00 (2026-03-31T22:00:00Z)"),
        ("2028-02", "696 hours. ", "29 February 2028, 17:00:00 -06:00 (2028-02-29T23:00:00Z)"),
    ],
)
def test_the_bounds_of_the_month_are_explained(month: str, hours: str, cutoff: str) -> None:
    exactly = fine_print(invoice(month))

    assert f", {hours}" in exactly
    assert f"chosen by {cutoff}" in exactly
    assert "hours" not in " ".join(footnotes(invoice(month)))


def test_each_line_is_explained_and_one_about_another_month_names_it() -> None:
    others = [
        InvoiceLine("late_units_sent_beyond", "Units sent, counted late", 3, 40_000, 120_000, "2026-10"),
        InvoiceLine("late_units_sent", "Units sent, counted late", -1, 0, 0, "2026-09"),
        InvoiceLine("brought_forward", "Brought forward", 1, -500_000, -500_000),
        InvoiceLine("credit", "Credit: texts sent twice", 1, -2_000_000, -2_000_000, "2026-09"),
    ]
    drawn = compute_invoice("10000001", "2026-11", MEDIUM, Usage(units_sent=1_001), others=others)

    rows = invoice_rows(drawn)

    assert rows[0] == InvoiceRow(
        "Medium: monthly fee", "1", "$35.00", "$35.00", "The price of the plan for November 2026."
    )
    assert [(row.description, row.explanation) for row in rows[3:]] == [
        ("Units sent beyond the plan", "Texts that you sent beyond the 1,000 of the plan, for $0.04 each."),
        (
            "Units sent, counted late (October 2026)",
            "They belong to October 2026, and were counted only after its invoice was made.",
        ),
        (
            "Units sent, counted late (September 2026)",
            "The invoice for September 2026 had them, and they do not count after all: we take them off.",
        ),
        ("Brought forward", "What was left of your credit on the invoice before."),
        (
            "Credit: texts sent twice (September 2026)",
            "We take this off, because of the invoice for September 2026.",
        ),
    ]
    assert invoice_sums(drawn) == (
        InvoiceFact("Credits, in the lines above", "-$2.50"),
        InvoiceFact("Total", "$32.66"),
    )
