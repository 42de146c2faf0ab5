"""The spelling of instants; the billed months of America/Chicago; the local times of a studio's zone."""

import calendar
import re
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import tzdata

MONTH = re.compile(r"[1-9][0-9]{3}-(0[1-9]|1[0-2])")
"""The spelling of a month, such as 2026-11."""

WEEKDAYS, MONTHS = tuple(calendar.day_name), tuple(calendar.month_name)
"""The names of days, Monday first, and of months, January at 1. strftime takes ten times as long to name one."""

_SECOND = timedelta(seconds=1)
_TO_THE_MILLISECOND = len("2026-11-30T09:00:00.000")
# zoneinfo finds the package by itself, but takes five milliseconds to import what it reads packages with.
_ZONES = str(Path(tzdata.__file__).parent / "zoneinfo")


def time_zone(name: str) -> ZoneInfo:
    """Return a time zone of the pinned tzdata; raise `ValueError` if it has none with this name.

    zoneinfo reads the files of the machine first, which may be years old. Here it reads those of the package tzdata,
    so the clocks are the same on every machine. No other function makes a `ZoneInfo`.
    """
    if zoneinfo.TZPATH != (_ZONES,):
        zoneinfo.reset_tzpath(to=(_ZONES,))
        ZoneInfo.clear_cache()
    try:
        return ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise ValueError(f"there is no time zone {name!r}") from error


CHICAGO = time_zone("America/Chicago")  # "Central Time" of facts S16


def utc(at: datetime) -> datetime:
    """Return an instant in UTC, where differences and order are right even when clocks go back.

    Raise `ValueError` for an instant without a time zone.
    """
    if at.utcoffset() is None:
        raise ValueError(f"{at.isoformat()} has no time zone; write it with an offset, such as +00:00.")
    return at.astimezone(UTC)


def instant(at: datetime) -> str:
    """Return an instant in UTC, to the millisecond, as a string that sorts by time."""
    spelled = str(msgspec.to_builtins(at.astimezone(UTC)))  # isoformat takes ten times as long
    return f"{spelled[:_TO_THE_MILLISECOND]}Z" if at.microsecond else spelled.replace("Z", ".000Z")


def day_of(at: datetime) -> str:
    """Return the day in Chicago, as `2026-11-22`."""
    return utc(at).astimezone(CHICAGO).date().isoformat()


def month_of(at: datetime) -> str:
    """Return the month in Chicago, as `2026-11`."""
    return day_of(at)[:7]


def validate(month: str) -> None:
    """Raise `ValueError` for a string that is not a month such as `2026-11`."""
    _year_and_month(month)


def previous(month: str) -> str:
    """Return the month before a month."""
    year, number = _year_and_month(month)
    return f"{year - (number == 1):04}-{(number - 2) % 12 + 1:02}"


def following(month: str) -> str:
    """Return the month after a month."""
    year, number = _year_and_month(month)
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def days(month: str) -> tuple[str, ...]:
    """Return the days of a month, each spelled as by `day_of`."""
    return tuple(f"{month}-{day:02}" for day in range(1, _last_day(month) + 1))


def bounds(month: str) -> tuple[datetime, datetime]:
    """Return the first instant of a month, and the first instant after it, in UTC."""
    return _start(month), _start(following(month))


def has_ended(month: str, now: datetime) -> bool:
    """Return whether a month has ended; only then can it be billed."""
    return utc(now) >= bounds(month)[1]


def end_of_day(day: str) -> datetime:
    """Return the first instant after a day, in UTC; the day is spelled as by `day_of`."""
    next_day = date.fromisoformat(day) + timedelta(days=1)
    return datetime(next_day.year, next_day.month, next_day.day, tzinfo=CHICAGO).astimezone(UTC)


def plan_cutoff(month: str) -> datetime:
    """Return, in UTC, the last instant at which a change of plan counts: 17:00 on the last day (facts S16)."""
    year, number = _year_and_month(month)
    return datetime(year, number, _last_day(month), 17, tzinfo=CHICAGO).astimezone(UTC)


def in_words(month: str) -> str:
    """Return a month as people write it: `November 2026`."""
    year, number = _year_and_month(month)
    return f"{MONTHS[number]} {year}"


def day_in_words(day: date) -> str:
    """Return a day as people write it: `1 December 2026`."""
    return f"{day.day} {MONTHS[day.month]} {day.year}"


def time_in_words(at: datetime) -> str:
    """Return an instant as people write it, in Chicago's time: `17:00 Central Time on 30 November 2026`."""
    local = utc(at).astimezone(CHICAGO)
    return f"{local:%H:%M} Central Time on {local.day} {in_words(month_of(at))}"


def _start(month: str) -> datetime:
    # Chicago's clocks change at 02:00, so neither midnight nor 17:00 is ever skipped or repeated.
    year, number = _year_and_month(month)
    return datetime(year, number, 1, tzinfo=CHICAGO).astimezone(UTC)


def _last_day(month: str) -> int:
    return calendar.monthrange(*_year_and_month(month))[1]


def _year_and_month(month: str) -> tuple[int, int]:
    if not MONTH.fullmatch(month):
        raise ValueError(f"{month!r} is not a month; write it as 2026-11.")
    return int(month[:4]), int(month[5:])


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """Return the date of an instant in a zone."""
    return at.astimezone(zone).date()


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which clocks in a zone show a time on a day.

    If the clocks skip that time, return the first instant after the gap; if they show it twice, the first of the two.
    """
    first = datetime.combine(day, at, zone)  # fold 0: the first of the two
    instant = first.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == first.replace(tzinfo=None):
        return instant
    return clock_change(zone, first.replace(fold=1).astimezone(UTC), instant)


def clock_change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the second, in UTC, at which a zone's clocks change between two instants; they change only once."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + ((after - before) // (2 * _SECOND)) * _SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after
