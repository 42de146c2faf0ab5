"""Late units and credits: every unit on one invoice, nothing of a credit lost, no total below 0."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from longcode import months
from longcode.billing import adjustments
from longcode.billing.adjustments import Credit, Difference, Findings, compare_counts
from longcode.billing.invoice import Invoice, InvoiceLine, compute_invoice, find_errors
from longcode.plans.plans import PastLimit, Plan
from longcode.usage.usage import Usage

MEDIUM = Plan("medium", "Medium", 35_000_000, 1_000, 40_000, PastLimit.CHARGE)
COUNTS = st.integers(0, 3_000)
USAGES = st.builds(Usage, units_sent=COUNTS, units_received=COUNTS)
PLANS = st.builds(replace, st.just(MEDIUM), past_limit=st.sampled_from(PastLimit), included_units=COUNTS)
AMOUNTS = st.integers(1, 10**9)


def drawn(month: str, usage: Usage, *others: InvoiceLine) -> Invoice:
    return compute_invoice("1", month, MEDIUM, usage, others=others)


@given(PLANS, USAGES, USAGES)
def test_late_lines_are_the_difference_to_the_months_invoice(plan: Plan, billed: Usage, counted: Usage) -> None:
    lines = list(adjustments.late_lines("2026-10", plan, billed, counted))

    before, after = (compute_invoice("1", "2026-10", plan, usage).total_micros for usage in (billed, counted))
    assert sum(line.amount_micros for line in lines) == after - before
    assert sum(line.quantity for line in lines) == counted.units - billed.units
    assert all(line.quantity and line.month == "2026-10" for line in lines)


@given(USAGES, USAGES)
def test_units_on_late_lines_count_as_billed(first: Usage, counted: Usage) -> None:
    september = drawn("2026-09", first)
    october = drawn("2026-10", Usage(), *adjustments.late_lines("2026-09", MEDIUM, first, counted))

    assert adjustments.billed_in("2026-09", [october, september]) == counted
    assert adjustments.billed_in("2026-08", [october, september]) is None


def test_the_three_months_before_and_the_invoices_that_can_have_their_units() -> None:
    assert adjustments.months_before("2027-01") == ["2026-10", "2026-11", "2026-12"]
    assert adjustments.months_to_read("2027-01") == ["2026-10", "2026-11", "2026-12", "2027-02", "2027-03"]


@given(AMOUNTS, st.integers(0, 10**9), st.lists(AMOUNTS, max_size=4))
def test_nothing_of_a_credit_is_lost_and_no_total_is_below_0(fee: int, carried: int, amounts: list[int]) -> None:
    charges = [InvoiceLine("monthly_fee", "Fee", 1, fee, fee)]
    given_at = datetime(2026, 11, 1, tzinfo=UTC)
    waiting = [
        Credit(account="1", id=str(at), month="2026-10", amount_micros=amount, reason="r", given_at=given_at)
        for at, amount in enumerate(amounts)
    ]

    lines = adjustments.credit_lines(charges, carried, waiting)

    total = fee + sum(line.amount_micros for line in lines)
    assert total == max(0, fee - carried - sum(amounts))
    assert adjustments.carried_on(lines) == max(0, carried + sum(amounts) - fee)


def test_an_error_of_an_invoice_is_described() -> None:
    right = drawn("2026-10", Usage(units_sent=5))
    first, *rest = right.lines

    assert find_errors(right) is None
    assert find_errors(replace(right, total_micros=1)) == "the lines do not add up to the total"
    assert find_errors(replace(right, units_sent=6)) == "the lines do not add up to the units_sent"
    assert (
        find_errors(replace(right, lines=(replace(first, amount_micros=1), *rest)))
        == "a line's amount is not its quantity times its price"
    )
    assert find_errors(replace(right, credits_micros=1)) == "the total is below 0, or the credits are above 0"


def test_counters_equal_to_the_sum_over_the_messages_have_no_findings() -> None:
    counters = Usage(texts_sent=2, units_sent=3)

    assert not compare_counts("2026-10", counters, counters)
    assert compare_counts("2026-10", counters, Usage(texts_sent=2, units_sent=4)) == Findings(
        differences=(Difference(month="2026-10", count="units_sent", counters=3, messages=4),)
    )


@pytest.mark.parametrize(
    ("now", "is_over"),
    [
        (datetime(2026, 12, 1, 5, 59, 59, 999_999, tzinfo=UTC), False),
        (datetime(2026, 12, 1, 6, 0, tzinfo=UTC), True),
        (datetime(2027, 12, 1, tzinfo=UTC), True),
    ],
)
def test_a_month_is_over_from_the_first_instant_of_the_next(now: datetime, is_over: bool) -> None:
    assert months.has_ended("2026-11", now) is is_over
