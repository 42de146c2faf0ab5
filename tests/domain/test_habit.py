"""Each threshold of an account's habit stops an unusual day, and no ordinary busy one."""

from datetime import date, timedelta
from random import Random

import pytest

from longcode.usage.habit import DAYS, Activity, StopCause, first_day, may_be_unusual, stops
from tests.support.ordinary_days import day_of, ordinary_year

TODAY = "2026-12-21"
MEDIUM, LARGE, VOLUME = 1_000, 3_000, 10_000


def days_of(*units: int, abroad: float = 0, refused: float = 0) -> dict[str, Activity]:
    """Return days up to today with these units sent, one for each text, and these shares abroad and refused."""
    first = date.fromisoformat(TODAY) - timedelta(days=len(units) - 1)
    return {str(first + timedelta(days=index)): day_of(each, abroad, refused) for index, each in enumerate(units)}


def causes(days: dict[str, Activity], plan: int = MEDIUM) -> list[StopCause]:
    return [stop.cause for stop in stops(TODAY, days, plan)]


@pytest.mark.parametrize(
    ("today", "plan", "stopped"),
    [
        (2_000, MEDIUM, False),
        (2_001, MEDIUM, True),
        (6_000, LARGE, False),
        (6_001, LARGE, True),
        (1_000, 300, False),
        (1_001, 300, True),
    ],
)
def test_a_day_beyond_twice_the_months_plan_stops_an_account_without_such_days(
    today: int, plan: int, stopped: bool
) -> None:
    assert causes(days_of(*[40] * DAYS, today), plan) == ([StopCause.PACE] if stopped else [])


def test_a_day_three_times_the_busiest_one_is_the_bound_for_a_busy_account() -> None:
    usual = [*[40] * 20, 1_500, *[40] * 14]

    assert causes(days_of(*usual, 4_500)) == []
    assert causes(days_of(*usual, 4_501)) == [StopCause.PACE]


def test_many_texts_abroad_stop_an_account_that_sent_few_there() -> None:
    usual = days_of(*[40] * DAYS, 0, abroad=0.05)

    assert causes(usual | {TODAY: day_of(390, abroad=0.26)}) == [StopCause.ABROAD]
    assert causes(usual | {TODAY: day_of(400, abroad=0.25)}) == []
    assert causes(usual | {TODAY: day_of(99, abroad=1)}) == []


def test_an_account_that_always_texts_abroad_goes_on() -> None:
    assert causes(days_of(*[40] * DAYS, 600, abroad=0.5)) == []


def test_many_refused_texts_stop_an_account_that_had_few() -> None:
    usual = days_of(*[40] * DAYS, 0, refused=0.03)

    assert causes(usual | {TODAY: day_of(200, refused=0.26)}) == [StopCause.REFUSED]
    assert causes(usual | {TODAY: day_of(200, refused=0.25)}) == []
    assert causes(usual | {TODAY: day_of(98, refused=0.5)}) == []


def test_many_texts_that_are_not_delivered_stop_an_account_that_had_few() -> None:
    usual = days_of(*[40] * DAYS, 0)

    def undelivered(texts: int, of: int) -> Activity:
        delivered = of - texts
        return Activity(units_sent=delivered, texts_sent=delivered, units_undelivered=texts, texts_undelivered=texts)

    assert causes(usual | {TODAY: undelivered(201, of=401)}) == [StopCause.UNDELIVERED]
    assert causes(usual | {TODAY: undelivered(201, of=402)}) == []
    assert causes(usual | {TODAY: undelivered(199, of=199)}) == []


def test_texts_that_are_not_delivered_count_for_the_pace_of_a_day_and_of_those_before() -> None:
    undelivered = Activity(units_undelivered=2_001, texts_undelivered=2_001)
    half = {day: Activity(units_sent=300, units_undelivered=400) for day in days_of(*[0] * 30)}

    assert causes(days_of(*[40] * DAYS, 0) | {TODAY: undelivered}) == [StopCause.PACE, StopCause.UNDELIVERED]
    assert causes(half | {TODAY: day_of(2_100)}) == []


def test_a_stop_says_what_was_unusual() -> None:
    usual = days_of(*[40] * DAYS, 0)

    (pace,) = stops(TODAY, usual | {TODAY: day_of(2_500)}, MEDIUM)
    (abroad,) = stops(TODAY, usual | {TODAY: day_of(400, abroad=0.5)}, MEDIUM)
    (refused,) = stops(TODAY, usual | {TODAY: day_of(400, refused=0.5)}, MEDIUM)

    assert pace.reason == "It sent 2,500 units in a day, and 40 on the busiest of the 35 days before."
    assert abroad.reason == (
        "200 of its 400 texts of a day went to other countries, 50%; in the 35 days before it was 0%."
    )
    assert refused.reason == (
        "The phone companies refused 200 of its texts of a day, 50%; in the 35 days before it was 0%."
    )


def test_the_monthly_broadcast_of_a_studio_that_does_one_each_month_is_ordinary() -> None:
    last_month_to_all_clients = [2_600, *[30] * 30]

    assert causes(days_of(*last_month_to_all_clients, 3_400, abroad=0.05, refused=0.06)) == []


def test_christmas_week_is_ordinary() -> None:
    november_and_december = [*[120] * 28, *[350, 420, 500, 640, 700, 820, 900]]

    assert causes(days_of(*november_and_december, 1_100, abroad=0.08, refused=0.04)) == []


def test_the_first_month_of_a_new_studio_is_ordinary() -> None:
    for day, first_broadcast in ((days_of(1_800, refused=0.15, abroad=0.04), MEDIUM), (days_of(9_000), VOLUME)):
        assert causes(day, first_broadcast) == []


def test_days_before_the_habit_do_not_count() -> None:
    long_ago = {first_day("2026-11-15"): day_of(9_000)}

    assert causes(long_ago | days_of(*[40] * DAYS, 2_500)) == [StopCause.PACE]


def test_no_account_is_stopped_before_its_habit_would_be_read() -> None:
    random = Random(1)
    for _ in range(2_000):
        today = day_of(random.randrange(4_000), random.random(), random.random())
        if causes({TODAY: today}, plan=100):
            assert may_be_unusual(today)


@pytest.mark.long
def test_a_hundred_random_years_of_ordinary_studios_have_no_stop() -> None:
    for seed in range(100):
        random = Random(seed)
        plan = random.choice((MEDIUM, LARGE, VOLUME))
        days = ordinary_year(random, plan)
        for day in days:
            if may_be_unusual(days[day]):
                assert stops(day, days, plan) == [], (seed, day)
