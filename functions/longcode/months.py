"""Months of America/Chicago: when one begins and ends, and until when a change of plan counts for it."""

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CHICAGO = ZoneInfo("America/Chicago")  # "Central Time" of facts S16

_SECOND = timedelta(seconds=1)


def utc(at: datetime) -> datetime:
    """Tell the instant in UTC, where subtracting and sorting are not misled by the clocks going back."""
    if at.utcoffset() is None:
        raise ValueError(f"{at.isoformat()} has no time zone, so it may be in either of two months.")
    return at.astimezone(UTC)


def day_of(at: datetime) -> str:
    """Tell the day in Chicago, as `2026-11-22`."""
    return utc(at).astimezone(CHICAGO).date().isoformat()


def month_of(at: datetime) -> str:
    """Tell the month in Chicago, as `2026-11`."""
    return day_of(at)[:7]


def check(month: str) -> None:
    """Refuse with a ValueError what is not a month such as `2026-11`."""
    _year_and_month(month)


def previous(month: str) -> str:
    """Tell the month before."""
    year, number = _year_and_month(month)
    return f"{year - (number == 1):04}-{(number - 2) % 12 + 1:02}"


def following(month: str) -> str:
    """Tell the month after."""
    year, number = _year_and_month(month)
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def named(month: str) -> str:
    """Name a month to a person: `November 2026`."""
    year, number = _year_and_month(month)
    return f"{calendar.month_name[number]} {year}"


def spoken(at: datetime) -> str:
    """Tell an instant to a person, on Chicago's clocks: `17:00 Central Time on 30 November 2026`."""
    there = utc(at).astimezone(CHICAGO)
    return f"{there:%H:%M} Central Time on {there.day} {named(month_of(at))}"


def days(month: str) -> tuple[str, ...]:
    """List the days of a month, each as `day_of` spells it."""
    return tuple(f"{month}-{day:02}" for day in range(1, _last_day(month) + 1))


def bounds(month: str) -> tuple[datetime, datetime]:
    """Tell the first instant of a month and the first of the next one, in UTC: it is half-open."""
    return _start(month), _start(following(month))


def day_ends(day: str) -> datetime:
    """Tell, in UTC, the first instant after a day as `day_of` spells it."""
    following = date.fromisoformat(day) + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=CHICAGO).astimezone(UTC)


def is_over(month: str, now: datetime) -> bool:
    """Tell whether a month has ended: only then can it be billed."""
    return utc(now) >= bounds(month)[1]


def plan_cutoff(month: str) -> datetime:
    """Tell, in UTC, the last instant whose change of plan counts: 17:00 on the last day (facts S16)."""
    year, number = _year_and_month(month)
    return datetime(year, number, _last_day(month), 17, tzinfo=CHICAGO).astimezone(UTC)


def _start(month: str) -> datetime:
    # Chicago's clocks change at 02:00, so neither midnight nor 17:00 is ever skipped or repeated.
    year, number = _year_and_month(month)
    return datetime(year, number, 1, tzinfo=CHICAGO).astimezone(UTC)


def _last_day(month: str) -> int:
    return calendar.monthrange(*_year_and_month(month))[1]


def _year_and_month(month: str) -> tuple[int, int]:
    if not re.fullmatch(r"[1-9][0-9]{3}-(0[1-9]|1[0-2])", month):
        raise ValueError(f"{month!r} is not a month; write it as 2026-11.")
    return int(month[:4]), int(month[5:])


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Tell, in UTC, when a clock of the zone shows that time on that day.

    One that the clocks skip is the first instant after the gap, one that they show twice is the first of the two.
    """
    first = datetime.combine(day, at, zone)  # fold 0: the first of the two
    instant = first.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == first.replace(tzinfo=None):
        return instant
    return _first_after_gap(first.replace(fold=1).astimezone(UTC), instant, zone)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """Tell the local day of an instant."""
    return at.astimezone(zone).date()


def _first_after_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Find the second at which the clocks change, between an instant before and one after it."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + ((after - before) // (2 * _SECOND)) * _SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after
