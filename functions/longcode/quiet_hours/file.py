"""The operator's file of quiet hours, infra/quiet_hours.json: read whole, or refused with the fault and its place."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from itertools import chain, pairwise
from typing import Annotated

import msgspec

from longcode import months
from longcode.quiet_hours.quiet_hours import ALWAYS, Hours, Rules, StateRules, Windows

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class _Window(msgspec.Struct, forbid_unknown_fields=True):
    days: Annotated[str, msgspec.Meta(pattern=rf"^({'|'.join(_DAYS)})(-({'|'.join(_DAYS)}))?\Z")]
    opens: Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
    closes: Annotated[str, msgspec.Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\Z")]

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError(f"the window opens at {self.opens} and closes at {self.closes}")
        if not self.weekdays:
            raise ValueError(f"the days {self.days} run backwards")

    @property
    def weekdays(self) -> range:
        first, _, last = self.days.partition("-")
        return range(_DAYS.index(first), _DAYS.index(last or first) + 1)


class _UndatedRule(msgspec.Struct, forbid_unknown_fields=True):
    windows: Annotated[list[_Window], msgspec.Meta(min_length=1)]
    source: Annotated[str, msgspec.Meta(pattern=r"\S")]

    def __post_init__(self) -> None:
        for day, windows in zip(_DAYS, self.week, strict=True):
            if any(closes > opens for (_, closes), (opens, _) in pairwise(windows)):
                raise ValueError(f"windows of {day} overlap")

    @property
    def week(self) -> tuple[Windows, ...]:
        spans = [(window.weekdays, (_minutes(window.opens), _minutes(window.closes))) for window in self.windows]
        return tuple(tuple(sorted(span for days, span in spans if day in days)) for day in range(7))


class _DatedRule(_UndatedRule, forbid_unknown_fields=True):
    begins: date = msgspec.field(name="from", default=date.min)
    ends: date = msgspec.field(name="until", default=date.max)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.begins >= self.ends:
            raise ValueError(f"the rule begins on {self.begins} and ends on {self.ends}")


_RuleList = Annotated[list[_DatedRule], msgspec.Meta(min_length=1)]


class _State(msgspec.Struct, forbid_unknown_fields=True):
    state: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}\Z")]
    zones: Annotated[list[str], msgspec.Meta(min_length=1)]
    area_codes: Annotated[list[Annotated[str, msgspec.Meta(pattern=r"^[2-9][0-9]{2}\Z")]], msgspec.Meta(min_length=1)]
    rules: _RuleList

    def __post_init__(self) -> None:
        _check_unique("zone", self.zones)
        for zone in self.zones:
            months.time_zone(zone)
        _check_no_overlap(self.rules)


class _Country(msgspec.Struct, forbid_unknown_fields=True):
    country: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}\Z")]
    rules: _RuleList
    states: list[_State] = []

    def __post_init__(self) -> None:
        _check_unique("state", (state.state for state in self.states))
        _check_no_overlap(self.rules)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    as_of: date
    everywhere: _UndatedRule
    countries: list[_Country]

    def __post_init__(self) -> None:
        _check_unique("country", (country.country for country in self.countries))
        states = [state for country in self.countries for state in country.states]
        _check_unique("area code", chain.from_iterable(state.area_codes for state in states))


def read(text: str | bytes) -> Rules:
    """Return the rules in the file's text; raise `ValueError` with the fault and its place."""
    file = msgspec.json.decode(text, type=_File)
    everywhere = Hours(week=file.everywhere.week)
    states = [(entry, _state(entry, country.country)) for country in file.countries for entry in country.states]
    return Rules(
        as_of=file.as_of,
        everywhere=everywhere,
        countries={country.country: _hours(country.rules, everywhere) for country in file.countries},
        states=tuple(state for _, state in states),
        area_codes={code: state for entry, state in states for code in entry.area_codes},
    )


def _state(entry: _State, country: str) -> StateRules:
    return StateRules(country=country, zones=tuple(entry.zones), rules=_hours(entry.rules, ALWAYS))


def _hours(rules: list[_DatedRule], default: Hours) -> tuple[Hours, ...]:
    return (*(Hours(week=rule.week, begins=rule.begins, ends=rule.ends) for rule in rules), default)


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _check_unique(kind: str, names: Iterable[str]) -> None:
    repeated = sorted(name for name, times in Counter(names).items() if times > 1)
    if repeated:
        raise ValueError(f"more than once: {kind} {', '.join(repeated)}")


def _check_no_overlap(rules: list[_DatedRule]) -> None:
    for earlier, later in pairwise(sorted(rules, key=lambda rule: rule.begins)):
        if earlier.ends > later.begins:
            raise ValueError(f"two rules hold on {later.begins}")
