"""The price list: what the operator's file may say, what a plan is in a month, and what a later file may add."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode.errors import BadPlans
from longcode.plans import plans as plans_plans
from longcode.plans.plans import PastLimit, Plan, PriceList

FILE = Path(__file__).parents[2] / "infra/plans.json"
NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)

File = dict[str, Any]
VERSION: File = {
    "version": 1,
    "from_month": "2026-01",
    "title": "Starter",
    "monthly_fee_micros": 5_000_000,
    "included_units": 100,
    "unit_price_micros": 60_000,
    "past_limit": "stop",
}
SECOND = VERSION | {"version": 2, "from_month": "2027-01", "monthly_fee_micros": 6_000_000}


def file(*versions: File, name: str = "starter") -> File:
    """Tell a file of one plan with these versions, or else a good one."""
    return {"currency": "USD", "plans": [{"name": name, "versions": list(versions or (VERSION,))}]}


def read(found: object) -> PriceList:
    return plans_plans.read_price_list(msgspec.json.encode(found))


def added(new: File, to: File | None = None, now: datetime = NOW) -> list[tuple[str, int]]:
    return [(name, one.version) for name, one in plans_plans.added_versions(read(new), read(to) if to else None, now)]


def test_the_operators_file_has_plans_from_small_to_large_of_both_kinds() -> None:
    plans = plans_plans.read_price_list(FILE.read_bytes()).of_month("2026-11")

    assert list(plans) == ["starter", "small", "medium", "large", "volume"]
    assert plans["starter"] == Plan("starter", "Starter", 5_000_000, 100, 60_000, PastLimit.STOP, "USD", 1)
    assert plans["volume"] == Plan("volume", "Volume", 250_000_000, 10_000, 27_500, PastLimit.CHARGE, "USD", 1)


def test_a_larger_plan_of_the_operators_file_is_cheaper_by_the_unit() -> None:
    plans = list(plans_plans.read_price_list(FILE.read_bytes()).of_month("2026-11").values())

    for smaller, larger in pairwise(plans):
        assert larger.included_units > smaller.included_units
        assert larger.unit_price_micros < smaller.unit_price_micros
        assert larger.monthly_fee_micros * smaller.included_units < smaller.monthly_fee_micros * larger.included_units


@pytest.mark.parametrize(
    ("changed", "field", "reason"),
    [
        ({"monthly_fee_micros": -1}, "plans[0].versions[0].monthly_fee_micros", "`int` >= 0"),
        ({"monthly_fee_micros": 4.99}, "plans[0].versions[0].monthly_fee_micros", "`int`, got `float`"),
        ({"monthly_fee_micros": 5.0}, "plans[0].versions[0].monthly_fee_micros", "`int`, got `float`"),
        ({"monthly_fee_micros": True}, "plans[0].versions[0].monthly_fee_micros", "`int`, got `bool`"),
        ({"monthly_fee_micros": "5"}, "plans[0].versions[0].monthly_fee_micros", "`int`, got `str`"),
        ({"monthly_fee_micros": 1_000_000_000_001}, "plans[0].versions[0].monthly_fee_micros", "<= 1000000000000"),
        ({"unit_price_micros": -60_000}, "plans[0].versions[0].unit_price_micros", "`int` >= 1"),
        ({"unit_price_micros": 0}, "plans[0].versions[0].unit_price_micros", "`int` >= 1"),
        ({"unit_price_micros": 1_000_001}, "plans[0].versions[0].unit_price_micros", "<= 1000000"),
        ({"included_units": -1}, "plans[0].versions[0].included_units", "`int` >= 0"),
        ({"included_units": 2**63}, "plans[0].versions[0].included_units", "<= 1000000000"),
        ({"included_units": 0}, "plans[0].versions[0]", "a plan that stops at 0 units sends nothing"),
        ({"past_limit": "warn"}, "plans[0].versions[0].past_limit", "Invalid enum value 'warn'"),
        ({"title": "  "}, "plans[0].versions[0].title", "matching regex"),
        ({"title": "Starter\nYour plan: free"}, "plans[0].versions[0].title", "matching regex"),
        ({"from_month": "2026-13"}, "plans[0].versions[0].from_month", "matching regex"),
        ({"from_month": "2026-1"}, "plans[0].versions[0].from_month", "matching regex"),
        ({"on_offer": 1}, "plans[0].versions[0].on_offer", "`bool`, got `int`"),
        ({"version": 0}, "plans[0].versions[0].version", "`int` >= 1"),
        ({"discount": 5}, "plans[0].versions[0]", "unknown field `discount`"),
    ],
)
def test_a_version_that_cannot_be_meant_is_refused_with_its_place(changed: File, field: str, reason: str) -> None:
    with pytest.raises(BadPlans) as refusal:
        read(file(VERSION | changed))

    assert refusal.value.field == field
    assert reason in refusal.value.detail


@pytest.mark.parametrize(
    ("spoil", "field", "reason"),
    [
        (lambda good: good | {"plans": []}, "plans", "length >= 1"),
        (lambda good: good | {"plans": good["plans"] * 2}, "file", "there is more than one plan named starter"),
        (lambda good: good | {"currency": "dollars"}, "currency", "matching regex"),
        (lambda good: good | {"vat": 20}, "file", "unknown field `vat`"),
        (lambda good: {"plans": good["plans"]}, "file", "missing required field `currency`"),
        (lambda _: file(name=""), "plans[0].name", "matching regex"),
        (lambda _: file(name="Starter Plan"), "plans[0].name", "matching regex"),
        (lambda _: {"currency": "USD", "plans": [{"name": "a", "versions": []}]}, "plans[0].versions", "length >= 1"),
        (lambda _: [file()], "file", "`object`, got `array`"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(spoil: Callable[[File], object], field: str, reason: str) -> None:
    with pytest.raises(BadPlans) as refusal:
        read(spoil(file()))

    assert refusal.value.field == field
    assert reason in refusal.value.detail


@pytest.mark.parametrize("given", ['"currency": "USD"', '"monthly_fee_micros": 5000000', '"version": 1'])
def test_a_field_that_is_given_twice_is_refused_as_the_last_would_count(given: str) -> None:
    text = msgspec.json.format(msgspec.json.encode(file())).decode()
    name = given.split('"')[1]

    with pytest.raises(BadPlans, match=f"{name} is there more than once in one object") as refusal:
        plans_plans.read_price_list(text.replace(given, f"{given}, {given}"))

    assert refusal.value.field == "file"


def test_more_plans_than_the_table_can_hold_are_refused() -> None:
    plans = [{"name": f"plan-{number}", "versions": [VERSION]} for number in range(3_000)]

    with pytest.raises(BadPlans, match="larger than 300,000 bytes") as refusal:
        read({"currency": "USD", "plans": plans})

    assert refusal.value.field == "file"


@pytest.mark.parametrize("missing", sorted(VERSION))
def test_a_version_with_a_gap_is_refused(missing: str) -> None:
    gap = {name: value for name, value in VERSION.items() if name != missing}

    with pytest.raises(BadPlans, match=f"missing required field `{missing}`"):
        read(file(gap))


@pytest.mark.parametrize("numbers", [[2], [1, 3], [1, 1], [2, 1], [1, 2, 4]])
def test_versions_are_numbered_from_1_without_a_gap(numbers: list[int]) -> None:
    with pytest.raises(BadPlans, match="without a gap") as refusal:
        read(file(*(VERSION | {"version": number} for number in numbers)))

    assert refusal.value.field == "plans[0]"


def test_a_version_cannot_begin_before_the_one_before_it() -> None:
    with pytest.raises(BadPlans, match="version 2 of 'starter' begins in 2025-12, before the one before it"):
        read(file(VERSION, SECOND | {"from_month": "2025-12"}))


@pytest.mark.parametrize("text", ["", "{", b"\xff", b'{"currency": "\xff"}', "[]", "null", "[" * 100_000])
def test_what_is_not_a_file_of_plans_is_refused(text: str | bytes) -> None:
    with pytest.raises(BadPlans) as refusal:
        plans_plans.read_price_list(text)

    assert refusal.value.field == "file"


def test_a_month_has_the_newest_version_that_has_begun() -> None:
    prices = read(file(VERSION, SECOND, SECOND | {"version": 3, "from_month": "2027-03", "title": "Basic"}))

    plans = {month: prices.of_month(month)["starter"] for month in ("2026-12", "2027-01", "2027-02", "2027-03")}

    assert [plan.version for plan in plans.values()] == [1, 2, 2, 3]
    assert [plan.monthly_fee_micros for plan in plans.values()] == [5_000_000, 6_000_000, 6_000_000, 6_000_000]
    assert [plan.title for plan in plans.values()] == ["Starter", "Starter", "Starter", "Basic"]


def test_before_its_first_version_a_plan_is_as_that_says_and_not_on_offer() -> None:
    """Somebody who joins on the last evening of a month, with a plan of the next, has it at once."""
    prices = read(file(VERSION))

    assert (prices.of_month("2025-12")["starter"].version, prices.of_month("2025-12")["starter"].on_offer) == (
        1,
        False,
    )
    assert prices.of_month("2026-01")["starter"].on_offer


def test_a_version_takes_a_plan_off_offer_and_another_puts_it_back() -> None:
    withdrawn = SECOND | {"on_offer": False}
    prices = read(file(VERSION, withdrawn, SECOND | {"version": 3, "from_month": "2027-02"}))

    offered = [prices.of_month(month)["starter"].on_offer for month in ("2026-12", "2027-01", "2027-02")]

    assert offered == [True, False, True]


def test_what_is_no_month_has_no_plans() -> None:
    with pytest.raises(ValueError, match="'2026-6' is not a month"):
        read(file()).of_month("2026-6")


def test_the_first_file_may_have_months_that_have_begun() -> None:
    assert added(file(VERSION, SECOND)) == [("starter", 1), ("starter", 2)]


def test_a_plan_that_is_new_may_have_months_that_have_begun() -> None:
    new = file()
    new["plans"].append({"name": "large", "versions": [VERSION]})

    assert added(new, file()) == [("large", 1)]


def test_the_same_file_adds_nothing_even_when_its_months_have_begun() -> None:
    assert added(file(VERSION, SECOND), file(VERSION, SECOND), datetime(2027, 6, 1, tzinfo=UTC)) == []


@pytest.mark.parametrize(
    ("now", "is_added"),
    [
        (datetime(2027, 1, 1, 4, 59, 59, tzinfo=UTC), True),
        (datetime(2027, 1, 1, 5, 0, 0, tzinfo=UTC), False),  # an hour before January begins in Chicago
        (datetime(2027, 1, 1, 6, 0, 0, tzinfo=UTC), False),
    ],
)
def test_a_version_comes_an_hour_before_its_month_at_the_latest(now: datetime, is_added: bool) -> None:
    if is_added:
        assert added(file(VERSION, SECOND), file(), now) == [("starter", 2)]
        return
    with pytest.raises(BadPlans, match="Version 2 of 'starter' comes too late: 2027-01 has begun") as refusal:
        added(file(VERSION, SECOND), file(), now)
    assert refusal.value.field == "starter.2.from_month"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("monthly_fee_micros", 4_000_000),
        ("included_units", 101),
        ("unit_price_micros", 1),
        ("past_limit", "charge"),
        ("title", "Begin"),
        ("from_month", "2025-01"),
        ("on_offer", False),
    ],
)
def test_a_version_that_is_loaded_is_never_edited(name: str, value: object) -> None:
    with pytest.raises(BadPlans, match=f"Version 1 of 'starter' is loaded and stays as it is.*{name}") as refusal:
        added(file(VERSION | {name: value}), file())

    assert refusal.value.field == f"starter.1.{name}"


def test_a_version_that_has_not_begun_is_corrected_by_another_for_the_same_month() -> None:
    corrected = file(VERSION, SECOND, SECOND | {"version": 3, "monthly_fee_micros": 5_500_000})

    assert added(corrected, file(VERSION, SECOND)) == [("starter", 3)]
    assert read(corrected).of_month("2027-01")["starter"].monthly_fee_micros == 5_500_000


def test_an_old_file_that_comes_late_is_refused() -> None:
    with pytest.raises(BadPlans, match="Version 2 of 'starter' is loaded, but not in this file") as refusal:
        added(file(), file(VERSION, SECOND))

    assert refusal.value.field == "starter.2"


def test_a_plan_does_not_go() -> None:
    with pytest.raises(BadPlans, match="Version 1 of 'starter' is loaded, but not in this file"):
        added(file(name="another"), file())


def test_the_currency_stays() -> None:
    with pytest.raises(BadPlans, match="in USD; the currency cannot become EUR") as refusal:
        added(file() | {"currency": "EUR"}, file())

    assert refusal.value.field == "currency"


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=12), st.integers(1, 24))
def test_whatever_is_added_the_months_that_have_begun_stay_as_they_were(
    steps: list[tuple[int, bool]], joined: int
) -> None:
    """Each month the operator tries to add a version for a month some months ahead; some tries are refused."""
    loaded, seen = file(), dict[str, Plan]()
    for at, (ahead, offered) in enumerate(steps):
        year, number = divmod(at, 12)
        now = datetime(2027 + year, number + 1, 15, tzinfo=UTC)
        month = f"{2027 + year + (number + ahead) // 12}-{(number + ahead) % 12 + 1:02}"
        tried = deepcopy(loaded)
        version = len(tried["plans"][0]["versions"]) + 1
        tried["plans"][0]["versions"].append(
            SECOND
            | {"version": version, "from_month": month, "on_offer": offered, "included_units": version + joined}
        )
        seen[f"{now:%Y-%m}"] = read(loaded).of_month(f"{now:%Y-%m}")["starter"]
        try:
            plans_plans.added_versions(read(tried), read(loaded), now)
        except BadPlans:
            continue
        loaded = tried

    assert {month: read(loaded).of_month(month)["starter"] for month in seen} == seen
