"""Scheduled texts wait on the due index, are sent at their time, and can be cancelled until then."""

from datetime import UTC, datetime, timedelta

import pytest

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.message import MessageState
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from longcode.plans import store as price_list
from longcode.plans.plans import PlanChange
from longcode.usage import store as quotas
from longcode.usage.usage import limits_at
from send import api
from sweeper import sweep_schedule
from tests.support.fakes import NOW, ApiResponse, FakeCarrier, call, client, studio, take_queued
from tests.support.text_steps import accept, counted_units, deliver, stored

MORNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def post(account: Account, send_at: str) -> ApiResponse:
    form = {"client_id": "c1", "body": "Hello", "send_at": send_at}
    return call(api, "POST", "/messages", form, account=account.id)


@pytest.mark.parametrize(("given", "goes_over"), [(None, "+15555550100"), ("+15555550178", "+15555550178")])
def test_a_scheduled_text_is_not_sent_from_a_number_that_is_no_longer_the_accounts(
    account: Account, given: str | None, goes_over: str
) -> None:
    numbers.dedicate(account, "+15555550177", NOW)
    accept(accounts.get_or_raise(account.id), send_at=MORNING + timedelta(days=40))
    numbers.dedicate(accounts.get_or_raise(account.id), given, NOW)
    numbers.dedicate(studio("10000002"), "+15555550177", NOW + timedelta(days=31))
    carrier, then = FakeCarrier(), MORNING + timedelta(days=40, seconds=30)

    sweep_schedule.sweep(then)
    deliver(carrier, then)

    assert [text.origin for text in carrier.texts] == [goes_over]


def test_a_scheduled_text_is_sent_at_its_time(account: Account) -> None:
    message = accept(account, send_at=MORNING)
    carrier = FakeCarrier()

    sweep_schedule.sweep(MORNING - timedelta(seconds=1))
    before = take_queued("send")
    sweep_schedule.sweep(MORNING + timedelta(seconds=30))
    deliver(carrier, MORNING + timedelta(seconds=31))

    assert message.state is MessageState.SCHEDULED
    assert before == []
    assert stored(account, message.id).state is MessageState.SENT
    assert [text.valid_seconds for text in carrier.texts] == [14369]


def test_a_scheduled_text_counts_in_the_month_in_which_it_is_sent(account: Account) -> None:
    december = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
    accept(account, send_at=december)

    sweep_schedule.sweep(december + timedelta(minutes=1))
    deliver(FakeCarrier(), december + timedelta(minutes=1))

    assert (counted_units(account, "2026-11"), counted_units(account, "2026-12")) == (0, 1)


def test_a_text_scheduled_for_next_month_counts_towards_next_months_limit(aws: None) -> None:
    account = studio(plan_changes=(PlanChange(NOW, "starter"),))
    client(account)

    message = accept(account, send_at=datetime(2026, 12, 1, 15, 0, tzinfo=UTC))

    assert (message.reserved_in, message.reserved_of) == ("2026-12", ("used",))


def test_a_text_not_sent_for_four_hours_expires_with_the_reason(account: Account) -> None:
    message = accept(account, send_at=MORNING)

    sweep_schedule.sweep(MORNING + timedelta(hours=4, seconds=1))

    dropped = stored(account, message.id)
    assert (dropped.state, dropped.error, dropped.due_at) == (MessageState.EXPIRED, "expired", None)
    assert take_queued("send") == []


@pytest.mark.parametrize(
    ("send_at", "code"),
    [
        ("2020-01-01T00:00:00Z", "bad_time"),
        ("2099-01-01T00:00:00Z", "bad_time"),
        ("2030-01-01T00:00:00", "invalid"),
        ("tomorrow", "invalid"),
        ("", "invalid"),
    ],
)
def test_an_invalid_time_is_refused_with_its_field(account: Account, send_at: str, code: str) -> None:
    answer = post(account, send_at)

    assert (answer.status, answer.json["code"]) == (422, code)
    assert answer.json["errors"][0]["field"] == "send_at"


def test_a_scheduled_text_can_be_cancelled_and_releases_its_units(aws: None) -> None:
    account = studio(plan_changes=(PlanChange(NOW, "starter"),))
    client(account)
    message = accept(account, send_at=MORNING)

    answers = [call(api, "DELETE", f"/messages/{message.id}", account=account.id).status for _ in "12"]
    sweep_schedule.sweep(MORNING + timedelta(minutes=1))

    assert answers == [204, 204]
    assert stored(account, message.id).state is MessageState.CANCELLED
    assert take_queued("send") == []
    assert quotas.reserved(limits_at(account, price_list.of_month("2026-11")["starter"], MORNING)) == {"used": 0}


def test_a_text_cancelled_while_queued_is_not_sent(account: Account) -> None:
    message = accept(account)
    carrier = FakeCarrier()

    api.cancel(account.id, message.id, NOW)
    deliver(carrier)

    assert carrier.texts == []
    assert stored(account, message.id).state is MessageState.CANCELLED


def test_a_sent_text_cannot_be_cancelled(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier())

    answer = call(api, "DELETE", f"/messages/{message.id}", account=account.id)

    assert (answer.status, answer.json["code"]) == (409, "too_late")
    assert stored(account, message.id).state is MessageState.SENT


def test_a_claimed_text_cannot_be_cancelled(account: Account) -> None:
    message = accept(account)
    messages.claim(message, "a", NOW, NOW + timedelta(seconds=60))

    assert call(api, "DELETE", f"/messages/{message.id}", account=account.id).status == 409


def test_cancelling_another_studios_text_gets_the_same_refusal_as_an_absent_one(account: Account) -> None:
    message, other = accept(account), studio("10000002")

    theirs = call(api, "DELETE", f"/messages/{message.id}", account=other.id)
    nobodys = call(api, "DELETE", "/messages/nothing", account=other.id)

    assert (theirs.status, nobodys.status) == (404, 404)
    assert theirs.json["code"] == nobodys.json["code"] == "not_found"
    assert stored(account, message.id).state is MessageState.ACCEPTED
