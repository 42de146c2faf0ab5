from contextlib import suppress
from datetime import timedelta

import pytest

from longcode.accounts.account import Account
from longcode.carriers.carrier import Receipt, SendResult, Text
from longcode.message import MessageState
from send import api, receipts
from sweeper import sweep_schedule
from tests.support.crashes import Killed, every_crash, recorded_calls
from tests.support.fakes import NOW, FakeCarrier, take_queued
from tests.support.text_steps import counted_units, deliver, stored

FINAL = {MessageState.SENT, MessageState.DELIVERED, MessageState.FAILED}
CALLS = 10  # accept: read, write, enqueue; deliver: read, checks, last text, throughput, segments, claim, record


class WorkerKillingCarrier(FakeCarrier):
    """A carrier that takes a text and kills the worker before it gets the answer."""

    def send(self, text: Text) -> SendResult:
        super().send(text)
        raise Killed


def accept(account: Account, key: str) -> str:
    form = api.NewMessage(client_id="c1", body="Hello")
    return api.accept(account.id, form, key, NOW).messages[0].id


def heal(account: Account, carrier: FakeCarrier, jobs: list[str]) -> None:
    """Do what follows a crash: the queue delivers its jobs again, the sweeper runs, receipts come, deadlines pass."""
    deliver(carrier, NOW + timedelta(minutes=1), jobs)
    for minute in (3, 6):
        at = NOW + timedelta(minutes=minute)
        sweep_schedule.sweep(at)
        deliver(carrier, at)
    for text in carrier.texts:
        receipts.apply_receipt(
            Receipt(carrier="twilio", reference=text.reference, carrier_id="SM1", state=MessageState.DELIVERED), at
        )
    for minute in (20, 30):
        sweep_schedule.sweep(NOW + timedelta(minutes=minute))
        deliver(carrier, NOW + timedelta(minutes=minute))


@pytest.mark.long
def test_a_text_whose_worker_is_killed_anywhere_is_sent_at_most_once_and_ends(
    account: Account,
) -> None:
    for crash in every_crash():
        carrier, jobs = FakeCarrier(), list[str]()
        with crash:
            message_id = accept(account, "key")
            jobs = [f'{{"account":"10000001","message_id":"{message_id}"}}']
            deliver(carrier, jobs=jobs)
        message_id = accept(account, "key")  # the studio's software repeats the request
        heal(account, carrier, jobs or take_queued("send"))

        message = stored(account, message_id)
        assert len(carrier.texts) <= 1
        assert message.state in FINAL
        assert bool(carrier.texts) == (message.state is MessageState.DELIVERED)
        assert counted_units(account) == len(carrier.texts)


def test_a_text_whose_worker_is_killed_before_its_record_is_not_sent_again(
    account: Account,
) -> None:
    message_id = accept(account, "key")
    carrier, jobs = WorkerKillingCarrier(), take_queued("send")

    with suppress(Killed):
        deliver(carrier, jobs=jobs)
    heal(account, carrier, jobs)

    assert len(carrier.texts) == 1
    assert stored(account, message_id).state is MessageState.DELIVERED
    assert counted_units(account) == 1


def test_a_text_takes_at_most_ten_calls(account: Account) -> None:
    with recorded_calls() as calls:
        accept(account, "key")
        deliver(FakeCarrier())

    made = [call for call in calls if call not in ("ReceiveMessage", "DeleteMessage")]  # the queue's own
    assert len(made) <= CALLS  # of a worker that has just started
    # The month's first text starts the checks of its usage, in the same transaction.
    assert made[:3] == ["BatchGetItem", "TransactWriteItems", "SendMessageBatch"]
    assert made[-2:] == ["UpdateItem", "TransactWriteItems"]
