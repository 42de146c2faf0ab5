"""The bounds of plans: the operator's file, and which of an account's plans counts."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from longcode.clients.client import MOST_CLIENTS
from longcode.plans import bounds
from longcode.plans.bounds import Bounded
from longcode.plans.plans import PlanChange
from longcode.triggers.trigger import MOST_TRIGGERS

INFRA = Path(__file__).parents[2] / "infra"
BOUNDS = bounds.read((INFRA / "plan_bounds.json").read_bytes())
NOVEMBER = datetime(2026, 11, 22, tzinfo=UTC)


def test_the_file_names_the_plans_of_the_price_list() -> None:
    plans = json.loads((INFRA / "plans.json").read_text())["plans"]

    assert set(BOUNDS.plans) == {plan["name"] for plan in plans}


def test_no_bound_exceeds_what_an_event_and_a_broadcast_can_read() -> None:
    every = [BOUNDS.default, *BOUNDS.plans.values()]

    assert max(each.triggers for each in every) <= MOST_TRIGGERS
    assert max(each.clients for each in every) <= MOST_CLIENTS


def test_a_plan_that_the_file_does_not_name_has_the_default() -> None:
    assert BOUNDS.most(Bounded.TEMPLATES, ["gold"]) == 300


def test_a_larger_plan_helps_at_once_and_a_smaller_one_holds_from_its_month() -> None:
    grows = (PlanChange(datetime(2026, 1, 5, tzinfo=UTC), "starter"), PlanChange(NOVEMBER, "large"))
    shrinks = (PlanChange(datetime(2026, 1, 5, tzinfo=UTC), "large"), PlanChange(NOVEMBER, "starter"))

    assert BOUNDS.most(Bounded.CLIENTS, bounds.counting_plans(grows, NOVEMBER)) == 50_000
    assert bounds.counting_plans(shrinks, datetime(2026, 12, 2, tzinfo=UTC)) == {"starter"}


@pytest.mark.parametrize(
    "text",
    [
        '{"plans": {}}',
        '{"default": {"templates": 1, "triggers": 1, "clients": 0}, "plans": {}}',
        '{"default": {"templates": 1, "triggers": 1, "clients": 1, "tags": 1}, "plans": {}}',
    ],
)
def test_a_file_with_a_fault_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        bounds.read(text)
