"""The operator's file of quiet hours: its area codes belong to their states, and contradictions are refused."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from phonenumbers import PhoneNumber, geocoder, timezone

from longcode.quiet_hours import file as quiet_file
from longcode.quiet_hours import quiet_hours

FILE = Path(__file__).parents[2] / "infra/quiet_hours.json"
RULES = quiet_file.read(FILE.read_bytes())
NAMES = {
    "FL": "Florida",
    "OK": "Oklahoma",
    "MD": "Maryland",
    "NJ": "New Jersey",
    "MS": "Mississippi",
    "CT": "Connecticut",
    "TX": "Texas",
    "RI": "Rhode Island",
}


def states() -> dict[str, Any]:
    (usa,) = json.loads(FILE.read_text())["countries"]
    return {state["state"]: state for state in usa["states"]}


def number(area_code: str) -> PhoneNumber:
    return PhoneNumber(country_code=1, national_number=int(f"{area_code}5550123"))


def described(area_code: str) -> str:
    """Return the code of an area code's state, or phonenumbers' description of any other place."""
    description = geocoder.description_for_valid_number(number(area_code), "en")
    return next(
        (code for code, name in NAMES.items() if description == name or description.endswith(f", {code}")),
        description,
    )


def test_the_file_has_the_eight_states_of_the_facts() -> None:
    assert states().keys() == NAMES.keys()
    assert RULES.as_of == date(2026, 11, 24)


@pytest.mark.parametrize("state", NAMES)
def test_the_area_codes_of_a_state_include_all_that_the_geocoder_knows(state: str) -> None:
    listed = set(states()[state]["area_codes"])
    known = {code for code in map(str, range(200, 1000)) if described(code) == state}

    assert known - listed == set()
    assert {code for code in listed - known if described(code)} == set()
    assert len(listed - known) <= 1


@pytest.mark.parametrize("state", NAMES)
def test_the_zones_of_a_state_are_those_of_its_area_codes(state: str) -> None:
    description = {
        zone
        for code in states()[state]["area_codes"]
        if described(code)
        for zone in timezone.time_zones_for_geographical_number(number(code))
    }

    assert description == set(states()[state]["zones"])


def test_every_rule_has_a_source() -> None:
    (usa,) = json.loads(FILE.read_text())["countries"]

    assert usa["rules"][0]["source"].startswith("47 CFR 64.1200(c)(1)")
    assert all(rule["source"] for state in usa["states"] for rule in state["rules"])


def test_no_other_area_code_has_a_state() -> None:
    assert RULES.state("+12125550123") is None
    assert RULES.state("+442075550123") is None
    assert RULES.state("+13055550123") == RULES.states[0]


def test_each_of_two_rules_holds_on_its_days() -> None:
    rule = file()["countries"][0]["rules"][0]
    good = file()
    good["countries"][0]["rules"] = [
        rule | {"until": "2026-03-01"},
        rule | {"from": "2026-03-01", "until": "2026-06-01", "windows": [window("mon-fri", "10:00", "12:00")]},
    ]

    read = quiet_file.read(msgspec.json.encode(good))

    hours = [quiet_hours.hours_on(read.country("US"), date(2026, month, 2)) for month in (2, 3, 6)]
    assert hours == [((540, 1080),), ((600, 720),), ((480, 1260),)]


def window(days: str, opens: str, closes: str) -> dict[str, str]:
    return {"days": days, "opens": opens, "closes": closes}


def file() -> dict[str, Any]:
    state = {
        "state": "FL",
        "zones": ["America/New_York"],
        "area_codes": ["305"],
        "rules": [{"windows": [window("mon-sun", "09:00", "17:00")], "source": "a law"}],
    }
    usa = {
        "country": "US",
        "rules": [{"windows": [window("mon-sun", "09:00", "18:00")], "source": "a law"}],
        "states": [state],
    }
    always = {"windows": [window("mon-sun", "08:00", "21:00")], "source": "a custom"}
    return {"as_of": "2026-11-24", "everywhere": always, "countries": [usa]}


STATE = r"at `\$\.countries\[0\]\.states\[0\]"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"state": "Florida"}, rf"{STATE}\.state`"),
        ({"zones": []}, rf"length >= 1 - {STATE}\.zones`"),
        ({"zones": ["America/Miami"]}, rf"there is no time zone 'America/Miami' - {STATE}`"),
        ({"zones": ["../etc/passwd"]}, rf"there is no time zone '../etc/passwd' - {STATE}`"),
        ({"zones": ["America/Chicago", "America/Chicago"]}, rf"more than once: zone America/Chicago - {STATE}`"),
        ({"area_codes": []}, rf"length >= 1 - {STATE}\.area_codes`"),
        ({"area_codes": ["1305"]}, rf"{STATE}\.area_codes\[0\]`"),
        ({"area_codes": ["305", "305"]}, "more than once: area code 305"),
        ({"rules": []}, rf"length >= 1 - {STATE}\.rules`"),
        ({"curfew": True}, rf"unknown field `curfew` - {STATE}`"),
    ],
)
def test_a_contradictory_state_is_refused_with_its_place(changed: dict[str, Any], reason: str) -> None:
    bad = file()
    bad["countries"][0]["states"][0] |= changed

    with pytest.raises(ValueError, match=reason):
        quiet_file.read(msgspec.json.encode(bad))


RULE = rf"{STATE}\.rules\[0\]"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"windows": []}, rf"length >= 1 - {RULE}\.windows`"),
        ({"windows": [window("mon-sun", "17:00", "09:00")]}, rf"opens at 17:00 and closes at 09:00 - {RULE}"),
        ({"windows": [window("mon-sun", "09:00", "09:00")]}, rf"opens at 09:00 and closes at 09:00 - {RULE}"),
        ({"windows": [window("mon-sun", "9:00", "17:00")]}, rf"{RULE}\.windows\[0\]\.opens`"),
        ({"windows": [window("mon-sun", "09:00", "24:01")]}, rf"{RULE}\.windows\[0\]\.closes`"),
        ({"windows": [window("sat-mon", "09:00", "17:00")]}, rf"the days sat-mon run backwards - {RULE}"),
        ({"windows": [window("weekend", "09:00", "17:00")]}, rf"{RULE}\.windows\[0\]\.days`"),
        (
            {"windows": [window("mon-fri", "09:00", "17:00"), window("fri-sun", "16:59", "18:00")]},
            rf"windows of fri overlap - {RULE}`",
        ),
        ({"from": "2026-13-01"}, rf"{RULE}\.from`"),
        ({"from": "2026-03-01", "until": "2026-03-01"}, rf"begins on 2026-03-01 and ends on 2026-03-01 - {RULE}`"),
        ({"source": " "}, rf"{RULE}\.source`"),
    ],
)
def test_a_contradictory_rule_is_refused_with_its_place(changed: dict[str, Any], reason: str) -> None:
    bad = file()
    bad["countries"][0]["states"][0]["rules"][0] |= changed

    with pytest.raises(ValueError, match=reason):
        quiet_file.read(msgspec.json.encode(bad))


def doubled(field: str) -> Callable[[dict[str, Any]], object]:
    return lambda good: good["countries"][0][field].append(good["countries"][0][field][0])


def in_two_states(good: dict[str, Any]) -> None:
    states = good["countries"][0]["states"]
    states.append(states[0] | {"state": "GA"})


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (doubled("rules"), r"two rules hold on 0001-01-01 - at `\$\.countries\[0\]`"),
        (doubled("states"), r"more than once: state FL - at `\$\.countries\[0\]`"),
        (in_two_states, "more than once: area code 305"),
        (lambda good: good["countries"].append({**good["countries"][0], "states": []}), "more than once: country US"),
        (lambda good: good.pop("as_of"), "missing required field `as_of`"),
        (
            lambda good: good["everywhere"].update({"from": "2026-01-01"}),
            r"unknown field `from` - at `\$\.everywhere`",
        ),
    ],
)
def test_a_contradictory_file_is_refused(spoil: Callable[[dict[str, Any]], object], reason: str) -> None:
    bad = file()
    spoil(bad)

    with pytest.raises(ValueError, match=reason):
        quiet_file.read(msgspec.json.encode(bad))


@pytest.mark.parametrize("text", ["", "{", b"\xff", "[]"])
def test_another_file_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"(truncated|malformed|utf-8|Expected `object`)"):
        quiet_file.read(text)
