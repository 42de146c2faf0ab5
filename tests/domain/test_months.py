"""Months of Chicago, their clock changes and the cut-off for a change of plan; and the local times of a zone."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode import months


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


MONTHS = st.builds("{:04}-{:02}".format, st.integers(1990, 2200), st.integers(1, 12))
INSTANTS = st.builds(lambda seconds: utc("1990-01-01") + timedelta(seconds=seconds), st.floats(0, 6e9))
TICK = timedelta(microseconds=1)
ZONES = sorted(available_timezones())
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-11-22 12:00:00", "2026-11-22"),
        ("2026-11-01 04:59:59.999999", "2026-10-31"),
        ("2026-11-01 05:00:00", "2026-11-01"),
        ("2026-11-02 05:59:59", "2026-11-01"),  # a day of 25 hours
        ("2026-11-02 06:00:00", "2026-11-02"),
        ("2026-03-08 06:00:00", "2026-03-08"),
        ("2026-03-09 04:59:59", "2026-03-08"),  # a day of 23 hours
        ("2026-03-09 05:00:00", "2026-03-09"),
        ("2028-02-29 12:00:00", "2028-02-29"),
        ("2027-01-01 05:59:59", "2026-12-31"),
        ("2027-01-01 06:00:00", "2027-01-01"),
    ],
)
def test_the_day_and_month_of_an_instant_are_those_of_chicago(at: str, day: str) -> None:
    assert months.day_of(utc(at)) == day
    assert months.month_of(utc(at)) == day[:7]


def test_the_month_does_not_depend_on_the_zone_of_the_instant() -> None:
    assert months.month_of(datetime.fromisoformat("2026-11-01T05:59:59+01:00")) == "2026-10"
    assert months.month_of(datetime.fromisoformat("2026-11-01T15:00:00+10:00")) == "2026-11"


def test_a_repeated_hour_is_two_instants_of_the_same_month() -> None:
    first = datetime(2026, 11, 1, 1, 30, tzinfo=months.CHICAGO)

    assert months.utc(first.replace(fold=1)) - months.utc(first) == timedelta(hours=1)
    assert months.month_of(first) == months.month_of(first.replace(fold=1)) == "2026-11"


@pytest.mark.parametrize("convert", [months.utc, months.day_of, months.month_of])
def test_a_time_without_a_zone_is_refused(convert: Callable[[datetime], object]) -> None:
    with pytest.raises(ValueError, match=r"2026-11-01T00:00:00 has no time zone"):
        convert(datetime(2026, 11, 1))  # noqa: DTZ001 the refused one


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
def test_a_text_that_is_not_a_month_is_refused(month: str) -> None:
    with pytest.raises(ValueError, match="is not a month; write it as 2026-11"):
        months.validate(month)


@given(INSTANTS)
def test_an_instant_is_within_the_bounds_of_one_month_only(at: datetime) -> None:
    month = months.month_of(at)

    around = [months.previous(month), month, months.following(month)]
    containing = [name for name in around if months.bounds(name)[0] <= at < months.bounds(name)[1]]
    assert containing == [month]


@given(MONTHS)
def test_months_leave_no_gap_and_do_not_overlap(month: str) -> None:
    start, end = months.bounds(month)

    assert months.bounds(months.following(month))[0] == end
    assert months.month_of(start) == months.month_of(end - TICK) == month
    assert months.month_of(start - TICK) == months.previous(month)
    assert months.month_of(end) == months.following(month)
    assert months.previous(months.following(month)) == month


@given(INSTANTS)
def test_the_days_of_a_month_are_listed_once_each_in_order(at: datetime) -> None:
    listed = months.days(months.month_of(at))

    assert months.day_of(at) in listed
    assert list(listed) == sorted(set(listed))


@given(MONTHS)
def test_the_cut_off_is_seven_hours_before_the_end_of_a_month(month: str) -> None:
    assert months.plan_cutoff(month) == months.bounds(month)[1] - timedelta(hours=7)


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        ("America/Chicago", date(2026, 11, 22), time(9), datetime(2026, 11, 22, 15, tzinfo=UTC)),
        ("America/Chicago", date(2026, 7, 22), time(9), datetime(2026, 7, 22, 14, tzinfo=UTC)),
        # Skipped: the first instant after, 03:00.
        ("America/Chicago", date(2026, 3, 8), time(2, 30), datetime(2026, 3, 8, 8, tzinfo=UTC)),
        ("America/Chicago", date(2026, 3, 8), time(2), datetime(2026, 3, 8, 8, tzinfo=UTC)),
        ("America/Chicago", date(2026, 3, 8), time(3), datetime(2026, 3, 8, 8, tzinfo=UTC)),
        ("America/Chicago", date(2026, 3, 8), time(1, 59), datetime(2026, 3, 8, 7, 59, tzinfo=UTC)),
        # Repeated: the first of the two, still in summer time.
        ("America/Chicago", date(2026, 11, 1), time(1, 30), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
        ("America/Chicago", date(2026, 11, 1), time(2), datetime(2026, 11, 1, 8, tzinfo=UTC)),
        # A change of half an hour.
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2026, 4, 5), time(1, 45), datetime(2026, 4, 4, 14, 45, tzinfo=UTC)),
        # A day that Samoa never had.
        ("Pacific/Apia", date(2011, 12, 30), time(9), datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ],
)
def test_a_local_time_is_one_instant_even_when_clocks_change(
    zone: str, day: date, at: time, expected: datetime
) -> None:
    assert months.instant_of(day, at, ZoneInfo(zone)) == expected


@given(st.sampled_from(ZONES), st.dates(date(2000, 1, 1), date(2037, 12, 31)), st.times())
def test_the_instant_of_a_local_time_is_the_first_that_shows_it_or_a_later_time(
    name: str, day: date, at: time
) -> None:
    zone, wanted = ZoneInfo(name), datetime.combine(day, at)

    found = months.instant_of(day, at, zone)

    shown = found.astimezone(zone).replace(tzinfo=None)
    before = (found - SECOND).astimezone(zone).replace(tzinfo=None)
    assert shown >= wanted > before


@given(st.sampled_from(ZONES), st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 31)))  # noqa: DTZ001
def test_the_local_day_and_time_of_an_instant_lead_back_to_it(name: str, at: datetime) -> None:
    zone, instant = ZoneInfo(name), at.replace(tzinfo=UTC)

    found = months.instant_of(months.local_day(instant, zone), instant.astimezone(zone).time(), zone)

    assert instant - timedelta(days=1) <= found <= instant
