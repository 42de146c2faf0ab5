"""The orders plans.load and plans.show: a load is whole or not there, and changes no month that has begun."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from accounts import signup_api
from billing import plan_api
from longcode.plans import plans as lists
from longcode.plans import store as price_list
from longcode.table import keys, store
from longcode.table.writes import Delete
from tests.support.admin_orders import send_order
from tests.support.aws_calls import parallel_calls
from tests.support.crashes import every_crash
from tests.support.fakes import call, studio
from tests.support.readers import sample_event

pytestmark = pytest.mark.usefixtures("aws")

TEXT = (Path(__file__).parents[3] / "infra/plans.json").read_text()
NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
LATER = datetime(2027, 2, 1, 15, tzinfo=UTC)


def with_version(plan: int = 0, **terms: Any) -> str:
    """Return the operator's file with a new version of a plan, from January by default."""
    file: dict[str, Any] = json.loads(TEXT)
    versions = file["plans"][plan]["versions"]
    versions.append(deepcopy(versions[0]) | {"version": 2, "from_month": "2027-01"} | terms)
    return json.dumps(file)


def load(file: str, now: datetime = NOW, **fields: Any) -> dict[str, Any]:
    return send_order("plans.load", now, file=file, **fields)


def fees() -> dict[str, int]:
    price_list.clear_copy()
    return {month: price_list.of_month(month)["starter"].monthly_fee_micros for month in ("2026-12", "2027-01")}


def empty() -> None:
    """Remove the price list."""
    store.write(Delete(keys.price_list()))
    price_list.clear_copy()


def test_the_first_load_brings_every_plan() -> None:
    empty()

    answer = load(TEXT)

    assert [(one["plan"], one["version"]) for one in answer["added"]] == [
        ("starter", 1),
        ("small", 1),
        ("medium", 1),
        ("large", 1),
        ("volume", 1),
    ]
    assert list(price_list.of_month("2026-11")) == ["starter", "small", "medium", "large", "volume"]
    assert json.loads(json.dumps(send_order("plans.show"))) == {"file": json.loads(TEXT)}


def test_before_the_first_load_requests_are_answered_as_not_ready() -> None:
    studio()
    empty()

    answers = [
        call(signup_api, "GET", "/plans"),
        call(plan_api, "GET", "/account/plan", account="10000001"),
        call(plan_api, "PUT", "/account/plan", {"plan": "small"}, account="10000001"),
    ]

    assert send_order("plans.show") == {"file": None}
    assert [(one.status, one.json["code"]) for one in answers] == [(503, "not_ready")] * 3
    assert answers[0].json["detail"] == "The operator has not loaded the plans yet; please try again later."


def test_the_event_adds_a_version_and_leaves_earlier_months() -> None:
    answer = send_order(**sample_event("admin_plans_load"), now=NOW)

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


def test_a_file_loaded_again_writes_nothing() -> None:
    load(with_version(monthly_fee_micros=6_000_000))
    before = price_list.read_loaded()

    assert load(with_version(monthly_fee_micros=6_000_000), LATER) == {"added": []}
    assert price_list.read_loaded() == before


def test_a_dry_run_returns_what_it_would_add_and_writes_nothing() -> None:
    answer = load(with_version(monthly_fee_micros=1), dry_run=True)

    assert [(one["plan"], one["version"]) for one in answer["added"]] == [("starter", 2)]
    assert fees() == {"2026-12": 5_000_000, "2027-01": 5_000_000}


def test_the_order_of_the_plans_may_change() -> None:
    file = json.loads(TEXT)
    file["plans"].reverse()

    assert load(json.dumps(file)) == {"added": []}
    price_list.clear_copy()
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
def test_a_bad_file_is_refused_whole_with_its_field(file: str, now: datetime, field: str) -> None:
    before = price_list.read_loaded()

    answer = load(file, now)

    assert (answer["code"], answer["field"]) == ("bad_plans", field)
    assert answer["detail"]
    assert price_list.read_loaded() == before


def test_of_parallel_loads_that_differ_one_is_added() -> None:
    files = [with_version(monthly_fee_micros=fee) for fee in (6_000_000, 7_000_000, 8_000_000)]

    with parallel_calls() as threads:
        answers = list(threads.map(load, files))

    assert sorted(one.get("code", "added") for one in answers) == ["added", "bad_plans", "bad_plans"]


def test_of_parallel_loads_of_one_file_one_adds() -> None:
    with parallel_calls() as threads:
        answers = list(threads.map(lambda _: load(with_version())["added"], range(4)))

    assert sorted(map(len, answers)) == [0, 0, 0, 1]
    assert price_list.read_loaded()[1] == 2


def test_a_load_killed_anywhere_is_whole_or_not_there() -> None:
    empty()
    for crash in every_crash(after=False):
        with crash:
            load(TEXT)

        assert price_list.read_loaded() in [(None, 0), (lists.read_price_list(TEXT), 1)]

        load(TEXT)
        assert price_list.read_loaded() == (lists.read_price_list(TEXT), 1)
