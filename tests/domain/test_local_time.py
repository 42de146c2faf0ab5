from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode import months

ZONES = sorted(available_timezones())
SECOND = timedelta(seconds=1)


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
        # Half an hour, in the other half of the world.
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2026, 4, 5), time(1, 45), datetime(2026, 4, 4, 14, 45, tzinfo=UTC)),
        # A day that Samoa never had.
        ("Pacific/Apia", date(2011, 12, 30), time(9), datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ],
)
def test_a_local_time_is_one_instant_even_when_the_clocks_change(
    zone: str, day: date, at: time, expected: datetime
) -> None:
    assert months.instant_of(day, at, ZoneInfo(zone)) == expected


@given(st.sampled_from(ZONES), st.dates(date(2000, 1, 1), date(2037, 12, 31)), st.times())
def test_an_instant_shows_the_time_or_is_the_first_of_those_that_show_a_later_one(
    name: str, day: date, at: time
) -> None:
    zone, wanted = ZoneInfo(name), datetime.combine(day, at)

    found = months.instant_of(day, at, zone)

    shown = found.astimezone(zone).replace(tzinfo=None)
    before = (found - SECOND).astimezone(zone).replace(tzinfo=None)
    assert shown >= wanted > before


@given(st.sampled_from(ZONES), st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 31)))  # noqa: DTZ001
def test_every_instant_has_a_day_on_which_its_time_is_found(name: str, at: datetime) -> None:
    zone, instant = ZoneInfo(name), at.replace(tzinfo=UTC)

    found = months.instant_of(months.local_day(instant, zone), instant.astimezone(zone).time(), zone)

    assert instant - timedelta(days=1) <= found <= instant
