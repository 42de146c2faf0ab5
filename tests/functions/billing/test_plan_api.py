"""A studio's plan and its changes."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from billing import plan_api
from longcode.accounts import store as accounts
from longcode.plans import store as price_list
from longcode.plans.plans import PlanChange
from tests.support.aws_calls import parallel_calls
from tests.support.fakes import ACTOR, NOW, call, studio
from tests.support.local_aws import load_plans

pytestmark = pytest.mark.usefixtures("aws")

CUTOFF = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)


def plans_of(account: str) -> list[str]:
    found = accounts.get(account)
    assert found
    return [change.plan for change in found.plan_changes]


def test_a_change_at_the_cutoff_counts_for_the_whole_month() -> None:
    studio()

    state = plan_api.change("10000001", "large", CUTOFF, ACTOR)

    assert state.plan
    assert state.next_month_plan
    assert (state.plan.name, state.next_month_plan.name) == ("large", "large")
    assert (state.counts_from, state.changeable_until) == ("2026-11", CUTOFF)


def test_a_change_after_the_cutoff_counts_from_the_next_month() -> None:
    studio()

    state = plan_api.change("10000001", "large", CUTOFF + timedelta(milliseconds=1), ACTOR)

    assert state.plan
    assert state.next_month_plan
    assert (state.plan.name, state.next_month_plan.name) == ("medium", "large")
    assert state.counts_from == "2026-12"
    assert state.changeable_until == datetime(2026, 12, 31, 23, 0, tzinfo=UTC)


def test_each_change_is_shown_with_the_month_from_which_it_counts() -> None:
    studio()
    plan_api.change("10000001", "large", CUTOFF, ACTOR)
    plan_api.change("10000001", "small", CUTOFF + timedelta(milliseconds=1), ACTOR)

    state = plan_api.change("10000001", "large", CUTOFF + timedelta(hours=1), ACTOR)

    assert [(one.plan, one.counts_from) for one in state.changes] == [
        ("medium", "2026-11"),
        ("large", "2026-11"),
        ("small", "2026-12"),
        ("large", "2026-12"),
    ]
    assert state.next_month_plan
    assert state.next_month_plan.name == "large"


def test_a_change_after_the_cutoff_is_undone_by_a_change_to_this_months_plan() -> None:
    studio()
    plan_api.change("10000001", "large", CUTOFF + timedelta(hours=1), ACTOR)

    state = plan_api.change("10000001", "medium", CUTOFF + timedelta(hours=2), ACTOR)

    assert state.plan
    assert state.plan == state.next_month_plan
    assert state.plan.name == "medium"
    assert plans_of("10000001") == ["medium", "large", "medium"]


def test_next_months_terms_of_the_plan_are_shown_in_advance() -> None:
    studio()
    file = json.loads((Path(__file__).parents[3] / "infra/plans.json").read_text())
    versions = file["plans"][2]["versions"]
    versions.append(versions[0] | {"version": 2, "from_month": "2026-12", "monthly_fee_micros": 36_000_000})
    load_plans(json.dumps(file))

    state = plan_api.plan_state(accounts.get_or_raise("10000001"), NOW)

    assert state.plan
    assert state.next_month_plan
    assert (state.plan.version, state.plan.monthly_fee_micros) == (1, 35_000_000)
    assert (state.next_month_plan.version, state.next_month_plan.monthly_fee_micros) == (2, 36_000_000)


def test_a_plan_off_offer_can_be_kept_and_is_refused_to_others() -> None:
    studio("10000001", plan_changes=(PlanChange(NOW, "starter"),))
    studio("10000002")
    file = json.loads((Path(__file__).parents[3] / "infra/plans.json").read_text())
    versions = file["plans"][0]["versions"]
    versions.append(versions[0] | {"version": 2, "from_month": "2026-02", "on_offer": False})
    load_plans(json.dumps(file))

    kept, refused = (
        call(plan_api, "PUT", "/account/plan", {"plan": "starter"}, account=one) for one in ("10000001", "10000002")
    )

    assert (kept.status, kept.json["plan"]["name"], kept.json["plan"]["on_offer"]) == (200, "starter", False)
    assert (refused.status, refused.json["code"]) == (409, "plan_not_offered")
    assert refused.json["errors"] == [{"field": "plan", "message": "The plan Starter is no longer offered."}]
    assert plans_of("10000002") == ["medium"]


def test_a_clock_that_is_behind_does_not_undo_a_change() -> None:
    studio()
    plan_api.change("10000001", "large", CUTOFF + timedelta(milliseconds=500), ACTOR)

    state = plan_api.change("10000001", "small", CUTOFF - timedelta(milliseconds=500), ACTOR)

    assert state.next_month_plan
    assert state.next_month_plan.name == "small"
    assert (state.counts_from, state.changes[-1].counts_from) == ("2026-12", "2026-12")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "plan"),
        ({"plan": None}, "plan"),
        ({"plan": 5}, "plan"),
        ({"plan": "a" * 61}, "plan"),
        ({"plan": "small", "from": "2026-01"}, "from"),
    ],
)
def test_a_malformed_choice_is_refused_with_its_field(body: object, field: str) -> None:
    studio()

    answer = call(plan_api, "PUT", "/account/plan", body, account="10000001")

    assert (answer.status, [one["field"] for one in answer.json["errors"]]) == (422, [field])
    assert plans_of("10000001") == ["medium"]


def test_choosing_the_present_plan_changes_nothing() -> None:
    studio()

    states = [plan_api.change("10000001", "large", NOW + timedelta(minutes=minute), ACTOR) for minute in (1, 2, 3)]

    assert plans_of("10000001") == ["medium", "large"]
    assert states[0].changes == states[2].changes


def test_an_unknown_plan_is_refused() -> None:
    studio()

    answer = call(plan_api, "PUT", "/account/plan", {"plan": "gigantic"}, account="10000001")

    assert (answer.status, answer.json["code"]) == (422, "unknown_plan")
    assert answer.json["errors"] == [{"field": "plan", "message": "There is no plan 'gigantic'."}]
    assert plans_of("10000001") == ["medium"]


def test_parallel_changes_are_all_kept() -> None:
    studio()

    with parallel_calls() as threads:
        list(threads.map(lambda plan: plan_api.change("10000001", plan, NOW, ACTOR), ["small", "large", "volume"]))

    assert sorted(plans_of("10000001")) == ["large", "medium", "small", "volume"]


def test_a_studio_sees_its_own_plan_only() -> None:
    studio("10000001")
    studio("10000002", plan_changes=(PlanChange(NOW, "large"),))

    assert (
        plan_api.plan_state(accounts.get_or_raise("10000001"), NOW).plan == price_list.of_month("2026-11")["medium"]
    )


def test_a_studio_changes_its_own_plan_only() -> None:
    studio("10000001")
    studio("10000002")

    call(plan_api, "PUT", "/account/plan", {"plan": "small"}, account="10000001")

    assert plans_of("10000002") == ["medium"]
