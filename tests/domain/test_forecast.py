"""The forecast for a month's end: what was used, and the mean of the last full days for those that are left."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode.billing.estimates import forecast
from longcode.plans.plans import PastLimit, Plan
from longcode.usage.usage import Usage

JOINED = datetime(2026, 1, 5, 15, tzinfo=UTC)


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
def test_a_month_that_goes_on_as_before_has_its_days_times_their_mean(now: datetime, days: int) -> None:
    used = {day: one for day, one in each_day("2026-01-06", 360, 10, 4).items() if day < now.date().isoformat()}

    found = forecast(plan(), used, JOINED, now)

    assert found
    assert (found.units_sent, found.units_received, found.days_looked_at) == (10 * days, 4 * days, 7)
    assert (found.would_stop, found.total_micros) == (False, 35_000_000)


def test_a_week_is_looked_at_and_no_more_also_across_the_month() -> None:
    used = each_day("2026-10-26", 1, 700) | each_day("2026-10-27", 5, 7) | each_day("2026-11-01", 1, 14)

    found = forecast(plan(), used, JOINED, datetime(2026, 11, 3, 15, tzinfo=UTC))

    assert found
    assert found.units_sent == 14 + 28 * 7  # 49 units in the seven days from 27 October on


def test_today_counts_as_a_mean_day_or_as_what_it_has_already() -> None:
    noon = datetime(2026, 11, 29, 18, tzinfo=UTC)
    week = each_day("2026-11-22", 7, 10)

    quiet, busy = (forecast(plan(), week | each_day("2026-11-29", 1, sent), JOINED, noon) for sent in (3, 30))

    assert quiet
    assert busy
    assert (quiet.units_sent, busy.units_sent) == (70 + 10 + 10, 70 + 30 + 10)


def test_a_part_of_a_unit_is_rounded_up() -> None:
    found = forecast(plan(), each_day("2026-11-25", 1, 1), JOINED, datetime(2026, 11, 29, 18, tzinfo=UTC))

    assert found
    assert found.units_sent == 1 + 1  # two days at a seventh


def test_a_studio_has_no_forecast_before_its_first_full_day_is_over() -> None:
    joined = datetime(2026, 11, 20, 5, 59, tzinfo=UTC)  # 23:59 on the 19th

    found = [forecast(plan(), {}, joined, datetime(2026, 11, day, 15, tzinfo=UTC)) for day in (19, 20, 21)]

    assert [one and one.days_looked_at for one in found] == [None, None, 1]


def test_what_is_beyond_the_plan_is_in_the_amount() -> None:
    found = forecast(
        plan(included=200), each_day("2026-11-01", 20, 8), JOINED, datetime(2026, 11, 21, 15, tzinfo=UTC)
    )

    assert found
    assert found.total_micros == 35_000_000 + 40 * 40_000


def test_a_plan_that_stops_charges_up_to_there_and_says_so() -> None:
    stops = plan(PastLimit.STOP, included=200)

    found = forecast(stops, each_day("2026-11-01", 20, 8, 20), JOINED, datetime(2026, 11, 21, 15, tzinfo=UTC))

    assert found
    assert (found.units_sent, found.would_stop, found.total_micros) == (240, True, 35_000_000)


def test_what_a_smaller_plan_has_taken_over_beyond_its_limit_is_charged() -> None:
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
