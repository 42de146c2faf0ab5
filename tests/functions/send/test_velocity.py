"""The hourly limit of an account's texts to one phone."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import settings_api
from longcode.accounts.account import Account
from longcode.carriers.carrier import RefusalReason, Refused
from longcode.errors import TooManyToPhone
from longcode.message import MessageState
from longcode.numbers import store as numbers
from longcode.plans.plans import PlanChange
from send import api
from sweeper import sweep_schedule
from tests.support.crashes import recorded_calls
from tests.support.fakes import NOW, FakeCarrier, call, client, studio, take_queued
from tests.support.text_steps import accept, counted_units, deliver, stored

MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.account(texts_an_hour=3, plan_changes=(PlanChange(NOW, "starter"),))


def test_the_fourth_text_to_a_phone_within_an_hour_is_refused_and_not_charged(account: Account) -> None:
    sent = [accept(account, key) for key in "abcd"]
    carrier = FakeCarrier()

    deliver(carrier)

    ended = [stored(account, text.id) for text in sent]
    assert [text.state for text in ended] == [MessageState.SENT] * 3 + [MessageState.REFUSED]
    assert ended[3].error == "too_many_to_phone"
    assert (len(carrier.texts), counted_units(account)) == (3, 3)


@pytest.fixture(params=["shared", "own"])
def number(request: pytest.FixtureRequest, account: Account) -> str:
    """Dedicate a number to the account, or leave it the shared ones."""
    if request.param == "own":
        numbers.dedicate(account, "+15555550177", NOW - timedelta(days=1))
    return str(request.param)


def test_texts_sent_one_by_one_are_refused_at_once_until_an_hour_has_passed(account: Account, number: str) -> None:
    carrier = FakeCarrier()
    for minute in (0, 1, 2):
        accept(account, f"at-{minute}", now=NOW + minute * MINUTE)
        deliver(carrier, NOW + minute * MINUTE)

    for minute in (3, 59):
        with pytest.raises(TooManyToPhone) as refused:
            accept(account, f"at-{minute}", now=NOW + minute * MINUTE)
        assert refused.value.frees_at == NOW + 60 * MINUTE
        shown = api.preview(account.id, api.NewMessage(client_id="c1", body="Hello"), NOW + minute * MINUTE)
        assert (shown.may_be_sent, shown.code) == (False, "too_many_to_phone")
        assert shown.frees_at == NOW + 60 * MINUTE
    accept(account, "at-61", now=NOW + 61 * MINUTE)
    deliver(carrier, NOW + 61 * MINUTE)

    assert len(carrier.texts) == 4


def test_a_text_scheduled_for_when_the_hour_is_over_is_accepted(account: Account) -> None:
    for key in "abc":
        accept(account, key)
    deliver(FakeCarrier())

    with pytest.raises(TooManyToPhone):
        accept(account, "soon", now=NOW + MINUTE, send_at=NOW + 30 * MINUTE)
    later = accept(account, "later", now=NOW + MINUTE, send_at=NOW + 60 * MINUTE)

    assert later.state is MessageState.SCHEDULED


def test_an_hour_that_is_filled_long_after_another_is_noted(account: Account) -> None:
    client(account, "c2", "+12125550199")
    for at, client_id in ((NOW, "c1"), (NOW + 50 * MINUTE, "c2")):
        for key in "abc":
            accept(account, f"{client_id}-{key}", now=at, client_id=client_id)
        deliver(FakeCarrier(), at)

    with pytest.raises(TooManyToPhone):
        accept(account, "d", now=NOW + 109 * MINUTE, client_id="c2")
    assert accept(account, "e", now=NOW + 110 * MINUTE, client_id="c2")


def test_a_clients_other_phone_gets_the_text_and_the_crowded_one_is_skipped(account: Account) -> None:
    client(account, "c2", "+12125550123", "+12125550199")
    for key in "abc":
        accept(account, key)
    deliver(FakeCarrier())

    form = api.NewMessage(client_id="c2", body="Hello")
    shown = api.preview(account.id, form, NOW + MINUTE)
    accepted = api.accept(account.id, form, "d", NOW + MINUTE)
    repeated = api.accept(account.id, form, "d", NOW + MINUTE)
    to_number = api.preview(account.id, api.NewMessage(to="+12125550123", body="Hello"), NOW + MINUTE)

    assert shown.phones == ("+12125550199",)
    assert [(one.phone, one.code) for one in shown.skipped] == [("+12125550123", "too_many_to_phone")]
    assert [text.phone for text in accepted.messages] == ["+12125550199"]
    assert accepted.skipped == list(shown.skipped)
    assert repeated == accepted
    assert to_number.code == "too_many_to_phone"


def test_a_lower_limit_counts_for_the_texts_that_were_sent_before_it(account: Account) -> None:
    now = datetime.now(UTC)
    for key in "ab":
        accept(account, key, now=now)
    deliver(FakeCarrier(), now)

    call(settings_api, "PATCH", "/account", {"texts_an_hour": 2}, account=account.id)

    answer = call(api, "POST", "/messages", {"client_id": "c1", "body": "Hello"}, account=account.id)
    assert (answer.status, answer.json["code"]) == (409, "too_many_to_phone")
    assert answer.json["errors"][0]["field"] == "client_id"
    assert answer.json["frees_at"]


def test_a_text_takes_three_calls_before_the_202_unless_a_phone_may_be_crowded(account: Account) -> None:
    client(account, "c2", "+12125550199")
    for key in "abc":
        accept(account, f"c1-{key}")
    with recorded_calls() as before:
        accept(account, "a", client_id="c2")
    deliver(FakeCarrier())

    with recorded_calls() as crowded, pytest.raises(TooManyToPhone):
        accept(account, "d", now=NOW + MINUTE)

    assert len(before) == 4  # with the one by which the test reads the text
    assert len(crowded) == 2


def test_another_phone_and_another_studio_have_their_own_hourly_limits(account: Account) -> None:
    other = studio("10000002")
    client(other)
    numbers.dedicate(other, "+15555550177", NOW)
    client(account, "c2", "+12125550199")
    for key in "abc":
        accept(account, key)
    accept(account, "d", client_id="c2")
    accept(other)
    carrier = FakeCarrier()

    deliver(carrier)

    assert len(carrier.texts) == 5


def test_a_retried_text_counts_once_towards_the_hourly_limit(account: Account) -> None:
    first, carrier = accept(account), FakeCarrier(answers=[Refused(RefusalReason.TRY_AGAIN, "20429")] * 3)
    for minute in range(0, 12, 3):
        sweep_schedule.sweep(NOW + timedelta(minutes=minute))
        deliver(carrier, NOW + timedelta(minutes=minute))
    for key in "bc":
        accept(account, key, now=NOW + timedelta(minutes=12))

    deliver(carrier, NOW + timedelta(minutes=12))

    assert stored(account, first.id).state is MessageState.SENT
    assert len(carrier.texts) == 4 + 2


def test_a_repeated_job_counts_once_towards_the_hourly_limit(account: Account) -> None:
    accept(account)
    jobs = take_queued("send")
    carrier = FakeCarrier()

    deliver(carrier, jobs=jobs * 5)
    for key in "bc":
        accept(account, key)
    deliver(carrier)

    assert len(carrier.texts) == 3


def test_a_studio_sets_its_own_hourly_limit_within_ours(account: Account) -> None:
    answers = [
        call(settings_api, "PATCH", "/account", {"texts_an_hour": most}, account=account.id)
        for most in (1, 20, 0, 21)
    ]

    assert [answer.status for answer in answers] == [200, 200, 422, 422]
    assert answers[3].json["errors"][0]["field"] == "texts_an_hour"
