"""Definite answers to try again: with pauses, until a text's end; or parked, until the operator lets it go on."""

import json
from datetime import timedelta

import pytest

from longcode.account import Account
from longcode.carriers.carrier import Refused, Sent, Uncertain, Why
from longcode.message import Held, State
from longcode.plans import Change
from longcode.table import keys, messages, store
from longcode.table.writes import Update
from send import due, release
from tests.fakes import NOW, FakeCarrier, LambdaContext, queued
from tests.functions.send.texts import accept, deliver, stored, units

pytestmark = pytest.mark.account(plan_changes=(Change(NOW, "small"),))

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
SUSPENDED = Refused(Why.PARKED, "30002")
BUSY = Refused(Why.TRY_AGAIN, "20429")


def reserved(account: Account) -> int:
    (allowance,) = store.query(keys.allowance(account.id, ""))
    return int(allowance["used"])


def test_a_text_is_tried_again_with_pauses_until_its_end_and_never_after_it(account: Account) -> None:
    message, carrier = accept(account), FakeCarrier(answers=[BUSY] * 100)
    deliver(carrier)
    pauses, at = [], NOW

    while due_at := stored(account, message.id).due_at:
        assert due_at <= NOW + 4 * HOUR
        pauses.append(due_at - at)
        at = due_at + SECOND
        due.sweep(at)
        deliver(carrier, at)

    expired = stored(account, message.id)
    assert (expired.state, expired.error, expired.charged_units) == (State.EXPIRED, "expired", 0)
    assert len(carrier.texts) == len(pauses)
    assert 16 <= len(pauses) <= 40
    assert [pause <= timedelta(minutes=15) for pause in pauses] == [True] * len(pauses)
    assert (units(account), reserved(account)) == (0, 0)


def test_a_parked_text_waits_and_the_carrier_is_not_asked_again(account: Account) -> None:
    message, carrier = accept(account), FakeCarrier(answers=[SUSPENDED])
    [job] = queued("send")
    deliver(carrier, jobs=[job])

    due.sweep(NOW + 3 * HOUR)
    deliver(carrier, NOW + 3 * HOUR)
    deliver(carrier, NOW + 3 * HOUR, jobs=[job, job.replace("}", ',"attempt":1}')])

    parked = stored(account, message.id)
    assert (parked.state, parked.held, parked.error) == (State.QUEUED, Held.PARKED, "30002")
    assert parked.due_at == NOW + 4 * HOUR
    assert len(carrier.texts) == 1


def test_a_parked_text_rings_the_alarm(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    accept(account)

    deliver(FakeCarrier(answers=[SUSPENDED]))

    assert "ParkedSends" in capsys.readouterr().out


def test_a_text_that_nobody_released_expires_as_parked_and_costs_nothing(account: Account) -> None:
    message, carrier = accept(account), FakeCarrier(answers=[SUSPENDED])
    deliver(carrier)

    due.sweep(NOW + 4 * HOUR + SECOND)
    deliver(carrier, NOW + 4 * HOUR + SECOND)

    expired = stored(account, message.id)
    assert (expired.state, expired.error, expired.held) == (State.EXPIRED, "parked", None)
    assert len(carrier.texts) == 1
    assert (units(account), reserved(account)) == (0, 0)


def test_released_texts_are_sent_once_however_often_they_are_released(account: Account) -> None:
    parked = [accept(account, key) for key in "abc"]
    carrier = FakeCarrier(answers=[SUSPENDED] * 3)
    deliver(carrier)

    counts = [release.release(NOW + HOUR), release.release(NOW + HOUR)]
    deliver(carrier, NOW + HOUR)

    assert counts == [3, 0]
    assert {stored(account, one.id).state for one in parked} == {State.SENT}
    assert len(carrier.texts) == 6
    assert units(account) == 3


def test_one_can_be_released_first_to_see_whether_the_carrier_takes_it(account: Account) -> None:
    for key in "abc":
        accept(account, key)
    carrier = FakeCarrier(answers=[SUSPENDED] * 4)
    deliver(carrier)

    count = release.release(NOW + HOUR, at_most=1)
    deliver(carrier, NOW + HOUR)

    assert count == 1
    assert len(carrier.texts) == 4
    assert release.release(NOW + 2 * HOUR) == 3


def test_only_parked_texts_are_released(account: Account) -> None:
    accept(account, "accepted")
    queued("send")
    accept(account, "retried")
    deliver(FakeCarrier(answers=[BUSY]))
    accept(account, "unheard of")
    deliver(FakeCarrier(answers=[Uncertain("timeout")]))

    assert release.release(NOW + SECOND) == 0


def test_a_text_that_cannot_be_read_keeps_no_other_from_being_released(account: Account) -> None:
    broken, whole = accept(account, "broken"), accept(account, "whole")
    deliver(FakeCarrier(answers=[SUSPENDED] * 2))
    store.write(Update(keys.message(account.id, broken.id), changes={"state": "lost"}))

    assert release.release(NOW + SECOND) == 1
    assert whole.id in queued("send")[0]


def test_the_operators_call_tells_how_many_went(account: Account) -> None:
    assert release.handler({"at_most": 5}, LambdaContext()) == {"released": 0}
    assert json.dumps(release.handler({}, LambdaContext())) == '{"released": 0}'


def test_a_parked_text_can_be_cancelled_and_is_not_released(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier(answers=[SUSPENDED]))
    messages.settle(stored(account, message.id), State.CANCELLED, finished_at=NOW)

    assert release.release(NOW + SECOND) == 0
    assert stored(account, message.id).state is State.CANCELLED


def test_a_released_text_that_the_carrier_takes_has_no_error_left(account: Account) -> None:
    message, carrier = accept(account), FakeCarrier(answers=[SUSPENDED, Sent("SM9")])
    deliver(carrier)
    release.release(NOW + HOUR)

    deliver(carrier, NOW + HOUR)

    sent = stored(account, message.id)
    assert (sent.state, sent.held, sent.error, sent.due_at) == (State.SENT, None, None, None)
