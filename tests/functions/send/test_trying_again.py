"""Refused texts that are tried again: with pauses until they expire, or parked until the operator releases them."""

from datetime import timedelta

import pytest

from longcode.accounts.account import Account
from longcode.carriers.carrier import RefusalReason, Refused
from longcode.message import HoldReason, MessageState
from longcode.plans.plans import PlanChange
from longcode.table import keys, store
from sweeper import sweep_schedule
from tests.support.fakes import NOW, FakeCarrier, take_queued
from tests.support.text_steps import accept, counted_units, deliver, stored

pytestmark = pytest.mark.account(plan_changes=(PlanChange(NOW, "small"),))

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
SUSPENDED = Refused(RefusalReason.PARKED, "30002")
BUSY = Refused(RefusalReason.TRY_AGAIN, "20429")


def reserved(account: Account) -> int:
    (allowance,) = store.query(keys.quota(account.id, ""))
    return int(allowance["used"])


@pytest.mark.long
def test_a_text_is_retried_with_pauses_until_it_expires_and_not_after(account: Account) -> None:
    message, carrier = accept(account), FakeCarrier(answers=[BUSY] * 100)
    deliver(carrier)
    pauses, at = [], NOW

    while due_at := stored(account, message.id).due_at:
        assert due_at <= NOW + 4 * HOUR
        pauses.append(due_at - at)
        at = due_at + SECOND
        sweep_schedule.sweep(at)
        deliver(carrier, at)

    expired = stored(account, message.id)
    assert (expired.state, expired.error, expired.charged_units) == (MessageState.EXPIRED, "expired", 0)
    assert len(carrier.texts) == len(pauses)
    assert 16 <= len(pauses) <= 40
    assert [pause <= timedelta(minutes=15) for pause in pauses] == [True] * len(pauses)
    assert (counted_units(account), reserved(account)) == (0, 0)


def test_a_parked_text_waits_without_calling_the_carrier(account: Account) -> None:
    message, carrier = accept(account), FakeCarrier(answers=[SUSPENDED])
    [job] = take_queued("send")
    deliver(carrier, jobs=[job])

    sweep_schedule.sweep(NOW + 3 * HOUR)
    deliver(carrier, NOW + 3 * HOUR)
    deliver(carrier, NOW + 3 * HOUR, jobs=[job, job.replace("}", ',"attempt":1}')])

    parked = stored(account, message.id)
    assert (parked.state, parked.held, parked.error) == (MessageState.QUEUED, HoldReason.PARKED, "twilio:30002")
    assert parked.due_at == NOW + 4 * HOUR
    assert len(carrier.texts) == 1


def test_a_parked_text_raises_an_alarm(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    accept(account)

    deliver(FakeCarrier(answers=[SUSPENDED]))

    assert "ParkedSends" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("reason", "counted"),
    [
        (RefusalReason.BAD_NUMBER, ["RefusedTexts"]),
        (RefusalReason.FILTERED, ["RefusedTexts", "FilteredTexts"]),
        (RefusalReason.OPTED_OUT, []),
    ],
)
def test_a_refused_text_counts_for_the_alarms_and_an_opt_out_does_not(
    account: Account, capsys: pytest.CaptureFixture[str], reason: RefusalReason, counted: list[str]
) -> None:
    accept(account)

    deliver(FakeCarrier(answers=[Refused(reason, "1")]))

    said = capsys.readouterr().out
    assert [name for name in ("RefusedTexts", "FilteredTexts") if name in said] == counted


def test_a_parked_text_that_is_not_released_expires_without_charge(account: Account) -> None:
    message, carrier = accept(account), FakeCarrier(answers=[SUSPENDED])
    deliver(carrier)

    sweep_schedule.sweep(NOW + 4 * HOUR + SECOND)
    deliver(carrier, NOW + 4 * HOUR + SECOND)

    expired = stored(account, message.id)
    assert (expired.state, expired.error, expired.held) == (MessageState.EXPIRED, "parked", None)
    assert len(carrier.texts) == 1
    assert (counted_units(account), reserved(account)) == (0, 0)
