"""A change of plan: to which plan, when it is taken to be made, and what a person is told of it."""

from datetime import UTC, datetime, timedelta

import pytest

from longcode.errors import PlanNotOffered, TooManyChanges, UnknownPlan
from longcode.plans import plans
from longcode.plans.plans import PastLimit, Plan, PlanChange

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
CUTOFF = datetime(2026, 11, 30, 23, tzinfo=UTC)
EVENING = CUTOFF + timedelta(hours=1)
JOINED = PlanChange(datetime(2026, 11, 2, 15, tzinfo=UTC), "small")


def plan(name: str, *, on_offer: bool = True) -> Plan:
    return Plan(name, name.title(), 5_000_000, 100, 60_000, PastLimit.STOP, on_offer=on_offer)


PRICES = {"old": plan("old", on_offer=False), "small": plan("small"), "large": plan("large")}


def test_another_plan_is_a_change() -> None:
    assert plans.change("large", [JOINED], PRICES, NOW) == PlanChange(NOW, "large")


def test_the_plan_that_one_has_is_none() -> None:
    assert plans.change("small", [JOINED], PRICES, NOW) is None


def test_the_plan_that_one_is_about_to_have_is_none() -> None:
    waiting = PlanChange(EVENING, "large")

    assert plans.change("large", [JOINED, waiting], PRICES, EVENING + timedelta(minutes=1)) is None


def test_a_change_that_is_yet_to_count_is_taken_back_by_the_present_plan() -> None:
    waiting = PlanChange(EVENING, "large")
    back = plans.change("small", [JOINED, waiting], PRICES, EVENING + timedelta(minutes=1))

    assert back
    changes = [JOINED, waiting, back]
    assert [plans.in_month(month, changes) for month in ("2026-11", "2026-12")] == ["small", "small"]


def test_a_plan_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownPlan, match="There is no plan 'gigantic'") as refusal:
        plans.change("gigantic", [JOINED], PRICES, NOW)

    assert refusal.value.field == "plan"


def test_a_plan_that_is_not_on_offer_is_for_those_only_who_have_it_this_month() -> None:
    had = PlanChange(JOINED.at, "old")
    waiting = PlanChange(EVENING, "large")

    with pytest.raises(PlanNotOffered, match="The plan Old is no longer offered") as refusal:
        plans.change("old", [JOINED], PRICES, NOW)
    with pytest.raises(PlanNotOffered):
        plans.change("old", [had, PlanChange(JOINED.at, "small")], PRICES, NOW)

    assert refusal.value.field == "plan"
    assert plans.change("old", [had], PRICES, NOW) is None
    assert plans.change("old", [had, waiting], PRICES, EVENING) == PlanChange(EVENING, "old")


def test_a_change_is_never_dated_before_one_that_was_recorded_earlier() -> None:
    """The clock of another machine was a second ahead, over the cut-off."""
    ahead = PlanChange(CUTOFF + timedelta(milliseconds=500), "large")

    made = plans.change("small", [JOINED, ahead], PRICES, CUTOFF - timedelta(milliseconds=500))

    assert made == PlanChange(ahead.at, "small")
    assert plans.in_month("2026-12", [JOINED, ahead, made]) == "small"
    assert plans.counts_from(plans.taken_at([JOINED, ahead], CUTOFF)) == "2026-12"


def test_of_one_month_a_plan_is_changed_thirty_times_at_most() -> None:
    changes = [JOINED]
    for minute in range(29):
        made = plans.change("small" if minute % 2 else "large", changes, PRICES, NOW + timedelta(minutes=minute))
        assert made
        changes.append(made)

    with pytest.raises(TooManyChanges) as refusal:
        plans.change("small", changes, PRICES, NOW + timedelta(hours=1))

    assert refusal.value.detail == (
        "The plan for 2026-11 was changed 30 times."
        " Changes are taken again after 17:00 Central Time on 30 November 2026."
    )
    assert plans.change("small", changes, PRICES, EVENING) == PlanChange(EVENING, "small")


def test_each_change_is_told_with_the_month_from_which_it_counts() -> None:
    changes = [JOINED, PlanChange(CUTOFF, "large"), PlanChange(EVENING, "small")]

    assert [month for _, month in plans.counted(changes)] == ["2026-11", "2026-11", "2026-12"]
    assert [month for _, month in plans.counted([PlanChange(EVENING, "small")])] == ["2026-11"]
    assert plans.counted([]) == []


def test_a_person_is_told_from_when_a_change_counts_and_until_when_it_can_be_changed() -> None:
    assert plans.if_made("2026-11") == (
        "If you make the change by 17:00 Central Time on 30 November 2026, it counts from November 2026;"
        " later, from the month after."
    )
    assert plans.once_made("2026-11", CUTOFF) == (
        "It counts from November 2026. You can change it until 17:00 Central Time on 30 November 2026."
    )
    assert plans.once_made("2026-11", EVENING) == "It counts from November 2026."
    assert "17:00 Central Time on 29 February 2028" in plans.if_made("2028-02")
