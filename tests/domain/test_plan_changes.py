"""A change of plan: to which plan, its date, and the sentences about it."""

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
    assert plans.new_change("large", [JOINED], PRICES, NOW) == PlanChange(NOW, "large")


def test_the_present_plan_is_no_change() -> None:
    assert plans.new_change("small", [JOINED], PRICES, NOW) is None


def test_the_plan_of_the_newest_change_is_no_change() -> None:
    waiting = PlanChange(EVENING, "large")

    assert plans.new_change("large", [JOINED, waiting], PRICES, EVENING + timedelta(minutes=1)) is None


def test_a_change_that_does_not_count_yet_is_undone_by_a_change_to_the_present_plan() -> None:
    waiting = PlanChange(EVENING, "large")
    back = plans.new_change("small", [JOINED, waiting], PRICES, EVENING + timedelta(minutes=1))

    assert back
    changes = [JOINED, waiting, back]
    assert [plans.plan_name_in(month, changes) for month in ("2026-11", "2026-12")] == ["small", "small"]


def test_an_unknown_plan_is_refused() -> None:
    with pytest.raises(UnknownPlan, match="There is no plan 'gigantic'") as refusal:
        plans.new_change("gigantic", [JOINED], PRICES, NOW)

    assert refusal.value.field == "plan"


def test_a_plan_off_offer_is_only_for_studios_that_have_it_this_month() -> None:
    had = PlanChange(JOINED.at, "old")
    waiting = PlanChange(EVENING, "large")

    with pytest.raises(PlanNotOffered, match="The plan Old is no longer offered") as refusal:
        plans.new_change("old", [JOINED], PRICES, NOW)
    with pytest.raises(PlanNotOffered):
        plans.new_change("old", [had, PlanChange(JOINED.at, "small")], PRICES, NOW)

    assert refusal.value.field == "plan"
    assert plans.new_change("old", [had], PRICES, NOW) is None
    assert plans.new_change("old", [had, waiting], PRICES, EVENING) == PlanChange(EVENING, "old")


def test_a_change_never_dates_from_before_an_earlier_one() -> None:
    """The clock of another machine was a second ahead, over the cut-off."""
    ahead = PlanChange(CUTOFF + timedelta(milliseconds=500), "large")

    new = plans.new_change("small", [JOINED, ahead], PRICES, CUTOFF - timedelta(milliseconds=500))

    assert new == PlanChange(ahead.at, "small")
    assert plans.plan_name_in("2026-12", [JOINED, ahead, new]) == "small"
    assert plans.first_month_of_change(plans.time_of_change([JOINED, ahead], CUTOFF)) == "2026-12"


def test_the_plan_of_a_month_can_be_changed_thirty_times() -> None:
    changes = [JOINED]
    for minute in range(29):
        new = plans.new_change("small" if minute % 2 else "large", changes, PRICES, NOW + timedelta(minutes=minute))
        assert new
        changes.append(new)

    with pytest.raises(TooManyChanges) as refusal:
        plans.new_change("small", changes, PRICES, NOW + timedelta(hours=1))

    assert refusal.value.detail == (
        "The plan for 2026-11 was changed 30 times."
        " Changes are taken again after 17:00 Central Time on 30 November 2026."
    )
    assert plans.new_change("small", changes, PRICES, EVENING) == PlanChange(EVENING, "small")


def test_each_change_has_the_month_from_which_it_counts() -> None:
    changes = [JOINED, PlanChange(CUTOFF, "large"), PlanChange(EVENING, "small")]

    assert [month for _, month in plans.changes_by_first_month(changes)] == ["2026-11", "2026-11", "2026-12"]
    assert [month for _, month in plans.changes_by_first_month([PlanChange(EVENING, "small")])] == ["2026-11"]
    assert plans.changes_by_first_month([]) == []


def test_the_sentences_say_from_when_a_change_counts_and_until_when_it_can_be_changed() -> None:
    assert plans.change_deadline_sentence("2026-11") == (
        "If you make the change by 17:00 Central Time on 30 November 2026, it counts from November 2026."
        " If you make it later, it counts from the month after that."
    )
    assert plans.change_effect_sentences("2026-11", CUTOFF) == (
        "It counts from November 2026. You can change it until 17:00 Central Time on 30 November 2026."
    )
    assert plans.change_effect_sentences("2026-11", EVENING) == "It counts from November 2026."
    assert "17:00 Central Time on 29 February 2028" in plans.change_deadline_sentence("2028-02")
