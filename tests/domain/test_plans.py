"""Plans: what the operator's file may say, and which change of plan counts for a month."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode import months, plans
from longcode.plans import Change, PastLimit, Plan

FILE = Path(__file__).parents[2] / "infra/plans.json"

# A few months with many changes near an edge, told in the zone that is hardest to sort: Chicago's own.
EDGES = [
    edge
    for month in ("2026-02", "2026-10", "2026-11")
    for edge in (months.plan_cutoff(month), months.bounds(month)[1])
]
NEAR_AN_EDGE = st.builds(
    lambda edge, seconds: edge + timedelta(seconds=seconds), st.sampled_from(EDGES), st.integers(-2, 2)
)
ANY_TIME = st.builds(
    lambda seconds: datetime(2026, 1, 1, 6, tzinfo=UTC) + timedelta(seconds=seconds),
    st.integers(0, 364 * 86_400),
)
CHANGES = st.lists(
    st.builds(
        Change,
        st.one_of(NEAR_AN_EDGE, ANY_TIME).map(lambda at: at.astimezone(months.CHICAGO)),
        st.sampled_from(["starter", "small", "medium", "large"]),
    ),
    max_size=5,
)
MONTHS = st.builds("2026-{:02}".format, st.integers(1, 12))


def file(**changed: object) -> dict[str, Any]:
    """Tell a file of one good plan, but for what is changed in it."""
    plan: dict[str, object] = {
        "name": "starter",
        "title": "Starter",
        "monthly_fee_micros": 5_000_000,
        "included_units": 100,
        "unit_price_micros": 60_000,
        "past_limit": "stop",
    }
    return {"currency": "USD", "plans": [plan | changed]}


def test_the_operators_file_has_plans_from_small_to_large_of_both_kinds() -> None:
    read = plans.read(FILE.read_bytes())

    assert list(read) == ["starter", "small", "medium", "large", "volume"]
    assert read["starter"] == Plan("starter", "Starter", 5_000_000, 100, 60_000, PastLimit.STOP, "USD")
    assert read["volume"] == Plan("volume", "Volume", 250_000_000, 10_000, 27_500, PastLimit.CHARGE, "USD")


def test_a_larger_plan_of_the_operators_file_is_cheaper_by_the_unit() -> None:
    read = list(plans.read(FILE.read_bytes()).values())

    for smaller, larger in pairwise(read):
        assert larger.included_units > smaller.included_units
        assert larger.unit_price_micros < smaller.unit_price_micros
        assert larger.monthly_fee_micros * smaller.included_units < smaller.monthly_fee_micros * larger.included_units


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"monthly_fee_micros": -1}, r"`int` >= 0 - at `\$\.plans\[0\]\.monthly_fee_micros`"),
        ({"monthly_fee_micros": 4.99}, r"`int`, got `float` - at `\$\.plans\[0\]\.monthly_fee_micros`"),
        ({"unit_price_micros": -60_000}, r"`int` >= 1 - at `\$\.plans\[0\]\.unit_price_micros`"),
        ({"unit_price_micros": 0}, r"`int` >= 1 - at `\$\.plans\[0\]\.unit_price_micros`"),
        ({"included_units": -1}, r"`int` >= 0 - at `\$\.plans\[0\]\.included_units`"),
        ({"included_units": 0}, r"plan 'starter' stops at 0 units, so nobody could send on it"),
        ({"past_limit": "warn"}, r"Invalid enum value 'warn' - at `\$\.plans\[0\]\.past_limit`"),
        ({"name": ""}, r"at `\$\.plans\[0\]\.name`"),
        ({"name": "Starter Plan"}, r"at `\$\.plans\[0\]\.name`"),
        ({"title": "  "}, r"at `\$\.plans\[0\]\.title`"),
        ({"discount": 5}, r"unknown field `discount` - at `\$\.plans\[0\]`"),
    ],
)
def test_a_plan_that_cannot_be_meant_is_refused_with_its_place(changed: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        plans.read(msgspec.json.encode(file(**changed)))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda good: good | {"plans": []}, r"length >= 1 - at `\$\.plans`"),
        (lambda good: good | {"plans": good["plans"] * 2}, "there is more than one plan named starter"),
        (lambda good: good | {"currency": "dollars"}, r"at `\$\.currency`"),
        (lambda good: good | {"vat": 20}, "unknown field `vat`"),
        (lambda good: {"plans": good["plans"]}, "missing required field `currency`"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(
    spoil: Callable[[dict[str, Any]], dict[str, Any]], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        plans.read(msgspec.json.encode(spoil(file())))


@pytest.mark.parametrize(
    "missing", ["name", "title", "monthly_fee_micros", "included_units", "unit_price_micros", "past_limit"]
)
def test_a_plan_with_a_gap_is_refused(missing: str) -> None:
    gap = file()
    del gap["plans"][0][missing]

    with pytest.raises(ValueError, match=f"missing required field `{missing}`"):
        plans.read(msgspec.json.encode(gap))


@pytest.mark.parametrize("text", ["", "{", b"\xff", b'{"currency": "\xff"}', "[]"])
def test_what_is_not_a_file_of_plans_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"(truncated|malformed|utf-8|Expected `object`)"):
        plans.read(text)


def test_changes_may_be_listed_in_any_order() -> None:
    joined = Change(datetime(2026, 6, 2, 15, tzinfo=UTC), "starter")
    bigger = Change(datetime(2026, 6, 10, 15, tzinfo=UTC), "medium")

    assert plans.in_month("2026-06", [bigger, joined]) == "medium"


def test_the_later_listed_of_two_changes_at_one_instant_counts() -> None:
    at = datetime(2026, 6, 2, 15, tzinfo=UTC)

    assert plans.in_month("2026-06", [Change(at, "starter"), Change(at, "medium")]) == "medium"


def test_changes_of_the_repeated_hour_are_told_apart() -> None:
    first = datetime(2026, 11, 1, 1, 40, tzinfo=months.CHICAGO)
    second = datetime(2026, 11, 1, 1, 20, tzinfo=months.CHICAGO, fold=1)

    assert plans.in_month("2026-11", [Change(second, "medium"), Change(first, "starter")]) == "medium"


def test_a_studio_that_never_joined_has_no_plan() -> None:
    assert plans.in_month("2026-06", []) is None


def test_a_change_a_microsecond_after_the_cut_off_is_too_late() -> None:
    assert plans.counts_from(datetime(2026, 6, 30, 22, 0, 0, 0, tzinfo=UTC)) == "2026-06"
    assert plans.counts_from(datetime(2026, 6, 30, 22, 0, 0, 1, tzinfo=UTC)) == "2026-07"


def test_a_malformed_month_and_a_change_without_a_zone_are_refused() -> None:
    naive = Change(datetime(2026, 6, 2), "starter")  # noqa: DTZ001 the refused one

    with pytest.raises(ValueError, match="'2026-6' is not a month"):
        plans.in_month("2026-6", [])
    with pytest.raises(ValueError, match="has no time zone"):
        plans.in_month("2026-06", [naive])


@given(CHANGES, MONTHS)
def test_the_plan_of_a_month_is_the_last_by_the_cut_off_or_else_the_first_of_all(
    changes: list[Change], month: str
) -> None:
    in_time: list[tuple[datetime, int, str]] = []
    joining: list[tuple[datetime, int, str]] = []
    joined = min((change.at.astimezone(UTC) for change in changes), default=None)
    for place, change in enumerate(changes):
        at = change.at.astimezone(UTC)
        if at <= months.plan_cutoff(month):
            in_time.append((at, place, change.plan))
        elif at == joined and at < months.bounds(month)[1]:
            joining.append((at, place, change.plan))
    expected = max(in_time or joining, default=None)

    assert plans.in_month(month, changes) == (expected and expected[2])


@given(CHANGES)
def test_once_joined_a_studio_always_has_a_plan(changes: list[Change]) -> None:
    joined = min((months.month_of(change.at) for change in changes), default="2027-01")

    for number in range(1, 13):
        month = f"2026-{number:02}"
        assert (plans.in_month(month, changes) is not None) == (month >= joined)


@given(st.one_of(NEAR_AN_EDGE, ANY_TIME))
def test_a_change_counts_from_its_own_month_or_the_next_and_stays(at: datetime) -> None:
    long_ago = Change(datetime(2025, 1, 1, tzinfo=UTC), "starter")
    changes = [long_ago, Change(at, "large")]

    first = plans.counts_from(at)

    assert first in {months.month_of(at), months.following(months.month_of(at))}
    assert plans.in_month(months.previous(first), changes) == "starter"
    assert plans.in_month(first, changes) == "large"
