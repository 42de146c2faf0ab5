"""What a month would have cost on each plan, and how much of a plan is used."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from longcode.billing.estimates import Comparison, compare_plans, included_units
from longcode.plans.plans import PastLimit, Plan
from longcode.usage.usage import Usage

SMALL = Plan("small", "Small", 12_000_000, 300, 50_000, PastLimit.STOP)
MEDIUM = Plan("medium", "Medium", 35_000_000, 1000, 40_000, PastLimit.CHARGE)
LARGE = Plan("large", "Large", 90_000_000, 3000, 35_000, PastLimit.CHARGE)


def compare(own: Plan, sent: int, received: int = 0, offered: Sequence[Plan] = (SMALL, MEDIUM, LARGE)) -> Comparison:
    return compare_plans("2026-11", own, offered, Usage(units_sent=sent, units_received=received))


@pytest.mark.parametrize(
    ("sent", "received", "amounts", "cheapest", "saved"),
    [
        (0, 0, [12_000_000, 35_000_000, 90_000_000], "small", 23_000_000),
        (
            300,
            900,
            [12_000_000, 43_000_000, 90_000_000],
            "small",
            31_000_000,
        ),
        (301, 0, [None, 35_000_000, 90_000_000], "medium", 0),
        (2375, 0, [None, 90_000_000, 90_000_000], "medium", 0),  # alike: nobody changes for nothing
        (2376, 0, [None, 90_040_000, 90_000_000], "large", 40_000),
    ],
)
def test_each_plan_is_priced_and_one_that_would_have_stopped_is_named(
    sent: int, received: int, amounts: list[int | None], cheapest: str, saved: int
) -> None:
    found = compare(MEDIUM, sent, received)

    assert [one.total_micros for one in found.plans] == amounts
    assert [one.would_have_stopped for one in found.plans] == [amount is None for amount in amounts]
    assert (found.cheapest, found.saved_micros) == (cheapest, saved)


def test_the_own_plan_let_go_what_went_after_a_downgrade() -> None:
    found = compare(SMALL, 500)

    own = found.plans[0]
    assert (own.is_own, own.would_have_stopped, own.total_micros) == (True, False, 22_000_000)
    assert (found.cheapest, found.saved_micros) == ("small", 0)


def test_a_plan_off_offer_is_compared_only_with_itself() -> None:
    gone = replace(SMALL, name="gone", on_offer=False)

    assert [one.plan for one in compare(MEDIUM, 1, offered=(gone, MEDIUM)).plans] == ["medium"]
    assert [one.plan for one in compare(gone, 1, offered=(gone, MEDIUM)).plans] == ["gone", "medium"]


def test_an_own_plan_that_was_loaded_after_the_list_was_read_is_compared_too() -> None:
    compared = compare(MEDIUM, 900, offered=[SMALL, LARGE])

    assert [(one.plan, one.is_own) for one in compared.plans] == [
        ("small", False),
        ("large", False),
        ("medium", True),
    ]
    assert compared.cheapest == "medium"


def test_of_two_plans_that_are_alike_the_first_offered_is_cheapest() -> None:
    twin = Plan("twin", "Twin", 12_000_000, 300, 50_000, PastLimit.STOP)

    assert compare(LARGE, 100, offered=(twin, SMALL, LARGE)).cheapest == "twin"


def test_what_a_charging_plan_has_used_are_texts_and_replies() -> None:
    found = included_units("2026-11", MEDIUM, Usage(units_sent=900, units_received=150))

    assert (found.used, found.left, found.beyond, found.percent) == (1050, 0, 50, 105)
    assert found.frees_at == datetime(2026, 12, 1, 6, tzinfo=UTC)


def test_what_a_stopping_plan_has_used_are_texts_alone_and_those_that_are_taken() -> None:
    usage = Usage(units_sent=100, units_received=500)

    over, current = included_units("2026-11", SMALL, usage), included_units("2026-11", SMALL, usage, reserved=120)

    assert (over.used, over.left, over.percent) == (100, 200, 33)
    assert (current.used, current.left, current.percent) == (120, 180, 40)


def test_where_nothing_is_included_there_is_no_percentage() -> None:
    pay_as_you_go = Plan("pay", "Pay", 0, 0, 60_000, PastLimit.CHARGE)

    found = included_units("2026-11", pay_as_you_go, Usage(units_sent=3))

    assert (found.used, found.left, found.beyond, found.percent) == (3, 0, 3, None)
