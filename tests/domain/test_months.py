"""Months of Chicago: their edges, their clock changes, and the cut-off for a change of plan."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode import months


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


MONTHS = st.builds("{:04}-{:02}".format, st.integers(1990, 2200), st.integers(1, 12))
INSTANTS = st.builds(lambda seconds: utc("1990-01-01") + timedelta(seconds=seconds), st.floats(0, 6e9))
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-11-22 12:00:00", "2026-11-22"),
        ("2026-11-01 04:59:59.999999", "2026-10-31"),
        ("2026-11-01 05:00:00", "2026-11-01"),
        ("2026-11-02 05:59:59", "2026-11-01"),  # the day of 25 hours
        ("2026-11-02 06:00:00", "2026-11-02"),
        ("2026-03-08 06:00:00", "2026-03-08"),
        ("2026-03-09 04:59:59", "2026-03-08"),  # the day of 23
        ("2026-03-09 05:00:00", "2026-03-09"),
        ("2028-02-29 12:00:00", "2028-02-29"),
        ("2027-01-01 05:59:59", "2026-12-31"),
        ("2027-01-01 06:00:00", "2027-01-01"),
    ],
)
def test_an_instant_is_in_the_day_and_month_that_chicago_has(at: str, day: str) -> None:
    assert months.day_of(utc(at)) == day
    assert months.month_of(utc(at)) == day[:7]


def test_an_instant_is_the_same_in_whatever_zone_it_is_told() -> None:
    assert months.month_of(datetime.fromisoformat("2026-11-01T05:59:59+01:00")) == "2026-10"
    assert months.month_of(datetime.fromisoformat("2026-11-01T15:00:00+10:00")) == "2026-11"


def test_both_half_past_ones_of_the_long_night_are_in_november() -> None:
    first = datetime(2026, 11, 1, 1, 30, tzinfo=months.CHICAGO)

    assert months.utc(first.replace(fold=1)) - months.utc(first) == timedelta(hours=1)
    assert months.month_of(first) == months.month_of(first.replace(fold=1)) == "2026-11"


@pytest.mark.parametrize("tell", [months.utc, months.day_of, months.month_of])
def test_a_time_without_a_zone_is_refused(tell: Callable[[datetime], object]) -> None:
    with pytest.raises(ValueError, match=r"2026-11-01T00:00:00 has no time zone"):
        tell(datetime(2026, 11, 1))  # noqa: DTZ001 the refused one


@pytest.mark.parametrize(
    ("month", "previous", "following", "last_day"),
    [
        ("2026-01", "2025-12", "2026-02", "2026-01-31"),
        ("2026-02", "2026-01", "2026-03", "2026-02-28"),
        ("2028-02", "2028-01", "2028-03", "2028-02-29"),
        ("2026-11", "2026-10", "2026-12", "2026-11-30"),
        ("2026-12", "2026-11", "2027-01", "2026-12-31"),
    ],
)
def test_months_follow_each_other(month: str, previous: str, following: str, last_day: str) -> None:
    assert months.previous(month) == previous
    assert months.following(month) == following
    assert months.days(month)[0] == f"{month}-01"
    assert months.days(month)[-1] == last_day


@pytest.mark.parametrize(
    "month",
    [
        "",
        "2026-13",
        "2026-00",
        "26-1",
        "2026-1",
        "2026-011",
        "2026-11 ",
        "2026-11\n",
        "0000-12",
        "２０２６-11",
    ],
)
def test_what_is_not_a_month_is_refused(month: str) -> None:
    with pytest.raises(ValueError, match="is not a month; write it as 2026-11"):
        months.check(month)


@given(INSTANTS)
def test_every_instant_is_in_its_month_alone(at: datetime) -> None:
    month = months.month_of(at)

    around = [months.previous(month), month, months.following(month)]
    holding = [one for one in around if months.bounds(one)[0] <= at < months.bounds(one)[1]]
    assert holding == [month]


@given(MONTHS)
def test_months_leave_no_gap_and_do_not_overlap(month: str) -> None:
    start, end = months.bounds(month)

    assert months.bounds(months.following(month))[0] == end
    assert months.month_of(start) == months.month_of(end - TICK) == month
    assert months.month_of(start - TICK) == months.previous(month)
    assert months.month_of(end) == months.following(month)
    assert months.previous(months.following(month)) == month


@given(INSTANTS)
def test_every_day_of_a_month_is_listed_once(at: datetime) -> None:
    listed = months.days(months.month_of(at))

    assert months.day_of(at) in listed
    assert list(listed) == sorted(set(listed))


@given(MONTHS)
def test_the_cut_off_is_seven_hours_before_the_end_of_the_month(month: str) -> None:
    assert months.plan_cutoff(month) == months.bounds(month)[1] - timedelta(hours=7)
