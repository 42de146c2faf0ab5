"""A month's usage, what is left of the plan, the forecast, and the cost on other plans."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from accounts import signup_api
from billing import usage_api
from billing.usage_api import MonthUsage
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus, StatusChange
from longcode.plans.plans import PlanChange
from longcode.table import store
from longcode.usage import store as quotas
from longcode.usage.usage import Usage
from tests.support.fakes import NOW, ApiResponse, FakeCarrier, LambdaContext, call, client, studio
from tests.support.readers import sample_event
from tests.support.reply_steps import receive
from tests.support.text_steps import accept, deliver

pytestmark = pytest.mark.usefixtures("aws")

LONG_AGO = datetime(2024, 2, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
DECEMBER = datetime(2026, 12, 2, 15, tzinfo=UTC)


def get(path: str, account: str = "10000001", **headers: str) -> ApiResponse:
    return call(usage_api, "GET", path, account=account, headers=headers)


def use(day: str, account: str = "10000001", **counts: int) -> None:
    for spread_by in ("m1", "m2", "m3"):
        store.write(quotas.count_write(account, day, spread_by, Usage(**counts)))


def month(name: str = "2026-11", now: datetime = NOW, account: str = "10000001") -> MonthUsage:
    return usage_api.month_usage(accounts.get_or_raise(account), name, now)


def on(plan: str, *, joined: datetime = NOW) -> Account:
    return studio(plan_changes=(PlanChange(joined, plan),), created_at=joined)


def test_a_month_is_shown_with_its_days_and_the_units_of_its_plan() -> None:
    on("medium", joined=LONG_AGO)
    use("2024-02-10", texts_sent=1, units_sent=2, segments_sent=3)
    use("2024-02-29", texts_received=1, units_received=1, segments_received=1)
    use("2024-03-01", texts_sent=1, units_sent=1, segments_sent=1)

    answer = json.loads(usage_api.handler(sample_event("get_usage"), LambdaContext())["body"])

    assert (answer["month"], answer["plan"]) == ("2024-02", "medium")
    assert answer["used"] == {
        "texts_sent": 3,
        "units_sent": 6,
        "segments_sent": 9,
        "texts_received": 3,
        "units_received": 3,
        "segments_received": 3,
    }
    assert answer["limit"] == {
        "included": 1000,
        "past_limit": "charge",
        "used": 9,
        "left": 991,
        "beyond": 0,
        "percent": 0,
        "frees_at": "2024-03-01T06:00:00.000Z",
    }
    assert (answer["currency"], answer["total_micros"], answer["forecast"]) == ("USD", 35_000_000, None)


def test_a_past_month_has_all_its_days_and_the_current_month_those_that_have_begun() -> None:
    on("medium")
    use("2026-11-22", texts_sent=1, units_sent=2)

    now, over = month(), month(now=DECEMBER)

    assert (len(now.days), list(now.days)[-1]) == (22, "2026-11-22")
    assert (len(over.days), list(over.days)[-1]) == (30, "2026-11-30")
    assert now.days["2026-11-22"] == Usage(texts_sent=3, units_sent=6)
    assert now.days["2026-11-01"] == Usage()


def test_the_panel_shows_the_current_and_the_past_month() -> None:
    on("medium", joined=NOW - 60 * DAY)
    use("2026-10-31", texts_sent=1)
    use("2026-11-01", texts_sent=2)

    panel = usage_api.panel_of(accounts.get("10000001"), NOW)

    assert (panel.enabled, panel.message) == (True, None)
    assert panel.current
    assert panel.past
    assert [(one.month, one.used.texts_sent) for one in (panel.current, panel.past)] == [
        ("2026-11", 6),
        ("2026-10", 3),
    ]
    assert panel.current.on_each_plan is None
    assert panel.past.on_each_plan


def test_units_sent_are_shown_at_once() -> None:
    account = studio()
    client(account)
    accept(account, body="a" * 161)
    waiting = month().used

    deliver(FakeCarrier())
    sent = month()

    assert waiting == Usage()
    assert sent.used == Usage(texts_sent=1, units_sent=2, segments_sent=2)
    assert sent.days["2026-11-22"] == sent.used
    assert (sent.limit and sent.limit.used, sent.total_micros) == (2, 35_000_000)


def test_units_received_are_shown_at_once() -> None:
    client(studio())
    accept(accounts.get_or_raise("10000001"))
    deliver(FakeCarrier())
    receive()
    receive("SM2", "STOP")

    assert month().used == Usage(1, 1, 1, 1, 1, 1)


def test_a_plan_that_stops_counts_queued_and_scheduled_texts_as_used() -> None:
    client(account := on("starter"))
    accept(account, "now")
    accept(account, "later", send_at=NOW + DAY)

    limit = month().limit

    assert limit
    assert (limit.included, limit.used, limit.left, limit.percent) == (100, 2, 98, 2)
    assert limit.frees_at == datetime(2026, 12, 1, 6, tzinfo=UTC)


def test_a_past_month_on_a_plan_that_stops_has_used_the_units_sent() -> None:
    on("starter")
    use("2026-11-22", units_sent=40, units_received=20)

    limit = month(now=DECEMBER).limit

    assert limit
    assert (limit.used, limit.left, limit.beyond, limit.percent) == (120, 0, 20, 120)


def test_the_current_month_has_a_forecast_from_a_studios_second_day_on() -> None:
    on("medium", joined=NOW - DAY)
    use("2026-11-21", units_sent=40)
    use("2026-11-22", units_sent=50)

    first, second, third = month(now=NOW - DAY).forecast, month().forecast, month(now=NOW + DAY).forecast

    assert (first, second) == (None, None)
    assert third
    assert (third.units_sent, third.days_looked_at, third.would_stop) == (120 + 150 + 8 * 150, 1, False)
    assert third.total_micros == 35_000_000 + 470 * 40_000


def test_a_plan_that_would_stop_is_advised_against_with_one_that_would_not() -> None:
    on("starter", joined=NOW - 10 * DAY)
    for day in range(15, 22):
        use(f"2026-11-{day}", units_sent=5)

    shown = month()

    assert shown.forecast
    assert shown.forecast.would_stop
    assert shown.advice
    assert "The Small plan would send all of them. If you change to it by 17:00" in shown.advice


def test_a_past_month_is_shown_with_its_cost_on_each_plan() -> None:
    on("medium")
    use("2026-11-22", units_sent=300, units_received=60)

    compared = month(now=DECEMBER).on_each_plan

    assert compared
    assert [(one.plan, one.total_micros, one.would_have_stopped) for one in compared.plans] == [
        ("starter", None, True),
        ("small", None, True),
        ("medium", 38_200_000, False),
        ("large", 90_000_000, False),
        ("volume", 250_000_000, False),
    ]
    assert (compared.cheapest, compared.saved_micros) == ("medium", 0)


def test_a_month_before_the_studio_joined_has_no_plan_and_no_amount() -> None:
    on("medium")

    before = month("2026-10")

    assert (before.plan, before.limit, before.total_micros) == (None, None, None)
    assert (before.forecast, before.on_each_plan, before.used) == (None, None, Usage())


@pytest.mark.parametrize("what", ["2026-13", "2026-1", "11-2026", "2026-11-22", "usage"])
@pytest.mark.parametrize("path", ["/usage/{}", "/usage/{}/texts"])
def test_a_malformed_month_is_refused(path: str, what: str) -> None:
    studio()

    answer = get(path.format(what))

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "month")


@pytest.mark.parametrize("path", ["/usage/2199-01", "/usage/2199-01/texts"])
def test_a_month_that_has_not_begun_is_refused(path: str) -> None:
    studio()

    answer = get(path)

    assert answer.status == 422
    assert answer.json["errors"] == [{"field": "month", "message": "2199-01 has not begun yet."}]


def test_a_studio_sees_its_own_usage_only() -> None:
    studio("10000001", created_at=LONG_AGO, plan_changes=(PlanChange(LONG_AGO, "medium"),))
    studio("10000002", created_at=LONG_AGO, plan_changes=(PlanChange(LONG_AGO, "large"),))
    use("2024-02-11", "10000002", texts_sent=1)

    mine = get("/usage/2024-02").json

    assert (mine["plan"], mine["used"]["texts_sent"]) == ("medium", 0)
    assert get("/usage").json["current"]["plan"] == "medium"


NOT_ENABLED = "You have not enabled SMS Text Messaging."


def test_without_an_account_the_panel_says_that_texting_is_not_enabled() -> None:
    answer = call(signup_api, "GET", "/panel")

    assert (answer.status, answer.json) == (200, {"enabled": False, "message": NOT_ENABLED})


def test_an_unknown_account_gets_the_panel_without_an_account() -> None:
    answer = get("/usage")

    assert answer.status == 200
    assert answer.json == {"enabled": False, "message": NOT_ENABLED, "current": None, "past": None}


def test_an_account_that_is_not_established_has_not_enabled_texting() -> None:
    studio(established_at=None)

    assert get("/usage").json["message"] == NOT_ENABLED


def test_a_closed_account_has_not_enabled_texting_and_still_sees_its_months() -> None:
    turns = (StatusChange(at=NOW, to=AccountStatus.CLOSED),)
    studio(
        status=AccountStatus.CLOSED,
        status_changes=turns,
        created_at=LONG_AGO,
        plan_changes=(PlanChange(LONG_AGO, "medium"),),
    )
    use("2026-11-01", texts_sent=1)

    panel = usage_api.panel_of(accounts.get("10000001"), NOW + DAY)

    assert (panel.enabled, panel.message) == (False, NOT_ENABLED)
    assert panel.current
    assert (panel.current.used.texts_sent, panel.current.forecast) == (3, None)


def test_the_panel_shows_a_suspended_account_the_reason() -> None:
    turns = (StatusChange(at=NOW, to=AccountStatus.SUSPENDED, reason="An invoice is open."),)
    studio(status=AccountStatus.SUSPENDED, status_changes=turns)

    panel = usage_api.panel_of(accounts.get("10000001"), NOW)

    assert not panel.enabled
    assert panel.message == "The operator has suspended this account, so it sends nothing: An invoice is open."
