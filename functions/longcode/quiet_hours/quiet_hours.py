"""Quiet hours: when a bulk or automatic text to a phone may be sent (docs/facts.md)."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from hashlib import blake2s
from types import ModuleType
from zoneinfo import ZoneInfo

from msgspec import Struct

from longcode import months

_NORTH_AMERICA = "+1"
_MINUTE, _DAY, _WEEK = timedelta(minutes=1), timedelta(days=1), timedelta(days=7)
_WEEKS_AT_ONCE = 4  # weeks whose open hours are computed together

Windows = tuple[tuple[int, int], ...]
"""The open hours of a day: half-open spans in minutes of the wall clock, in order."""


class Hours(Struct, frozen=True, kw_only=True):
    """The open hours of a week, Monday first, from the day `begins` up to but without the day `ends`."""

    week: tuple[Windows, ...]
    begins: date = date.min
    ends: date = date.max


ALWAYS = Hours(week=(((0, 1440),),) * 7)


class StateRules(Struct, frozen=True, kw_only=True):
    """The rules of a state and its time zones. They hold in addition to the rules of its country."""

    country: str
    zones: tuple[str, ...]
    rules: tuple[Hours, ...]


class Rules(Struct, frozen=True, kw_only=True):
    """The rules of infra/quiet_hours.json. In each list of rules, the last holds on days that no other covers."""

    as_of: date
    everywhere: Hours
    countries: Mapping[str, tuple[Hours, ...]]
    states: tuple[StateRules, ...]
    area_codes: Mapping[str, StateRules]

    def country(self, code: str) -> tuple[Hours, ...]:
        """Return the rules of a country, by its ISO code."""
        return self.countries.get(code, (self.everywhere,))

    def state(self, phone: str) -> StateRules | None:
        """Return the likely state of an E.164 number, by its area code: people keep their numbers when they move."""
        return self.area_codes.get(phone[2:5]) if phone.startswith(_NORTH_AMERICA) else None


class Opening(Struct, frozen=True):
    """Open hours: texts may be sent from `opens_at` until just before `closes_at`, both in UTC."""

    opens_at: datetime
    closes_at: datetime


class _Place(Struct, frozen=True):
    zone: str
    rules: tuple[Hours, ...]


_Span = tuple[datetime, datetime]


def opening(rules: Rules, phone: str, at: datetime, *, zone: str | None = None) -> Opening:
    """Return the open hours of an E.164 number at an instant, or else the next open hours.

    `zone` is where the phone is known or assumed to be. Without it, hours are open when they are open in every zone
    where the phone may be. In a week (Monday to Monday in UTC) without such hours, the hours when the most zones are
    open count instead; they depend on the week only, not on the instant.
    """
    at = months.utc(at)
    places = _places(rules, phone, zone)
    monday = datetime.combine(at.date() - at.weekday() * _DAY, time.min, UTC)
    # Each computation repeats the last week of the one before, so that a span over the Monday between them is whole.
    spans = itertools.chain.from_iterable(
        _spans(places, monday + week * _WEEK) for week in itertools.count(-1, _WEEKS_AT_ONCE - 1)
    )
    return next(Opening(opens, closes) for opens, closes in spans if closes > at)


def name_of_places(rules: Rules, phone: str, zone: str | None) -> str:
    """Return a short name of all that the quiet hours of a phone depend on: with the same name, they are the same."""
    places = _places(rules, phone, zone)
    return f"{','.join(dict.fromkeys(place.zone for place in places))} {_hash_of_rules(places)}"


@lru_cache(maxsize=2_000)
def _hash_of_rules(places: tuple[_Place, ...]) -> str:
    return blake2s(repr(places).encode(), digest_size=4).hexdigest()


def likely_zones(phone: str) -> tuple[str, ...]:
    """Return the time zones that an E.164 number may be in, () if only its country is known."""
    likely = _zone_tables().of(phone)
    return () if likely.anywhere else tuple(likely.zones)


def _zone_tables() -> ModuleType:
    from longcode.quiet_hours import zones  # noqa: PLC0415 - its tables take 17 ms to load, and are rarely needed

    return zones


def _places(rules: Rules, phone: str, zone: str | None) -> tuple[_Place, ...]:
    state = rules.state(phone)
    if state and zone:
        return _in_state(rules, state, [zone])
    likely = _zone_tables().of(phone)
    if state:
        return _in_state(rules, state, state.zones if likely.anywhere else likely.zones)
    names = [zone] if zone else likely.zones
    places = [_Place(name, rules.country(country)) for name in names for country in likely.countries]
    if likely.anywhere and not zone:
        states = (state for state in rules.states if state.country in likely.countries)
        places += [_Place(name, state.rules) for state in states for name in state.zones if name in names]
    return tuple(dict.fromkeys(places))


def _in_state(rules: Rules, state: StateRules, zones: Iterable[str]) -> tuple[_Place, ...]:
    return tuple(_Place(zone, rule) for zone in zones for rule in (rules.country(state.country), state.rules))


@lru_cache(maxsize=2_000)
def _spans(places: tuple[_Place, ...], monday: datetime) -> tuple[_Span, ...]:
    """Return the open hours of some weeks; hours that continue over a Monday are one span."""
    joined: list[_Span] = []
    for opens, closes in itertools.chain.from_iterable(
        _week_spans(places, monday + week * _WEEK) for week in range(_WEEKS_AT_ONCE)
    ):
        begins, _ = joined.pop() if joined and joined[-1][1] == opens else (opens, closes)
        joined.append((begins, closes))
    return tuple(joined)


@lru_cache(maxsize=2_000)
def _week_spans(places: tuple[_Place, ...], monday: datetime) -> tuple[_Span, ...]:
    """Return the hours of a week when the most places are open: all places, if they ever are in that week."""
    steps: Counter[datetime] = Counter()
    for place in places:
        for opens, closes in _open_spans(place, monday, monday + _WEEK):
            steps[opens] += 1
            steps[closes] -= 1
    instants = sorted(steps)
    open_counts = list(itertools.accumulate(steps[instant] for instant in instants))
    most_open = max(open_counts, default=0)
    return tuple(
        span
        for span, open_places in zip(itertools.pairwise(instants), open_counts, strict=False)
        if open_places == most_open
    )


def _open_spans(place: _Place, start: datetime, end: datetime) -> Iterator[_Span]:
    """Yield the spans in which a place is open by its wall clock, without skipped hours, repeated ones twice."""
    for begin, finish, offset in _between_clock_changes(months.time_zone(place.zone), start, end):
        first, last = (begin + offset).date(), (finish + offset).date()
        for day in range((last - first).days + 1):
            local = first + day * _DAY
            midnight = datetime.combine(local, time.min, UTC) - offset
            for opens, closes in hours_on(place.rules, local):
                span = max(begin, midnight + opens * _MINUTE), min(finish, midnight + closes * _MINUTE)
                if span[0] < span[1]:
                    yield span


def _between_clock_changes(
    zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Yield the parts of a span between changes of a zone's clocks. No zone changes its clocks twice in a day."""
    while start < end:
        offset, stop = _offset(zone, start), min(start + _DAY, end)
        if _offset(zone, stop) != offset:
            stop = months.clock_change(zone, start, stop)
        yield start, stop, offset
        start = stop


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def hours_on(rules: tuple[Hours, ...], day: date) -> Windows:
    """Return the open hours of a day."""
    hours = next((rule for rule in rules if rule.begins <= day < rule.ends), rules[-1])
    return hours.week[day.weekday()]
