"""All forms of an invoice tell the same: whose it is, of which month, how that was cut, and what it comes to."""

from dataclasses import replace

import pytest

from longcode.invoice import Invoice, Line, draw_up
from longcode.invoice_facts import Fact, Row, facts, how_cut, rows, sums
from longcode.plans import PastLimit, Plan
from longcode.usage import Usage

MEDIUM = Plan("medium", "Medium", 35_000_000, 1_000, 40_000, PastLimit.CHARGE, version=3)


def invoice(month: str = "2026-11", plan: Plan = MEDIUM) -> Invoice:
    drawn = draw_up("10000001", month, plan, Usage(units_sent=1_100, units_received=20), studio="Foxglove Portraits")
    return replace(drawn, number=f"{month}-000123")


def test_an_invoice_tells_all_that_it_is_about() -> None:
    assert facts(invoice()) == (
        Fact("Number", "2026-11-000123"),
        Fact("Issued on", "1 December 2026"),
        Fact("Studio", "Foxglove Portraits, account 10000001"),
        Fact("Month", "November 2026"),
        Fact("From", "1 November 2026, 00:00:00 -05:00 (2026-11-01T05:00:00Z)"),
        Fact("Up to, and without", "1 December 2026, 00:00:00 -06:00 (2026-12-01T06:00:00Z)"),
        Fact("Plan", "Medium (medium, version 3)"),
        Fact("Units included", "1,000"),
        Fact("Units used", "1,120 (1,100 sent, 20 received)"),
        Fact("Units beyond", "120"),
        Fact("Price of a unit beyond", "$0.04"),
        Fact("Past the included units", "each unit is charged"),
    )


def test_a_plan_that_stops_says_so() -> None:
    assert facts(invoice(plan=replace(MEDIUM, past_limit=PastLimit.STOP)))[-1].value == (
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
def test_it_is_told_how_the_month_was_cut(month: str, hours: str, cutoff: str) -> None:
    told = how_cut(invoice(month))

    assert f"This one has {hours}" in told
    assert f"the last one chosen by {cutoff}" in told
    assert "midnight in Chicago" in told


def test_a_line_about_another_month_says_which_and_credits_take_away() -> None:
    credit = Line("credit", "Credit: texts sent twice", 1, -2_500_000, -2_500_000, "2026-09")
    drawn = draw_up("10000001", "2026-11", MEDIUM, Usage(), others=[credit])

    assert rows(drawn)[0] == Row("Medium: monthly fee", "1", "$35.00", "$35.00")
    assert rows(drawn)[-1] == Row("Credit: texts sent twice (2026-09)", "1", "-$2.50", "-$2.50")
    assert sums(drawn) == (Fact("Credits, in the lines above", "-$2.50"), Fact("Total", "$32.50"))
