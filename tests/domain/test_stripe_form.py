"""Whole cents: the items of an export add up to the invoice's rounded total."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from longcode.billing.invoice import Invoice, InvoiceLine, compute_invoice
from longcode.billing.stripe_form import amounts, cents, draft, items
from longcode.plans.plans import PastLimit, Plan
from longcode.usage.usage import Usage

VOLUME = Plan("volume", "Volume", 250_000_000, 10_000, 27_500, PastLimit.CHARGE)


def invoice(*micros: int, currency: str = "USD") -> Invoice:
    lines = tuple(InvoiceLine("item", "Item", 1, amount, amount) for amount in micros)
    drawn = compute_invoice("10000001", "2026-11", VOLUME, Usage(), studio="Foxglove")
    return replace(drawn, number="2026-11-000001", lines=lines, total_micros=sum(micros), currency=currency)


@pytest.mark.parametrize(
    ("micros", "currency", "rounded"),
    [
        (0, "USD", 0),
        (4_999, "USD", 0),
        (5_000, "USD", 1),
        (27_500, "USD", 3),
        (250_027_500, "USD", 25_003),
        (-4_999, "USD", 0),
        (-5_000, "USD", 0),
        (-5_001, "USD", -1),
        (499_999, "JPY", 0),
        (500_000, "JPY", 1),
        (35_000_000, "JPY", 35),
    ],
)
def test_half_a_cent_is_rounded_up(micros: int, currency: str, rounded: int) -> None:
    assert cents(micros, currency) == rounded


def test_a_line_is_the_difference_of_two_rounded_sums() -> None:
    assert amounts(invoice(4_000, 4_000, 4_000)) == [0, 1, 0]
    assert amounts(invoice(250_000_000, 82_500, -2_500_000)) == [25_000, 8, -250]


@given(st.lists(st.integers(-(10**12), 10**12), max_size=30))
def test_items_add_up_to_the_rounded_total_and_none_is_off_by_more_than_a_cent(micros: list[int]) -> None:
    found = amounts(invoice(*micros))

    assert sum(found) == cents(sum(micros), "USD")
    assert all(abs(amount * 10_000 - one) <= 10_000 for amount, one in zip(found, micros, strict=True))


def test_each_item_has_a_key_of_its_own_and_another_round_has_others() -> None:
    first = [draft(invoice(), "cus_1", 1), *items(invoice(10_000, 20_000, 30_000), "cus_1", 1, "in_1")]
    second = [draft(invoice(), "cus_1", 2), *items(invoice(10_000, 20_000, 30_000), "cus_1", 2, "in_1")]

    keys = [call.key for call in (*first, *second)]
    assert first[1].key == "longcode-10000001-2026-11-000001-line-1-1"
    assert len(set(keys)) == 8


def test_a_line_that_costs_nothing_is_no_item() -> None:
    assert [call.form["amount"] for call in items(invoice(10_000, 0, 30_000), "cus_1", 1, "in_1")] == ["1", "3"]
