"""The refusal at a limit: its sentences, when units are free again, and only plans that would allow the text."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode.accounts.account import Account
from longcode.errors import DayLimitReached, PlanLimitReached
from longcode.jobs import Product
from longcode.plans.plans import PastLimit, Plan, PlanChange
from longcode.usage.usage import Limits, limit_refusal, limits_at, plans_allowing

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)


def plan(name: str, included: int, past_limit: PastLimit = PastLimit.STOP, fee: int = 5_000_000) -> Plan:
    return Plan(name, name.title(), fee, included, 60_000, past_limit)


STARTER, SMALL, BIG = plan("starter", 100), plan("small", 300), plan("big", 1_000)
MEDIUM = plan("medium", 500, PastLimit.CHARGE)
BY_THE_UNIT = plan("by-the-unit", 0, PastLimit.CHARGE)


def own_limits(units_a_day: int | None = None, plan: Plan = STARTER) -> Limits:
    account = Account(
        id="10000001",
        name="Foxglove Portraits",
        email="ann@foxglove.example",
        product=Product.SPECTRA,
        edition="standard",
        created_at=NOW,
        plan_changes=(PlanChange(NOW, plan.name),),
        units_a_day=units_a_day,
    )
    return limits_at(account, plan, NOW)


def refused(used: dict[str, int], units: int, limits: Limits | None = None) -> Any:
    return limit_refusal(limits or own_limits(), STARTER, used, units, [BIG, SMALL, MEDIUM])


@pytest.mark.parametrize(
    ("used", "units", "names"),
    [
        (100, 1, ("small", "medium", "big")),
        (299, 1, ("small", "medium", "big")),
        (300, 1, ("medium", "big")),
        (98, 202, ("small", "medium", "big")),
        (98, 203, ("medium", "big")),
        (1_000, 1, ("medium",)),
    ],
)
def test_the_plans_that_would_allow_it_come_smallest_first(used: int, units: int, names: tuple[str, ...]) -> None:
    error = refused({"used": used}, units)

    assert error.plans_that_allow == names
    assert f"The plan {names[0].title()} would allow it at once." in error.detail


def test_no_plan_is_named_when_none_would_allow_it() -> None:
    error = limit_refusal(own_limits(), STARTER, {"used": 250}, 60, [SMALL])

    assert isinstance(error, PlanLimitReached)
    assert error.detail == (
        "This needs 60 of the 100 units of the plan Starter for November 2026, of which none is left."
        " All are free again at 00:00 Central Time on 1 December 2026."
    )
    assert error.extensions == {"frees_at": "2026-12-01T06:00:00.000Z", "plans_that_allow": []}


def test_units_above_the_plans_limit_have_no_date_on_which_they_fit() -> None:
    error = refused({"used": 60}, 500)

    assert error.detail == (
        "This needs 500 of the 100 units of the plan Starter for November 2026, of which 40 are left."
        " The plan Medium would allow it at once."
    )
    assert error.extensions == {"frees_at": None, "plans_that_allow": ["medium", "big"]}


def test_a_daily_limit_names_no_plan() -> None:
    error = refused({"used": 10, "used_2026-11-24": 19}, 2, own_limits(units_a_day=20))

    assert isinstance(error, DayLimitReached)
    assert error.detail == (
        "This needs 2 of the 20 units that this account may send in a day, of which 1 is left for 2026-11-24"
        " (in Chicago). All are free again at 00:00 Central Time on 25 November 2026."
        " The limit is units_a_day in the settings."
    )
    assert error.extensions == {"frees_at": "2026-11-25T06:00:00.000Z", "plans_that_allow": []}


def test_units_above_the_daily_limit_have_no_date_on_which_they_fit() -> None:
    error = refused({"used": 10, "used_2026-11-24": 0}, 21, own_limits(units_a_day=20))

    assert error.frees_at is None
    assert "tomorrow" not in error.detail


def test_when_the_daily_limit_is_reached_too_no_plan_is_named() -> None:
    error = refused({"used": 100, "used_2026-11-24": 20}, 1, own_limits(units_a_day=20))

    assert isinstance(error, PlanLimitReached)
    assert error.plans_that_allow == ()


def test_a_plan_that_charges_always_allows() -> None:
    assert plans_allowing([BIG, BY_THE_UNIT], 1_000_000) == [BY_THE_UNIT]


@given(st.integers(0, 1_500), st.integers(1, 1_500), st.permutations([STARTER, SMALL, BIG, MEDIUM]))
def test_a_plan_is_named_exactly_when_the_text_would_not_be_refused_on_it(
    used: int, units: int, choosable: list[Plan]
) -> None:
    named = {one.name for one in plans_allowing(choosable, used + units)}

    for one in choosable:
        assert (one.name in named) == (not own_limits(plan=one).reached({"used": used}, units))
