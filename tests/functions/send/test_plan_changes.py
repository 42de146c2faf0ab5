"""After a change of plan the limit counts all texts: sent, on their way, scheduled, or reserved by a broadcast."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.carriers.carrier import RefusalReason, Refused
from longcode.errors import RequestError
from longcode.message import Message, MessageState
from longcode.messages import accept
from longcode.plans.plans import PlanChange
from longcode.table import keys, store
from longcode.table.writes import read
from longcode.usage import store as quotas
from longcode.usage.usage import limits_at
from send import api
from sweeper import sweep_schedule
from tests.support import broadcast_steps
from tests.support.fakes import ACTOR, NOW, FakeCarrier, client, studio
from tests.support.local_aws import local_aws
from tests.support.text_steps import accept as text_steps_accept
from tests.support.text_steps import deliver

# Starter stops at 100 units, Small at 300; Medium, with 1,000, charges.

MINUTE = timedelta(minutes=1)
LATER = NOW + timedelta(days=2)
DECEMBER = datetime(2026, 12, 2, 15, 0, tzinfo=UTC)
BAD_NUMBER = Refused(RefusalReason.BAD_NUMBER, "21211")
_NOT_SENT = {MessageState.FAILED, MessageState.REFUSED, MessageState.CANCELLED, MessageState.EXPIRED}


def on(plan: str) -> Account:
    account = studio(plan_changes=(PlanChange(NOW - timedelta(days=1), plan),))
    client(account)
    return account


def change(account: Account, plan: str, at: datetime = NOW) -> None:
    accounts.change_plan(accounts.get_or_raise(account.id), PlanChange(at, plan), ACTOR)


def use(account: Account, units: int, key: str = "use", **fields: Any) -> list[Message]:
    """Accept texts of this many units, ten in a text."""
    return [
        text_steps_accept(account, f"{key}-{index}", body="a" * 160 * min(10, units - index), **fields)
        for index in range(0, units, 10)
    ]


def refused(account: Account, key: str, units: int = 1, now: datetime = NOW, send_at: datetime | None = None) -> str:
    """Return why a text is refused, or "" if it is not."""
    form = api.NewMessage(client_id="c1", body="a" * 160 * units, send_at=send_at)
    try:
        api.accept(account.id, form, key, now)
    except RequestError as refusal:
        return refusal.detail
    return ""


def stored_quota(account: Account) -> dict[str, Any]:
    return store.get(keys.quota(account.id, "2026-11")) or {}


def units_left(account: Account, now: datetime = NOW) -> int:
    """Return how many units are left in the month."""
    there = accounts.get_or_raise(account.id)
    plan = accept.plan_at(there, now)
    return plan.included_units - quotas.reserved(limits_at(there, plan, now))["used"]


@pytest.mark.long
@pytest.mark.usefixtures("aws")
def test_a_bigger_plan_takes_effect_at_once_and_keeps_the_usage() -> None:
    account = on("starter")
    use(account, 100)
    before = refused(account, "before")

    change(account, "small")
    use(account, 200, "more")

    assert "of the 100 units of the plan Starter" in before
    assert "of the 300 units of the plan Small" in refused(account, "past")


@pytest.mark.usefixtures("aws")
def test_a_plan_smaller_than_the_usage_refuses_every_further_text_with_the_reason() -> None:
    account = on("small")
    use(account, 150)

    change(account, "starter")

    assert "of the 100 units of the plan Starter for November 2026, of which none is left" in refused(account, "next")


@pytest.mark.usefixtures("aws")
def test_texts_on_their_way_at_a_change_of_plan_are_counted_within_minutes() -> None:
    account = on("medium")
    use(account, 10)
    deliver(FakeCarrier())
    for minute in (3, 9):
        sweep_schedule.sweep(NOW + minute * MINUTE)  # nothing more is used, so the next check is in an hour
    use(account, 20, "on-its-way", now=NOW + 10 * MINUTE)
    change(account, "starter", NOW + 11 * MINUTE)
    use(account, 30, "then", now=NOW + 11 * MINUTE)

    deliver(FakeCarrier(), NOW + 12 * MINUTE)
    sweep_schedule.sweep(NOW + 14 * MINUTE)

    assert stored_quota(account)["used"] == 60


@pytest.mark.usefixtures("aws")
def test_texts_scheduled_on_a_plan_that_charges_count_towards_the_next_plans_limit() -> None:
    account = on("medium")
    use(account, 30)
    deliver(FakeCarrier())
    use(account, 40, "later", send_at=LATER)

    change(account, "starter")

    assert units_left(account) == 30
    assert [bool(refused(account, f"k{index}", 10, send_at=LATER)) for index in range(4)] == [False] * 3 + [True]


@pytest.mark.usefixtures("aws")
def test_a_broadcast_on_a_plan_that_charges_is_counted_before_its_texts_are_written() -> None:
    account = on("medium")
    broadcast_steps.write_clients(account, 60)
    broadcast_id = broadcast_steps.create_broadcast(account, audience={"all": True, "except_tags": []})
    broadcast_steps.advance(steps=1)

    change(account, "starter")
    left = units_left(account)
    broadcast_steps.advance()

    planned = broadcast_steps.stored(account, broadcast_id)
    assert (planned.texts, left) == (61, 39)  # the client that every test has is in the audience too
    assert units_left(account) == 39


@pytest.mark.usefixtures("aws")
def test_a_text_on_its_way_when_a_limit_begins_is_counted_at_the_first_check_after_it_is_sent() -> None:
    account = on("medium")
    use(account, 10)

    change(account, "starter")
    use(account, 90, "on the new plan")
    before = units_left(account)
    deliver(FakeCarrier())
    sweep_schedule.sweep(NOW + 10 * MINUTE)

    assert (before, units_left(account)) == (10, 0)
    assert refused(account, "past") != ""


@pytest.mark.usefixtures("aws")
def test_texts_sent_between_two_plans_that_stop_are_counted() -> None:
    account = on("starter")
    use(account, 20, "first")
    deliver(FakeCarrier())

    change(account, "medium")
    use(account, 50, "between")
    deliver(FakeCarrier())
    change(account, "starter", NOW + MINUTE)

    assert units_left(account) == 30


@pytest.mark.usefixtures("aws")
def test_a_text_cancelled_after_a_change_of_plan_releases_its_units_on_the_new_plan() -> None:
    account = on("starter")
    texts = use(account, 100, send_at=LATER)
    change(account, "small")
    use(account, 200, "more")

    api.cancel(account.id, texts[0].id, NOW)

    assert units_left(account) == 10
    assert [bool(refused(account, key, units=10)) for key in ("fits", "past")] == [False, True]


@pytest.mark.usefixtures("aws")
def test_a_text_accepted_on_one_plan_that_fails_on_the_next_releases_its_units_on_the_third() -> None:
    account = on("starter")
    use(account, 30)
    change(account, "medium")

    deliver(FakeCarrier(answers=[BAD_NUMBER]))
    change(account, "starter", NOW + MINUTE)

    assert units_left(account) == 80


@pytest.mark.usefixtures("aws")
def test_a_change_after_the_cut_off_applies_to_next_months_texts_only() -> None:
    account = on("starter")
    cut_off = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    use(account, 100, "november", now=cut_off)
    use(account, 100, "december", now=cut_off, send_at=DECEMBER)

    change(account, "small", cut_off + timedelta(seconds=1))
    then = cut_off + MINUTE

    assert "of the 100 units of the plan Starter" in refused(account, "now", now=then)
    assert [bool(refused(account, f"d{index}", 10, then, DECEMBER)) for index in range(21)] == [False] * 20 + [True]


@pytest.mark.usefixtures("aws")
def test_texts_scheduled_for_next_month_count_towards_the_limit_that_month_finally_has() -> None:
    account = on("medium")
    use(account, 95, "december", send_at=DECEMBER)

    change(account, "starter", NOW)
    sweep_schedule.sweep(DECEMBER - timedelta(days=1))

    assert [bool(refused(account, key, 5, NOW, DECEMBER)) for key in ("fits", "past")] == [False, True]


@pytest.mark.usefixtures("aws")
def test_a_text_reserved_in_one_month_and_sent_in_the_next_counts_in_the_next() -> None:
    account = on("starter")
    midnight = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
    use(account, 10, now=midnight - MINUTE)
    use(account, 10, "then", now=midnight + MINUTE)

    deliver(FakeCarrier(), midnight + MINUTE)
    sweep_schedule.sweep(midnight + 10 * MINUTE)

    assert units_left(account, midnight + 10 * MINUTE) == 80


OFTEN = st.sampled_from(["send", "send", "later", "deliver", "fail", "cancel", "starter", "small", "medium", "look"])


@pytest.mark.long
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(OFTEN, st.integers(1, 9)), min_size=4, max_size=14))
def test_the_counter_equals_sent_plus_reserved_units_whatever_happens(steps: list[tuple[str, int]]) -> None:
    with local_aws():
        account = on("starter")

        for place, (step, units) in enumerate(steps):
            live(account, step, units, place)
        deliver(FakeCarrier(), NOW)
        change(account, "starter", NOW + timedelta(minutes=50))

        assert units_left(account) == 100 - sum(text.units for text in texts(account) if text.state not in _NOT_SENT)


def live(account: Account, step: str, units: int, place: int) -> None:
    match step:
        case "send" | "later":
            refused(account, f"k{place}", units, send_at=LATER if step == "later" else None)
        case "deliver":
            deliver(FakeCarrier(), NOW)
        case "fail":
            deliver(FakeCarrier(answers=[BAD_NUMBER] * 20), NOW)
        case "cancel":
            for text in texts(account)[:2]:
                if text.state in (MessageState.SCHEDULED, MessageState.ACCEPTED):
                    api.cancel(account.id, text.id, NOW)
        case "look":
            sweep_schedule.sweep(NOW + timedelta(minutes=3 * place))
        case plan:
            change(account, plan, NOW + timedelta(minutes=place))


def texts(account: Account) -> list[Message]:
    return [read(Message, item) for item in store.query(keys.message(account.id))]
