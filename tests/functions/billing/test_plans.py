"""The operator loads the price list: whole or not at all, once, and so that no month that has begun changes."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from accounts import signup
from billing import api, plans
from longcode import price_list as lists
from longcode.errors import BadPlans
from longcode.table import keys, price_list, store
from longcode.table.writes import Delete
from tests.fakes import LambdaContext, call, studio
from tests.functions.accounts.calls import at_once
from tests.functions.accounts.event import event
from tests.support.crashes import every_crash

pytestmark = pytest.mark.usefixtures("aws")

TEXT = (Path(__file__).parents[3] / "infra/plans.json").read_text()
NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
LATER = datetime(2027, 2, 1, 15, tzinfo=UTC)


def with_version(plan: int = 0, **terms: Any) -> str:
    """Tell the operator's file with another version of a plan, from January on unless it says so."""
    file: dict[str, Any] = json.loads(TEXT)
    versions = file["plans"][plan]["versions"]
    versions.append(deepcopy(versions[0]) | {"version": 2, "from_month": "2027-01"} | terms)
    return json.dumps(file)


def fees() -> dict[str, int]:
    price_list.forget()
    return {month: price_list.of_month(month)["starter"].monthly_fee_micros for month in ("2026-12", "2027-01")}


def empty() -> None:
    """Go back to a stack on which nothing is loaded."""
    store.write(Delete(keys.price_list()))
    price_list.forget()


def test_the_first_load_brings_every_plan() -> None:
    empty()

    answer = plans.handler({"do": "load", "file": TEXT}, LambdaContext())

    assert [(one["plan"], one["version"]) for one in answer["added"]] == [
        ("starter", 1),
        ("small", 1),
        ("medium", 1),
        ("large", 1),
        ("volume", 1),
    ]
    assert list(price_list.of_month("2026-11")) == ["starter", "small", "medium", "large", "volume"]
    assert json.loads(json.dumps(plans.handler({"do": "show"}, LambdaContext()))) == {"file": json.loads(TEXT)}


def test_before_the_first_load_nothing_is_shown_and_people_are_told_to_come_later() -> None:
    studio()
    empty()

    answers = [
        call(signup, "GET", "/plans"),
        call(api, "GET", "/account/plan", account="10000001"),
        call(api, "PUT", "/account/plan", {"plan": "small"}, account="10000001"),
    ]

    assert plans.handler({"do": "show"}, LambdaContext()) == {"file": None}
    assert [(one.status, one.json["code"]) for one in answers] == [(503, "not_ready")] * 3
    assert answers[0].json["detail"] == "The operator has not loaded the plans yet; please try again later."


def test_the_event_of_the_readme_adds_a_version_and_earlier_months_stay() -> None:
    answer = plans.act(event("operator_load_plans"), NOW)

    assert answer == {
        "added": [
            {
                "plan": "starter",
                "version": 2,
                "from_month": "2027-01",
                "title": "Starter",
                "monthly_fee_micros": 6_000_000,
                "included_units": 120,
                "unit_price_micros": 60_000,
                "past_limit": "stop",
            }
        ]
    }
    assert fees() == {"2026-12": 5_000_000, "2027-01": 6_000_000}


def test_the_same_file_again_writes_nothing() -> None:
    plans.load(with_version(monthly_fee_micros=6_000_000), NOW)
    before = price_list.loaded()

    assert plans.load(with_version(monthly_fee_micros=6_000_000), LATER) == []
    assert price_list.loaded() == before


def test_a_dry_run_tells_what_would_come_and_writes_nothing() -> None:
    answer = plans.act({"do": "load", "file": with_version(monthly_fee_micros=1), "dry_run": True}, NOW)

    assert [(one["plan"], one["version"]) for one in answer["added"]] == [("starter", 2)]
    assert fees() == {"2026-12": 5_000_000, "2027-01": 5_000_000}


def test_the_order_of_the_plans_may_change() -> None:
    file = json.loads(TEXT)
    file["plans"].reverse()

    assert plans.load(json.dumps(file), NOW) == []
    price_list.forget()
    assert list(price_list.of_month("2026-11")) == ["volume", "large", "medium", "small", "starter"]


@pytest.mark.parametrize(
    ("file", "now", "field"),
    [
        (TEXT.replace("5000000", "4000000", 1), NOW, "starter.1.monthly_fee_micros"),
        (TEXT.replace("USD", "EUR"), NOW, "currency"),
        (with_version(), LATER, "starter.2.from_month"),
        (with_version(from_month="2026-11"), NOW, "starter.2.from_month"),
        (with_version(monthly_fee_micros=-1), NOW, "plans[0].versions[1].monthly_fee_micros"),
        (with_version(version=3), NOW, "plans[0]"),
        (with_version(plan=4).replace('"large"', '"small"'), NOW, "file"),
        ("", NOW, "file"),
        ("{", NOW, "file"),
        (TEXT[:-20], NOW, "file"),
    ],
)
def test_a_file_that_cannot_be_is_refused_whole_with_its_field(file: str, now: datetime, field: str) -> None:
    before = price_list.loaded()

    answer = plans.act({"do": "load", "file": file}, now)

    assert (answer["code"], answer["field"]) == ("bad_plans", field)
    assert answer["detail"]
    assert price_list.loaded() == before


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({}, "required field `do`"),
        ({"do": "delete"}, "'delete'"),
        ({"do": "load"}, "required field `file`"),
        ({"do": "load", "file": {"currency": "USD"}}, r"`str`, got `object` - at `\$\.file`"),
        ({"do": "load", "file": TEXT, "dry_run": "yes"}, r"`bool`, got `str` - at `\$\.dry_run`"),
        ({"do": "load", "file": TEXT, "force": True}, "unknown field `force`"),
        ({"do": "show", "month": "2026-11"}, "unknown field `month`"),
    ],
)
def test_an_order_that_cannot_be_read_says_why(order: dict[str, Any], reason: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=reason):
        plans.handler(order, LambdaContext())


def test_of_two_loads_at_once_that_differ_one_is_refused() -> None:
    def load(fee: int) -> str:
        try:
            return "added" if plans.load(with_version(monthly_fee_micros=fee), NOW) else "nothing"
        except BadPlans:
            return "refused"

    with at_once() as threads:
        answers = sorted(threads.map(load, [6_000_000, 7_000_000, 8_000_000]))

    assert answers == ["added", "refused", "refused"]


def test_of_the_same_loads_at_once_one_adds() -> None:
    with at_once() as threads:
        answers = list(threads.map(lambda _: plans.load(with_version(), NOW), range(4)))

    assert sorted(map(len, answers)) == [0, 0, 0, 1]
    assert price_list.loaded()[1] == 2


def test_killed_anywhere_a_load_is_whole_or_not_there() -> None:
    empty()
    for crash in every_crash(after=False):
        with crash:
            plans.load(TEXT, NOW)

        assert price_list.loaded() in [(None, 0), (lists.read(TEXT), 1)]

        plans.load(TEXT, NOW)
        assert price_list.loaded() == (lists.read(TEXT), 1)
