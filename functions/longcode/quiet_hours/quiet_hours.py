"""Quiet hours: when a bulk or automatic text to a phone may go (docs/facts.md)."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from longcode import months

_SECOND, _MINUTE, _DAY, _WEEK = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1), timedelta(days=7)
_AT_ONCE = 4  # weeks that are looked at together

_NORTH_AMERICA = "+1"
"""When a day is open: semi-open spans in minutes of its wall clock, in order."""

Windows = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The open hours of a week, Monday first, from the day `begins` up to and without the day `ends`."""

    week: tuple[Windows, ...]
    begins: date = date.min
    ends: date = date.max


ALWAYS = Hours(week=(((0, 1440),),) * 7)

_Span = tuple[datetime, datetime]


class _Place(NamedTuple):
    zone: str
    rules: tuple[Hours, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """The texts may go from `opens_at` until just before `closes_at`, both in UTC."""

    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRules:
    """A state, the zones it lies in, and what it has ruled. It narrows what its country rules, never widens it."""

    country: str
    zones: tuple[str, ...]
    rules: tuple[Hours, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """infra/quiet_hours.json. In each list of rules the last holds whenever no other does."""

    as_of: date
    everywhere: Hours
    countries: Mapping[str, tuple[Hours, ...]]
    states: tuple[StateRules, ...]
    area_codes: Mapping[str, StateRules]

    def country(self, code: str) -> tuple[Hours, ...]:
        """Give the rules of a country by its ISO code."""
        return self.countries.get(code, (self.everywhere,))

    def state(self, phone: str) -> StateRules | None:
        """Tell the state of a number in E.164 by its area code, which is only likely: people move."""
        return self.area_codes.get(phone[2:5]) if phone.startswith(_NORTH_AMERICA) else None


def opening(rules: Rules, phone: str, at: datetime, *, zone: str | None = None) -> Opening:
    """Find the hours that hold at an instant, or else the next, in which a text to a phone in E.164 may go.

    `zone` is where the phone is known or assumed to be; otherwise each zone that it may be in has a say, and the text
    goes when all have open hours. In a week, Monday to Monday in UTC, that has no such time, the hours are those in
    which the most of them are open: it is always the same hours, whichever instant one asks for.
    """
    at = months.utc(at)
    places = _places(rules, phone, zone)
    monday = datetime.combine(at.date() - at.weekday() * _DAY, time.min, UTC)
    spans = itertools.chain.from_iterable(
        _spans(places, monday + week * _WEEK) for week in itertools.count(-1, _AT_ONCE - 1)
    )
    return next(Opening(opens, closes) for opens, closes in spans if closes > at)


def _places(rules: Rules, phone: str, zone: str | None) -> tuple[_Place, ...]:
    state = rules.state(phone)
    if state and zone:
        return _with_state(rules, state, [zone])
    from longcode.quiet_hours import zones  # noqa: PLC0415 - a worker asks rarely, and does not pay for it at its start

    likely = zones.of(phone)
    if state:
        return _with_state(rules, state, state.zones if likely.anywhere else likely.zones)
    within = [zone] if zone else likely.zones
    places = [_Place(one, rules.country(country)) for one in within for country in likely.countries]
    if likely.anywhere and not zone:
        states = (state for state in rules.states if state.country in likely.countries)
        places += [_Place(one, state.rules) for state in states for one in state.zones if one in within]
    return tuple(dict.fromkeys(places))


def _with_state(rules: Rules, state: StateRules, within: Iterable[str]) -> tuple[_Place, ...]:
    return tuple(_Place(zone, rule) for zone in within for rule in (rules.country(state.country), state.rules))


@lru_cache(maxsize=2_000)
def _spans(places: tuple[_Place, ...], monday: datetime) -> tuple[_Span, ...]:
    """Find the open hours of some weeks, those that run past a Monday in one piece."""
    joined: list[_Span] = []
    for opens, closes in itertools.chain.from_iterable(
        _week(places, monday + week * _WEEK) for week in range(_AT_ONCE)
    ):
        before = joined.pop() if joined and joined[-1][1] == opens else (opens, closes)
        joined.append((before[0], closes))
    return tuple(joined)


@lru_cache(maxsize=2_000)
def _week(places: tuple[_Place, ...], monday: datetime) -> tuple[_Span, ...]:
    """Find when the most places are open: all of them, in any week in which they ever are."""
    steps: Counter[datetime] = Counter()
    for place in places:
        for opens, closes in _open(place, monday, monday + _WEEK):
            steps[opens] += 1
            steps[closes] -= 1
    instants = sorted(steps)
    levels = list(itertools.accumulate(steps[instant] for instant in instants))
    most = max(levels, default=0)
    return tuple(span for span, level in zip(itertools.pairwise(instants), levels, strict=False) if level == most)


def _open(place: _Place, start: datetime, end: datetime) -> Iterator[_Span]:
    """Find when a place is open by the clock on its wall: what that skips is gone, what it repeats comes twice."""
    for begin, finish, offset in _steady(ZoneInfo(place.zone), start, end):
        first, last = (begin + offset).date(), (finish + offset).date()
        for day in range((last - first).days + 1):
            local = first + day * _DAY
            midnight = datetime.combine(local, time.min, UTC) - offset
            for opens, closes in hours_on(place.rules, local):
                span = max(begin, midnight + opens * _MINUTE), min(finish, midnight + closes * _MINUTE)
                if span[0] < span[1]:
                    yield span


def _steady(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Part a span of time at each change of a zone's clock; a clock that is changed twice a day is not known."""
    while start < end:
        offset, stop = _offset(zone, start), min(start + _DAY, end)
        if _offset(zone, stop) != offset:
            steady = start
            while stop - steady > _SECOND:
                middle = steady + (stop - steady) // _SECOND // 2 * _SECOND
                steady, stop = (middle, stop) if _offset(zone, middle) == offset else (steady, middle)
        yield start, stop, offset
        start = stop


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def hours_on(rules: tuple[Hours, ...], day: date) -> Windows:
    """Tell the open hours of a day."""
    hours = next((one for one in rules if one.begins <= day < one.ends), rules[-1])
    return hours.week[day.weekday()]
