"""Rules of quiet hours: in which hours of a week each country and state lets a text go, and since when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

_NORTH_AMERICA = "+1"

Windows = tuple[tuple[int, int], ...]
"""When a day is open: semi-open spans in minutes of its wall clock, in order."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The texts may go from `opens_at` until just before `closes_at`, both in UTC."""

    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The open hours of a week, Monday first, from the day `begins` up to and without the day `ends`."""

    week: tuple[Windows, ...]
    begins: date = date.min
    ends: date = date.max


ALWAYS = Hours(week=(((0, 1440),),) * 7)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
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
    states: tuple[State, ...]
    area_codes: Mapping[str, State]

    def country(self, code: str) -> tuple[Hours, ...]:
        """Give the rules of a country by its ISO code."""
        return self.countries.get(code, (self.everywhere,))

    def state(self, phone: str) -> State | None:
        """Tell the state of a number in E.164 by its area code, which is only likely: people move."""
        return self.area_codes.get(phone[2:5]) if phone.startswith(_NORTH_AMERICA) else None


def on(rules: tuple[Hours, ...], day: date) -> Windows:
    """Tell the open hours of a day."""
    hours = next((one for one in rules if one.begins <= day < one.ends), rules[-1])
    return hours.week[day.weekday()]
