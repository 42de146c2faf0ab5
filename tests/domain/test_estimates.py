"""What a studio sees beside its usage: the forecast of a month, the month on other plans, and the units included."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from longcode.billing.estimates import Comparison, compare_plans, forecast, included_units
from longcode.plans.plans import PastLimit, Plan
from longcode.usage.usage import Usage

JOINED = datetime(2026, 1, 5, 15, tzinfo=UTC)
SMALL = Plan("small", "Small", 12_000_000, 300, 50_000, PastLimit.STOP)
MEDIUM = Plan("medium", "Medium", 35_000_000, 1000, 40_000, PastLimit.CHARGE)
LARGE = Plan("large", "Large", 90_000_000, 3000, 35_000, PastLimit.CHARGE)


def plan(past_limit: PastLimit = PastLimit.CHARGE, included: int = 1000) -> Plan:
    return Plan("one", "One", 35_000_000, included, 40_000, past_limit)


def each_day(first: str, count: int, sent: int, received: int = 0) -> dict[str, Usage]:
    begins = date.fromisoformat(first)
    days = [(begins + timedelta(days=day)).isoformat() for day in range(count)]
    return {day: Usage(units_sent=sent, units_received=received) for day in days}


@pytest.mark.parametrize(
    ("now", "days"),
    [
        (datetime(2026, 3, 20, 17, tzinfo=UTC), 31),  # the clocks go forward on the 8th
        (datetime(2026, 3, 8, 9, tzinfo=UTC), 31),  # on that day itself
        (datetime(2026, 11, 20, 17, tzinfo=UTC), 30),  # they go back on the 1st
        (datetime(2026, 11, 1, 7, 30, tzinfo=UTC), 30),  # the second half past one
        (datetime(2026, 2, 14, 17, tzinfo=UTC), 28),
        (datetime(2026, 12, 31, 17, tzinfo=UTC), 31),
    ],
)
def test_a_forecast_is_the_number_of_days_times_their_mean(now: datetime, days: int) -> None:
    used = {day: one for day, one in each_day("2026-01-06", 360, 10, 4).items() if day < now.date().isoformat()}

    found = forecast(plan(), used, JOINED, now)

    assert found
    assert (found.units_sent, found.units_received, found.days_looked_at) == (10 * days, 4 * days, 7)
    assert (found.would_stop, found.total_micros) == (False, 35_000_000)


def test_a_forecast_uses_the_last_seven_days_also_of_the_month_before() -> None:
    used = each_day("2026-10-26", 1, 700) | each_day("2026-10-27", 5, 7) | each_day("2026-11-01", 1, 14)

    found = forecast(plan(), used, JOINED, datetime(2026, 11, 3, 15, tzinfo=UTC))

    assert found
    assert found.units_sent == 14 + 28 * 7  # 49 units in the seven days from 27 October on


def test_today_counts_as_a_mean_day_or_as_its_own_units_if_more() -> None:
    noon = datetime(2026, 11, 29, 18, tzinfo=UTC)
    week = each_day("2026-11-22", 7, 10)

    quiet, busy = (forecast(plan(), week | each_day("2026-11-29", 1, sent), JOINED, noon) for sent in (3, 30))

    assert quiet
    assert busy
    assert (quiet.units_sent, busy.units_sent) == (70 + 10 + 10, 70 + 30 + 10)


def test_a_forecast_rounds_units_up() -> None:
    found = forecast(plan(), each_day("2026-11-25", 1, 1), JOINED, datetime(2026, 11, 29, 18, tzinfo=UTC))

    assert found
    assert found.units_sent == 1 + 1  # two days at a seventh


def test_a_studio_has_no_forecast_before_its_first_full_day_is_over() -> None:
    joined = datetime(2026, 11, 20, 5, 59, tzinfo=UTC)  # 23:59 on the 19th

    found = [forecast(plan(), {}, joined, datetime(2026, 11, day, 15, tzinfo=UTC)) for day in (19, 20, 21)]

    assert [one and one.days_looked_at for one in found] == [None, None, 1]


def test_a_forecasts_amount_has_the_units_beyond_the_plan() -> None:
    found = forecast(
        plan(included=200), each_day("2026-11-01", 20, 8), JOINED, datetime(2026, 11, 21, 15, tzinfo=UTC)
    )

    assert found
    assert found.total_micros == 35_000_000 + 40 * 40_000


def test_a_forecast_on_a_plan_that_stops_charges_up_to_its_limit() -> None:
    stops = plan(PastLimit.STOP, included=200)

    found = forecast(stops, each_day("2026-11-01", 20, 8, 20), JOINED, datetime(2026, 11, 21, 15, tzinfo=UTC))

    assert found
    assert (found.units_sent, found.would_stop, found.total_micros) == (240, True, 35_000_000)


def test_units_beyond_a_smaller_plan_after_a_downgrade_are_charged() -> None:
    stops = plan(PastLimit.STOP, included=100)

    found = forecast(stops, each_day("2026-11-01", 20, 8), JOINED, datetime(2026, 11, 21, 15, tzinfo=UTC))

    assert found
    assert (found.would_stop, found.total_micros) == (True, 35_000_000 + 60 * 40_000)


@given(
    sent=st.lists(st.integers(0, 500), min_size=61, max_size=61),
    now=st.datetimes(datetime(2026, 11, 1, 6), datetime(2026, 12, 1, 5)),  # noqa: DTZ001  # hypothesis adds the zone
)
def test_a_forecast_is_never_below_what_is_used_already(sent: list[int], now: datetime) -> None:
    at = now.replace(tzinfo=UTC)
    begins = date(2026, 10, 1)
    used = {(begins + timedelta(days=day)).isoformat(): Usage(units_sent=units) for day, units in enumerate(sent)}
    so_far = {day: one for day, one in used.items() if day <= (at - timedelta(hours=6)).date().isoformat()}

    found = forecast(plan(), so_far, JOINED, at)

    assert found
    assert found.units_sent >= sum(one.units_sent for day, one in so_far.items() if day >= "2026-11-01")


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
def test_each_plan_has_its_amount_and_a_plan_that_would_have_stopped_has_none(
    sent: int, received: int, amounts: list[int | None], cheapest: str, saved: int
) -> None:
    found = compare(MEDIUM, sent, received)

    assert [one.total_micros for one in found.plans] == amounts
    assert [one.would_have_stopped for one in found.plans] == [amount is None for amount in amounts]
    assert (found.cheapest, found.saved_micros) == (cheapest, saved)


def test_the_own_plan_has_an_amount_after_a_downgrade() -> None:
    found = compare(SMALL, 500)

    own = found.plans[0]
    assert (own.is_own, own.would_have_stopped, own.total_micros) == (True, False, 22_000_000)
    assert (found.cheapest, found.saved_micros) == ("small", 0)


def test_a_plan_off_offer_is_compared_only_with_itself() -> None:
    gone = replace(SMALL, name="gone", on_offer=False)

    assert [one.plan for one in compare(MEDIUM, 1, offered=(gone, MEDIUM)).plans] == ["medium"]
    assert [one.plan for one in compare(gone, 1, offered=(gone, MEDIUM)).plans] == ["gone", "medium"]


def test_an_own_plan_loaded_after_the_list_was_read_is_compared_too() -> None:
    compared = compare(MEDIUM, 900, offered=[SMALL, LARGE])

    assert [(one.plan, one.is_own) for one in compared.plans] == [
        ("small", False),
        ("large", False),
        ("medium", True),
    ]
    assert compared.cheapest == "medium"


def test_of_two_equal_plans_the_first_offered_is_cheapest() -> None:
    twin = Plan("twin", "Twin", 12_000_000, 300, 50_000, PastLimit.STOP)

    assert compare(LARGE, 100, offered=(twin, SMALL, LARGE)).cheapest == "twin"


def test_texts_and_replies_use_units_of_a_plan_that_charges() -> None:
    found = included_units("2026-11", MEDIUM, Usage(units_sent=900, units_received=150))

    assert (found.used, found.left, found.beyond, found.percent) == (1050, 0, 50, 105)
    assert found.frees_at == datetime(2026, 12, 1, 6, tzinfo=UTC)


def test_only_texts_and_reservations_use_units_of_a_plan_that_stops() -> None:
    usage = Usage(units_sent=100, units_received=500)

    over, current = included_units("2026-11", SMALL, usage), included_units("2026-11", SMALL, usage, reserved=120)

    assert (over.used, over.left, over.percent) == (100, 200, 33)
    assert (current.used, current.left, current.percent) == (120, 180, 40)


def test_a_plan_without_included_units_has_no_percentage() -> None:
    pay_as_you_go = Plan("pay", "Pay", 0, 0, 60_000, PastLimit.CHARGE)

    found = included_units("2026-11", pay_as_you_go, Usage(units_sent=3))

    assert (found.used, found.left, found.beyond, found.percent) == (3, 0, 3, None)
