"""The order texts.release queues parked texts again, each once."""

from datetime import datetime, timedelta

import pytest

from longcode.accounts.account import Account
from longcode.carriers.carrier import RefusalReason, Refused, Sent, Uncertain
from longcode.message import MessageState
from longcode.messages import store as messages
from longcode.plans.plans import PlanChange
from longcode.table import keys, store
from longcode.table.writes import Update
from tests.support.admin_orders import send_accepted_order
from tests.support.fakes import NOW, FakeCarrier, client, studio, take_queued
from tests.support.text_steps import accept, counted_units, deliver, stored

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
SUSPENDED = Refused(RefusalReason.PARKED, "30002")
BUSY = Refused(RefusalReason.TRY_AGAIN, "20429")


@pytest.fixture
def account(aws: None) -> Account:
    """Return a studio with a client, on a plan that stops."""
    account = studio(plan_changes=(PlanChange(NOW, "small"),))
    client(account)
    return account


def released(now: datetime, at_most: int | None = None) -> int:
    return int(send_accepted_order("texts.release", now, at_most=at_most)["released"])


def test_texts_released_twice_are_sent_once(account: Account) -> None:
    parked = [accept(account, key) for key in "abc"]
    carrier = FakeCarrier(answers=[SUSPENDED] * 3)
    deliver(carrier)

    counts = [released(NOW + HOUR), released(NOW + HOUR)]
    deliver(carrier, NOW + HOUR)

    assert counts == [3, 0]
    assert {stored(account, one.id).state for one in parked} == {MessageState.SENT}
    assert len(carrier.texts) == 6
    assert counted_units(account) == 3


def test_at_most_limits_how_many_texts_are_released(account: Account) -> None:
    for key in "abc":
        accept(account, key)
    carrier = FakeCarrier(answers=[SUSPENDED] * 4)
    deliver(carrier)

    count = released(NOW + HOUR, at_most=1)
    deliver(carrier, NOW + HOUR)

    assert count == 1
    assert len(carrier.texts) == 4
    assert released(NOW + 2 * HOUR) == 3


def test_only_parked_texts_are_released(account: Account) -> None:
    accept(account, "accepted")
    take_queued("send")
    accept(account, "retried")
    deliver(FakeCarrier(answers=[BUSY]))
    accept(account, "unheard of")
    deliver(FakeCarrier(answers=[Uncertain("timeout")]))

    assert released(NOW + SECOND) == 0


def test_an_unreadable_text_does_not_keep_others_from_being_released(account: Account) -> None:
    broken, whole = accept(account, "broken"), accept(account, "whole")
    deliver(FakeCarrier(answers=[SUSPENDED] * 2))
    store.write(Update(keys.message(account.id, broken.id), changes={"state": "lost"}))

    assert released(NOW + SECOND) == 1
    assert whole.id in take_queued("send")[0]


def test_a_parked_text_that_was_cancelled_is_not_released(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier(answers=[SUSPENDED]))
    messages.end_unsent(stored(account, message.id), MessageState.CANCELLED, finished_at=NOW)

    assert released(NOW + SECOND) == 0
    assert stored(account, message.id).state is MessageState.CANCELLED


def test_a_released_text_that_the_carrier_accepts_has_no_error(account: Account) -> None:
    message, carrier = accept(account), FakeCarrier(answers=[SUSPENDED, Sent("SM9")])
    deliver(carrier)
    released(NOW + HOUR)

    deliver(carrier, NOW + HOUR)

    sent = stored(account, message.id)
    assert (sent.state, sent.held, sent.error, sent.due_at) == (MessageState.SENT, None, None, None)
