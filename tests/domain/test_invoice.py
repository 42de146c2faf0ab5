"""Usage and invoices: every unit is on one line, and the lines add up."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode.billing.invoice import Invoice, InvoiceLine, compute_invoice, money
from longcode.plans.plans import PastLimit, Plan
from longcode.usage.usage import Usage

STOPS = Plan("starter", "Starter", 5_000_000, 100, 60_000, PastLimit.STOP, "USD")
CHARGES = Plan("medium", "Medium", 35_000_000, 1_000, 40_000, PastLimit.CHARGE, "USD")

COUNTS = st.integers(0, 50_000)
USAGES = st.builds(Usage, units_sent=COUNTS, units_received=COUNTS)
PLANS = st.builds(
    Plan,
    name=st.just("any"),
    title=st.just("Any"),
    monthly_fee_micros=st.integers(0, 10**9),
    included_units=st.integers(0, 20_000),
    unit_price_micros=st.integers(1, 10**6),
    past_limit=st.sampled_from(PastLimit),
)


def test_usage_adds_up_count_by_count() -> None:
    assert Usage(1, 2, 3, 4, 5, 6) + Usage(10, 20, 30, 40, 50, 60) == Usage(11, 22, 33, 44, 55, 66)
    assert Usage() + Usage(1, 2, 3, 4, 5, 6) == Usage(1, 2, 3, 4, 5, 6)


def test_a_reply_counts_as_units_like_a_sent_text() -> None:
    assert Usage(texts_sent=3, units_sent=5, segments_sent=9, texts_received=2, units_received=2).units == 7


def test_units_beyond_a_plan_that_charges_cost_its_price() -> None:
    usage = Usage(units_sent=1_300, units_received=200)

    drawn = compute_invoice("10001", "2026-11", CHARGES, usage, studio="Foxglove Portraits")

    assert drawn == Invoice(
        account="10001",
        studio="Foxglove Portraits",
        number="",
        month="2026-11",
        begins_at=datetime(2026, 11, 1, 5, 0, tzinfo=UTC),
        ends_at=datetime(2026, 12, 1, 6, 0, tzinfo=UTC),
        issued_on=date(2026, 12, 1),
        plan="medium",
        plan_title="Medium",
        plan_version=1,
        currency="USD",
        past_limit=PastLimit.CHARGE,
        lines=(
            InvoiceLine("monthly_fee", "Medium: monthly fee", 1, 35_000_000, 35_000_000),
            InvoiceLine("units_sent", "Units sent, included", 1_000, 0, 0),
            InvoiceLine("units_received", "Units received, included", 0, 0, 0),
            InvoiceLine("units_sent_beyond", "Units sent beyond the plan", 300, 40_000, 12_000_000),
            InvoiceLine("units_received_beyond", "Units received beyond the plan", 200, 40_000, 8_000_000),
        ),
        units_included=1_000,
        units_sent=1_300,
        units_received=200,
        units_used=1_500,
        units_beyond=500,
        unit_price_micros=40_000,
        credits_micros=0,
        total_micros=55_000_000,
    )


def test_a_month_without_a_text_costs_the_fee() -> None:
    drawn = compute_invoice("10001", "2026-11", STOPS, Usage())

    assert [(line.item, line.quantity) for line in drawn.lines] == [
        ("monthly_fee", 1),
        ("units_sent", 0),
        ("units_received", 0),
    ]
    assert drawn.total_micros == 5_000_000


def test_replies_beyond_a_plan_that_stops_are_free() -> None:
    drawn = compute_invoice("10001", "2026-11", STOPS, Usage(units_sent=95, units_received=12))

    assert drawn.lines[-1] == InvoiceLine("units_received_beyond", "Units received beyond the plan", 7, 0, 0)
    assert drawn.units_beyond == 7
    assert drawn.total_micros == 5_000_000


def test_a_late_move_to_a_small_plan_that_stops_does_not_make_a_months_texts_free() -> None:
    drawn = compute_invoice("10001", "2026-11", STOPS, Usage(units_sent=900, units_received=50))

    assert drawn.lines[-2] == InvoiceLine("units_sent_beyond", "Units sent beyond the plan", 800, 60_000, 48_000_000)
    assert drawn.total_micros == 53_000_000


def test_lines_about_other_months_add_up_with_the_rest() -> None:
    late = InvoiceLine("late_units_sent_beyond", "Units sent beyond the plan", 2, 40_000, 80_000, "2026-10")
    credit = InvoiceLine("credit", "Texts sent twice", 1, -1_000_000, -1_000_000, "2026-10")

    drawn = compute_invoice("10001", "2026-11", CHARGES, Usage(units_sent=3), others=[late, credit])

    assert drawn.lines[-2:] == (late, credit)
    assert (drawn.units_sent, drawn.credits_micros, drawn.total_micros) == (3, -1_000_000, 34_080_000)


def test_a_malformed_month_has_no_invoice() -> None:
    with pytest.raises(ValueError, match="'2026-13' is not a month"):
        compute_invoice("10001", "2026-13", STOPS, Usage())


@given(PLANS, USAGES)
def test_the_lines_add_up_to_the_total_and_to_the_usage(plan: Plan, usage: Usage) -> None:
    drawn = compute_invoice("10001", "2026-11", plan, usage)

    quantities = {line.item: line.quantity for line in drawn.lines}
    assert len(quantities) == len(drawn.lines)
    assert quantities.pop("monthly_fee") == 1
    assert all(line.amount_micros == line.quantity * line.price_micros for line in drawn.lines)
    assert sum(line.amount_micros for line in drawn.lines) == drawn.total_micros
    assert quantities["units_sent"] + quantities.get("units_sent_beyond", 0) == usage.units_sent
    assert quantities["units_received"] + quantities.get("units_received_beyond", 0) == usage.units_received
    assert sum(quantities.values()) == drawn.units_used
    assert min(quantities.values()) >= 0


@given(PLANS, USAGES)
def test_units_are_beyond_only_when_the_included_ones_are_used_up(plan: Plan, usage: Usage) -> None:
    drawn = compute_invoice("10001", "2026-11", plan, usage)

    included = sum(line.quantity for line in drawn.lines if line.item in {"units_sent", "units_received"})
    assert included <= plan.included_units
    assert drawn.units_beyond == drawn.units_used - included
    assert drawn.units_beyond == 0 or included == plan.included_units


@given(PLANS, USAGES, USAGES)
def test_more_units_never_cost_less(plan: Plan, usage: Usage, more: Usage) -> None:
    less_used = compute_invoice("10001", "2026-11", plan, usage)
    more_used = compute_invoice("10001", "2026-11", plan, usage + more)

    assert less_used.total_micros <= more_used.total_micros


@pytest.mark.parametrize(
    ("micros", "currency", "spelled"),
    [
        (12_340_000, "USD", "$12.34"),
        (7_500, "USD", "$0.0075"),
        (27_500, "USD", "$0.0275"),
        (0, "USD", "$0.00"),
        (1, "USD", "$0.000001"),
        (100_000, "USD", "$0.10"),
        (35_000_000, "USD", "$35.00"),
        (1_234_567_890_000, "USD", "$1,234,567.89"),
        (-500_000, "USD", "-$0.50"),
        (12_340_000, "AUD", "AUD 12.34"),
    ],
)
def test_money_is_written_with_as_many_decimals_as_it_has(micros: int, currency: str, spelled: str) -> None:
    assert money(micros, currency) == spelled


@given(st.integers(-(10**15), 10**15))
def test_written_money_is_exact(micros: int) -> None:
    spelled = money(micros, "USD").replace("$", "").replace(",", "")

    whole, _, fraction = spelled.lstrip("-").partition(".")
    value = int(whole) * 10**6 + int(fraction.ljust(6, "0"))
    assert (-value if spelled.startswith("-") else value) == micros
    assert len(fraction) >= 2
