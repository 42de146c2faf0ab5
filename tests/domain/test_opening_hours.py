"""Opening hours: whether a studio is open and when it opens next, by its own clocks, also when these change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longcode.months import time_zone
from longcode.quiet_hours.opening_hours import (
    WEEKDAYS,
    OpeningHours,
    OpenSpan,
    SpecialDay,
    away_text,
    check_away_text,
    check_spans,
    is_closed,
    opening_in_words,
    opens_at,
)

CHICAGO = time_zone("America/Chicago")
DAY = (OpenSpan(opens="09:00", closes="12:00"), OpenSpan(opens="13:00", closes="17:00"))
OFFICE = OpeningHours(monday=DAY, tuesday=DAY, wednesday=DAY, thursday=DAY, friday=DAY)
ALWAYS = OpeningHours(**dict.fromkeys(WEEKDAYS, (OpenSpan(opens="00:00", closes="24:00"),)))  # type: ignore[arg-type]

clocks = st.builds(time, st.integers(0, 23), st.sampled_from((0, 15, 30, 45)))


@st.composite
def days(draw: st.DrawFn) -> tuple[OpenSpan, ...]:
    ends = sorted(draw(st.sets(clocks, max_size=6)))
    shown = [f"{end:%H:%M}" for end in ends] + (["24:00"] if len(ends) % 2 else [])
    return tuple(OpenSpan(opens=a, closes=b) for a, b in zip(shown[::2], shown[1::2], strict=True))


weeks = st.builds(OpeningHours, **dict.fromkeys(WEEKDAYS, days()))
zones = st.sampled_from(("UTC", "America/Chicago", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu")).map(
    time_zone
)
instants = st.datetimes(
    datetime.fromisoformat("2011-01-01"), datetime.fromisoformat("2030-01-01"), timezones=st.just(UTC)
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


def opens(hours: OpeningHours, text: str) -> str:
    found = opens_at(hours, CHICAGO, at(text))
    return f"{found.astimezone(CHICAGO):%Y-%m-%d %H:%M}" if found else "never"


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-20 09:00", "2026-11-20 09:00"),  # Friday, open
        ("2026-11-20 11:59", "2026-11-20 11:59"),
        ("2026-11-20 12:00", "2026-11-20 13:00"),  # the first minute of the break
        ("2026-11-20 17:00", "2026-11-23 09:00"),  # over the weekend
        ("2026-11-23 03:00", "2026-11-23 09:00"),
    ],
)
def test_a_closed_studio_opens_with_the_next_hours(now: str, then: str) -> None:
    assert opens(OFFICE, now) == then


def test_a_date_has_its_own_hours_in_place_of_its_weekdays() -> None:
    dates = (
        SpecialDay(date="2026-12-24", hours=(OpenSpan(opens="09:00", closes="12:00"),)),
        SpecialDay(date="2026-12-25"),
        SpecialDay(date="2026-12-26", hours=(OpenSpan(opens="10:00", closes="11:00"),)),  # a Saturday
    )
    hours = OpeningHours(monday=DAY, thursday=DAY, friday=DAY, dates=dates)

    assert opens(hours, "2026-12-24 13:30") == "2026-12-26 10:00"
    assert opens(hours, "2026-12-26 11:00") == "2026-12-28 09:00"


def test_a_studio_without_hours_never_opens() -> None:
    assert opens(OpeningHours(), "2026-11-20 09:00") == "never"
    assert is_closed(OpeningHours(), CHICAGO, at("2026-11-20 09:00"))


def test_hours_until_midnight_join_those_of_the_next_day() -> None:
    assert not is_closed(ALWAYS, CHICAGO, at("2026-11-20 23:59"))
    assert not is_closed(ALWAYS, CHICAGO, at("2026-11-21 00:00"))


def test_hours_follow_the_clocks_when_they_change() -> None:
    night = OpeningHours(sunday=(OpenSpan(opens="02:30", closes="04:00"),))

    skipped = opens_at(night, CHICAGO, datetime(2026, 3, 8, 7, 0, tzinfo=UTC))  # 2:00 to 3:00 is skipped
    twice = opens_at(
        OpeningHours(sunday=(OpenSpan(opens="01:30", closes="03:00"),)),
        CHICAGO,
        datetime(2026, 11, 1, 5, 0, tzinfo=UTC),
    )

    assert skipped == datetime(2026, 3, 8, 8, 0, tzinfo=UTC)  # 3:00, the end of the gap
    assert twice == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)  # the first 1:30
    # Nine o'clock is an hour earlier in UTC from the day on that the clocks go forward.
    office = OpeningHours(friday=DAY, monday=DAY)
    assert opens_at(office, CHICAGO, at("2026-03-06 18:00")) == datetime(2026, 3, 9, 14, 0, tzinfo=UTC)
    assert opens_at(office, CHICAGO, at("2026-02-27 18:00")) == datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def test_hours_within_a_skipped_hour_or_day_do_not_open() -> None:
    within = OpeningHours(sunday=(OpenSpan(opens="02:15", closes="02:45"),))
    apia, friday = time_zone("Pacific/Apia"), OpeningHours(friday=(OpenSpan(opens="09:00", closes="17:00"),))

    assert opens_at(within, CHICAGO, datetime(2026, 3, 8, 6, 0, tzinfo=UTC)) == datetime(
        2026, 3, 15, 7, 15, tzinfo=UTC
    )
    # Samoa had no 30 December 2011, a Friday.
    assert opens_at(friday, apia, datetime(2011, 12, 30, 4, 0, tzinfo=UTC)) == datetime(2012, 1, 5, 19, 0, tzinfo=UTC)


@settings(max_examples=20, deadline=None)
@given(weeks, zones, instants)
def test_a_studio_is_open_when_it_says_it_opens_and_not_before(
    hours: OpeningHours, zone: ZoneInfo, now: datetime
) -> None:
    assert hasattr(zone, "key")
    found = opens_at(hours, zone, now)
    if found is None:
        assert hours == OpeningHours()
        return

    assert found >= now
    assert not is_closed(hours, zone, found)
    for part in range(4):
        before = now + (found - now) * part / 4
        assert found == now or opens_at(hours, zone, before) == found


@settings(max_examples=20, deadline=None)
@given(weeks, instants)
def test_a_studio_is_open_exactly_within_its_hours(hours: OpeningHours, now: datetime) -> None:
    for minutes in range(0, 24 * 60, 45):
        then = now + timedelta(minutes=minutes)
        spans = getattr(hours, WEEKDAYS[then.weekday()])
        is_open = any(span.opens <= f"{then:%H:%M}" < span.closes for span in spans)
        assert is_closed(hours, time_zone("UTC"), then) is not is_open


@pytest.mark.parametrize(
    ("opens", "said"),
    [
        ("2026-11-20 13:00", "today at 1:00 pm"),
        ("2026-11-21 00:15", "tomorrow at 12:15 am"),
        ("2026-11-23 09:00", "on Monday at 9:00 am"),
        ("2026-11-26 12:00", "on Thursday at 12:00 pm"),
        ("2026-11-27 09:30", "on Friday 27 November at 9:30 am"),
    ],
)
def test_an_opening_is_said_as_people_say_it(opens: str, said: str) -> None:
    assert opening_in_words(at(opens), at("2026-11-20 12:30"), CHICAGO, halves=True) == said


def test_an_away_text_says_when_the_studio_opens_with_or_without_the_field() -> None:
    now, monday = at("2026-11-20 18:00"), at("2026-11-23 09:00")

    assert away_text("Open again {{ studio.opens }}!", monday, now, CHICAGO, halves=False) == (
        "Open again on Monday at 9:00!"
    )
    assert away_text("We are closed.", monday, now, CHICAGO, halves=False) == (
        "We are closed. We open again on Monday at 9:00."
    )
    assert away_text("Open {{studio.opens|soon}}.", None, now, CHICAGO, halves=False) == "Open later."
    assert away_text("We are closed.", None, now, CHICAGO, halves=False) == "We are closed."


def test_hours_and_texts_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="from 12:00 to 09:00 end before they begin"):
        check_spans([OpenSpan(opens="12:00", closes="09:00")])
    with pytest.raises(ValueError, match="from 11:00 begin before those until 12:00 end"):
        check_spans([OpenSpan(opens="09:00", closes="12:00"), OpenSpan(opens="11:00", closes="13:00")])
    with pytest.raises(ValueError, match=r"cannot have the merge field session\.date"):
        check_away_text("{{session.date}} {{studio.opens}}")
