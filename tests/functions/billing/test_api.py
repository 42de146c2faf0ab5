"""Which plan a studio has, and how it changes."""

from datetime import UTC, datetime, timedelta

import pytest

from billing import api
from longcode.plans import Change
from longcode.table import accounts, price_list
from tests.fakes import NOW, call, studio
from tests.functions.accounts.calls import at_once

pytestmark = pytest.mark.usefixtures("aws")

CUTOFF = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)


def plans_of(account: str) -> list[str]:
    found = accounts.get(account)
    assert found
    return [change.plan for change in found.plan_changes]


def test_a_change_at_the_cutoff_counts_for_the_whole_month() -> None:
    studio()

    state = api.changed("10000001", "large", CUTOFF)

    assert state.plan
    assert state.next_month_plan
    assert (state.plan.name, state.next_month_plan.name) == ("large", "large")
    assert (state.counts_from, state.changeable_until) == ("2026-11", CUTOFF)


def test_a_change_after_the_cutoff_counts_from_the_next_month() -> None:
    studio()

    state = api.changed("10000001", "large", CUTOFF + timedelta(milliseconds=1))

    assert state.plan
    assert state.next_month_plan
    assert (state.plan.name, state.next_month_plan.name) == ("medium", "large")
    assert state.counts_from == "2026-12"
    assert state.changeable_until == datetime(2026, 12, 31, 23, 0, tzinfo=UTC)


def test_the_plan_that_one_has_is_no_change() -> None:
    studio()

    states = [api.changed("10000001", "large", NOW + timedelta(minutes=minute)) for minute in (1, 2, 3)]

    assert plans_of("10000001") == ["medium", "large"]
    assert states[0].changes == states[2].changes


def test_a_plan_that_does_not_exist_is_refused() -> None:
    studio()

    answer = call(api, "PUT", "/account/plan", {"plan": "gigantic"}, account="10000001")

    assert (answer.status, answer.json["code"]) == (422, "unknown_plan")
    assert answer.json["errors"] == [{"field": "plan", "message": "There is no plan 'gigantic'."}]
    assert plans_of("10000001") == ["medium"]


def test_of_changes_at_once_none_is_lost() -> None:
    studio()

    with at_once() as threads:
        list(threads.map(lambda plan: api.changed("10000001", plan, NOW), ["small", "large", "volume"]))

    assert sorted(plans_of("10000001")) == ["large", "medium", "small", "volume"]


def test_a_studio_sees_its_own_plan_only() -> None:
    studio("10000001")
    studio("10000002", plan_changes=(Change(NOW, "large"),))

    assert api.plan_state(accounts.need("10000001"), NOW).plan == price_list.of_month("2026-11")["medium"]


def test_a_studio_changes_its_own_plan_only() -> None:
    studio("10000001")
    studio("10000002")

    call(api, "PUT", "/account/plan", {"plan": "small"}, account="10000001")

    assert plans_of("10000002") == ["medium"]
