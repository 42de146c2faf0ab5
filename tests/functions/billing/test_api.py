"""What a studio used, and which plan it has."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from billing import api
from longcode import months
from longcode.aws import clock
from longcode.plans import Change
from longcode.table import accounts, store, usage
from longcode.usage import Usage
from tests.fakes import NOW, Answered, LambdaContext, call, studio
from tests.functions.accounts.calls import at_once
from tests.functions.accounts.event import event

pytestmark = pytest.mark.usefixtures("aws")

CUTOFF = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)


def get(path: str, account: str = "10000001", **headers: str) -> Answered:
    return call(api, "GET", path, account=account, headers=headers)


def use(day: str, account: str = "10000001", **counts: int) -> None:
    for spread_by in ("m1", "m2", "m3"):
        store.write(usage.adding(account, day, spread_by, Usage(**counts)))


def plans_of(account: str) -> list[str]:
    found = accounts.get(account)
    assert found
    return [change.plan for change in found.plan_changes]


def test_a_month_is_the_sum_of_its_days_beside_what_the_plan_includes() -> None:
    studio()
    use("2026-11-22", texts_sent=1, units_sent=2, segments_sent=3)
    use("2026-11-30", texts_received=1, units_received=1, segments_received=1)
    use("2026-12-01", texts_sent=1, units_sent=1, segments_sent=1)

    month = json.loads(api.handler(event("get_usage"), LambdaContext())["body"])

    assert (month["month"], month["plan"], month["included_units"]) == ("2026-11", "medium", 1000)
    assert month["used"] == {
        "texts_sent": 3,
        "units_sent": 6,
        "segments_sent": 9,
        "texts_received": 3,
        "units_received": 3,
        "segments_received": 3,
    }
    assert list(month["days"]) == ["2026-11-22", "2026-11-30"]
    assert month["days"]["2026-11-22"]["units_sent"] == 6


def test_the_panel_shows_the_current_and_the_past_month() -> None:
    studio()
    this_month = months.month_of(clock.now())

    answer = get("/usage")

    assert answer.json["current"]["month"] == this_month
    assert answer.json["past"]["month"] == months.previous(this_month)
    assert answer.json["current"]["used"]["texts_sent"] == 0


def test_a_month_before_the_studio_joined_has_no_plan() -> None:
    studio()

    month = get("/usage/2026-10").json

    assert (month["plan"], month["included_units"], month["days"]) == (None, 0, {})


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "11-2026", "2026-11-22", "usage"])
def test_what_is_no_month_is_refused(month: str) -> None:
    studio()

    answer = get(f"/usage/{month}")

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "month")


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


def test_a_studio_sees_its_own_usage_and_plan_only() -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    studio("10000001", plan_changes=(Change(long_ago, "medium"),))
    studio("10000002", plan_changes=(Change(long_ago, "large"),))
    use("2026-11-22", "10000002", texts_sent=1)

    assert get("/usage/2026-11").json["used"]["texts_sent"] == 0
    assert get("/account/plan").json["plan"]["name"] == "medium"
    assert get("/usage").json["current"]["used"] == get("/usage").json["past"]["used"]


def test_a_studio_changes_its_own_plan_only() -> None:
    studio("10000001")
    studio("10000002")

    call(api, "PUT", "/account/plan", {"plan": "small"}, account="10000001")

    assert plans_of("10000002") == ["medium"]
