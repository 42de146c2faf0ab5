"""A studio's opening hours: whether it is open, when it opens again, and the text that says so to a client."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct

from longcode.months import instant_of, local_day, utc
from longcode.template import CLIENT_AND_STUDIO_FIELDS, check, fields

OPENS = "studio.opens"
"""The merge field of an away text that says when the studio opens: `on Monday at 9:00`."""

MOST_SPANS, MOST_DATES = 6, 100
_DAY = timedelta(days=1)
_DAYS_AHEAD = 370
_WEEK = 7
_MIDNIGHT = "24:00"
_OPENS_FIELD = r"\{\{\s*studio\.opens\s*(?:\|[^{}]*)?\}\}"
_UNKNOWN = "later"
_NOON = 12


class OpenSpan(Struct, frozen=True, kw_only=True):
    """Hours from `opens` until `closes` on the clocks of the studio, such as 09:00 and 17:30, or until 24:00."""

    opens: str
    closes: str


class SpecialDay(Struct, frozen=True, kw_only=True):
    """A date, such as 2026-12-24, with its own hours in place of those of its weekday; without any, it is closed."""

    date: str
    hours: tuple[OpenSpan, ...] = ()


class OpeningHours(Struct, frozen=True, kw_only=True):
    """When somebody answers texts, by day of the week; a day without hours is closed. `dates` are exceptions."""

    monday: tuple[OpenSpan, ...] = ()
    tuesday: tuple[OpenSpan, ...] = ()
    wednesday: tuple[OpenSpan, ...] = ()
    thursday: tuple[OpenSpan, ...] = ()
    friday: tuple[OpenSpan, ...] = ()
    saturday: tuple[OpenSpan, ...] = ()
    sunday: tuple[OpenSpan, ...] = ()
    dates: tuple[SpecialDay, ...] = ()


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def check_spans(spans: Sequence[OpenSpan]) -> None:
    """Raise `ValueError` if the hours of a day are not in order, or overlap."""
    for span in spans:
        if span.opens >= span.closes:
            raise ValueError(f"the hours from {span.opens} to {span.closes} end before they begin")
    for before, after in pairwise(spans):
        if after.opens < before.closes:
            raise ValueError(f"the hours from {after.opens} begin before those until {before.closes} end")


def check_away_text(text: str) -> str:
    """Return an away text; raise `ValueError` for a merge field that has no value when a client writes."""
    rest = re.sub(_OPENS_FIELD, "", text)
    check(rest)
    if others := [name for name in fields(rest) if name not in CLIENT_AND_STUDIO_FIELDS]:
        raise ValueError(f"cannot have the merge field {others[0]}")
    return text


def opens_at(hours: OpeningHours, zone: ZoneInfo, at: datetime) -> datetime | None:
    """Return when a studio opens after an instant, in UTC; the instant itself if it is open, None if not in a year.

    A time that clocks skip is the end of the gap, and of one that they show twice the first counts.
    """
    at, first = utc(at), local_day(at, zone)
    special = {day.date: day.hours for day in hours.dates}
    for ahead in range(_DAYS_AHEAD):
        day = first + ahead * _DAY
        spans = special.get(day.isoformat(), getattr(hours, WEEKDAYS[day.weekday()]))
        for opens, closes in _instants(spans, day, zone):
            if at < closes and opens < closes:
                return max(opens, at)
    return None


def is_closed(hours: OpeningHours, zone: ZoneInfo, at: datetime) -> bool:
    """Return whether a studio is closed at an instant."""
    return opens_at(hours, zone, at) != utc(at)


def away_text(text: str, opens: datetime | None, now: datetime, zone: ZoneInfo, *, halves: bool) -> str:
    """Return an away text that says when the studio opens: in its merge field, or else in a sentence at its end.

    `halves`: clocks are read with am and pm. Other merge fields stay.
    """
    when = opening_in_words(opens, now, zone, halves=halves) if opens else _UNKNOWN
    if re.search(_OPENS_FIELD, text):
        return re.sub(_OPENS_FIELD, lambda _: when, text)
    return f"{text.rstrip()} We open again {when}." if opens else text


def opening_in_words(opens: datetime, now: datetime, zone: ZoneInfo, *, halves: bool) -> str:
    """Return when a studio opens: `today at 9:00`, `on Monday at 9:00`, `on Monday 4 January at 9:00`."""
    local, days = opens.astimezone(zone), (local_day(opens, zone) - local_day(now, zone)).days
    clock = f"{local.hour}:{local.minute:02}"
    if halves:
        clock = f"{local.hour % _NOON or _NOON}:{local.minute:02} {'am' if local.hour < _NOON else 'pm'}"
    if days <= 1:
        return f"{'tomorrow' if days else 'today'} at {clock}"
    day = f"{local:%A}" if days < _WEEK else f"{local:%A} {local.day} {local:%B}"
    return f"on {day} at {clock}"


def _instants(spans: Sequence[OpenSpan], day: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    for span in spans:
        ends = (day + _DAY, time.min) if span.closes == _MIDNIGHT else (day, time.fromisoformat(span.closes))
        yield instant_of(day, time.fromisoformat(span.opens), zone), instant_of(*ends, zone)
