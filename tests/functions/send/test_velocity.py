"""The hourly limit of an account's texts to one phone."""

from datetime import timedelta

import pytest

from accounts import settings_api
from longcode.accounts.account import Account
from longcode.carriers.carrier import RefusalReason, Refused
from longcode.message import MessageState
from longcode.numbers import store as numbers
from longcode.plans.plans import PlanChange
from sweeper import sweep_schedule
from tests.support.fakes import NOW, FakeCarrier, call, client, studio, take_queued
from tests.support.text_steps import accept, counted_units, deliver, stored

pytestmark = pytest.mark.account(texts_an_hour=3, plan_changes=(PlanChange(NOW, "starter"),))


def test_the_fourth_text_to_a_phone_within_an_hour_is_refused_and_not_charged(account: Account) -> None:
    sent = [accept(account, key) for key in "abcd"]
    carrier = FakeCarrier()

    deliver(carrier)

    ended = [stored(account, text.id) for text in sent]
    assert [text.state for text in ended] == [MessageState.SENT] * 3 + [MessageState.REFUSED]
    assert ended[3].error == "too_many_to_phone"
    assert (len(carrier.texts), counted_units(account)) == (3, 3)


def test_texts_sent_one_by_one_are_limited_until_an_hour_has_passed(account: Account) -> None:
    carrier = FakeCarrier()
    for minute in (0, 1, 2, 3, 61):
        accept(account, f"at-{minute}", now=NOW + timedelta(minutes=minute))
        deliver(carrier, NOW + timedelta(minutes=minute))

    assert len(carrier.texts) == 4


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
