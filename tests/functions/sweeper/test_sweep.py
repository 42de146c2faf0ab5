import json
from datetime import timedelta
from pathlib import Path

import pytest

from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.carriers.carrier import RefusalReason, Refused, Uncertain
from longcode.message import MessageState
from longcode.messages import store as messages
from longcode.table import keys
from longcode.table.store import write
from longcode.table.writes import Update
from sweeper import sweep_schedule
from tests.support.aws_calls import failing
from tests.support.fakes import NOW, FakeCarrier, LambdaContext, studio, take_queued
from tests.support.readers import log_lines
from tests.support.text_steps import accept, counted_units, deliver, stored

pytestmark = pytest.mark.account(watched_month="2026-11")

EVENT = json.loads((Path(__file__).parents[3] / "events" / "schedule_sweep.json").read_text())
LATER = NOW + timedelta(minutes=2, seconds=1)


@pytest.mark.account(watched_month="9999-12")  # the sweep has the real clock, and is to find the text alone
def test_a_scheduled_sweep_enqueues_a_text_whose_job_was_lost(account: Account) -> None:
    accept(account, now=clients.now() - timedelta(minutes=5))
    lost = take_queued("send")

    answer = sweep_schedule.handler(EVENT, LambdaContext())

    assert answer == {"swept": 1}
    assert take_queued("send") == lost


def test_a_text_is_not_enqueued_before_it_is_due(account: Account) -> None:
    accept(account)
    take_queued("send")

    assert sweep_schedule.sweep(NOW + timedelta(minutes=2)) == 0


def test_a_text_whose_enqueueing_crashed_is_sent_once(account: Account) -> None:
    with failing("sqs", "SendMessageBatch", "ServiceUnavailable"):
        message = accept(account)
    carrier = FakeCarrier()

    sweep_schedule.sweep(LATER)
    deliver(carrier, LATER)
    sweep_schedule.sweep(LATER + timedelta(hours=5))

    assert stored(account, message.id).state is MessageState.SENT
    assert len(carrier.texts) == 1


def test_a_text_whose_sweeper_crashed_before_enqueueing_is_enqueued_by_the_next(account: Account) -> None:
    accept(account)
    take_queued("send")
    with failing("sqs", "SendMessageBatch", "AccessDenied"), pytest.raises(sweep_schedule.NotSwept):
        sweep_schedule.sweep(LATER)

    sweep_schedule.sweep(LATER + timedelta(minutes=2, seconds=1))

    assert len(take_queued("send")) == 1


@pytest.mark.parametrize("at_once", [1, 8])
def test_the_sweep_goes_on_past_items_that_fail(
    account: Account, at_once: int, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(6):
        accept(account, f"k{number}")
    take_queued("send")

    with (
        failing("sqs", "SendMessageBatch", "AccessDenied", times=2),
        pytest.raises(sweep_schedule.NotSwept, match="2 of 6 due items"),
    ):
        sweep_schedule.sweep(LATER, at_once)

    assert len(take_queued("send")) == 4
    assert [record.__dict__["reason"] for record in caplog.records if record.msg == "not swept"] == [
        "ClientError"
    ] * 2
    [swept] = [record.__dict__ for record in caplog.records if record.msg == "swept"]
    assert (swept["items"], swept["failed"]) == (6, 2)


def test_two_sweepers_enqueue_a_text_once(account: Account) -> None:
    message = accept(account)
    take_queued("send")

    sweep_schedule.advance(message, LATER)
    sweep_schedule.advance(message, LATER)

    assert len(take_queued("send")) == 1


def test_a_sweeper_that_read_a_text_before_its_claim_leaves_it_alone(account: Account) -> None:
    message = accept(account)
    take_queued("send")
    messages.claim(message, "a", NOW, NOW + timedelta(seconds=60))

    sweep_schedule.advance(message, LATER)

    assert stored(account, message.id).state is MessageState.SENDING
    assert take_queued("send") == []


def test_a_sweeper_that_read_a_retry_before_it_was_rescheduled_leaves_it_alone(account: Account) -> None:
    accept(account)
    carrier = FakeCarrier(answers=[Refused(RefusalReason.TRY_AGAIN, "429")] * 2)
    deliver(carrier)
    sweep_schedule.sweep(NOW + timedelta(seconds=31))
    [job] = take_queued("send")
    read_before = stored(account, job.split('"message_id":"')[1].split('"')[0])
    at = NOW + timedelta(minutes=10)
    deliver(carrier, at, jobs=[job])

    sweep_schedule.advance(read_before, at)

    assert take_queued("send") == []
    assert stored(account, read_before.id).attempt == 2


def test_a_text_whose_worker_died_becomes_uncertain_then_fails_and_is_never_resent(account: Account) -> None:
    message = accept(account)
    [job] = take_queued("send")
    messages.claim(message, "dead", NOW, NOW + timedelta(seconds=60))

    sweep_schedule.sweep(LATER)
    uncertain = stored(account, message.id)
    carrier = FakeCarrier()
    deliver(carrier, LATER, jobs=[job])
    over = LATER + timedelta(minutes=15, seconds=1)
    sweep_schedule.sweep(over)
    deliver(carrier, over)

    assert (uncertain.state, uncertain.deadline) == (MessageState.UNCERTAIN, LATER + timedelta(minutes=15))
    assert stored(account, message.id).state is MessageState.FAILED
    assert carrier.texts == []
    assert counted_units(account) == 0


def test_a_text_whose_lease_lasts_beyond_the_first_sweep_is_left_alone(account: Account) -> None:
    message = accept(account)
    claimed_at = NOW + timedelta(minutes=1, seconds=50)
    messages.claim(message, "a", claimed_at, claimed_at + timedelta(seconds=60))

    sweep_schedule.sweep(LATER)

    assert stored(account, message.id).state is MessageState.SENDING


def test_a_receipt_in_time_keeps_an_uncertain_text_from_failing(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier(answers=[Uncertain("timeout")]))
    messages.record(stored(account, message.id), MessageState.DELIVERED)

    swept = sweep_schedule.sweep(NOW + timedelta(minutes=16))

    assert swept == 0
    assert stored(account, message.id).state is MessageState.DELIVERED


def test_an_unreadable_item_is_put_aside_with_an_alarm_and_the_others_are_handled(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    broken, whole = accept(account, "broken", body="Secret words"), accept(account, "whole")
    take_queued("send")
    write(Update(keys.message(account.id, broken.id), changes={"state": "lost"}))

    sweep_schedule.sweep(LATER)

    assert [whole.id in job for job in take_queued("send")] == [True]
    assert sweep_schedule.sweep(LATER + timedelta(minutes=59)) == 1  # the readable one, whose job was lost again
    assert sweep_schedule.sweep(LATER + timedelta(minutes=61)) == 1
    log = log_lines(caplog)
    assert "unreadable item put off for an hour" in log
    assert "2125550123" not in log
    assert "Secret words" not in log


def test_an_item_of_an_unknown_type_is_put_aside_too(account: Account) -> None:
    message = accept(account)
    take_queued("send")
    write(Update(keys.message(account.id, message.id), changes={"type": "riddle"}))

    sweep_schedule.sweep(LATER)

    assert sweep_schedule.sweep(LATER + timedelta(minutes=59)) == 0


def test_an_invoice_that_was_not_mailed_is_billed_again(account: Account) -> None:
    item = {"type": "invoice", "account": account.id, "month": "2026-10", **keys.due("i", NOW)}
    write(Update(keys.invoice(account.id, "2026-10"), changes=item))

    sweep_schedule.sweep(LATER)

    assert take_queued("bill") == ['{"account":"10000001","month":"2026-10"}']


def test_an_invoice_that_cannot_be_mailed_is_billed_again_once_an_hour(account: Account) -> None:
    item = {"type": "invoice", "account": account.id, "month": "2026-10", **keys.due("i", NOW)}
    write(Update(keys.invoice(account.id, "2026-10"), changes=item))

    for minutes in (0, 5, 59, 61):
        sweep_schedule.sweep(LATER + timedelta(minutes=minutes))

    assert len(take_queued("bill")) == 2


def test_a_flood_of_scheduled_texts_delays_no_text_of_another_account(account: Account) -> None:
    flooder, at = studio("10000002"), NOW + timedelta(days=1)
    for number in range(60):
        accept(flooder, f"k{number}", client_id=None, to=f"+1310555{number:04}", send_at=at)
    accept(account, client_id=None, to="+13105550199", send_at=at + timedelta(seconds=1))

    sweep_schedule.sweep(at + timedelta(minutes=1), most=5)

    assert sum(account.id in job for job in take_queued("send")) == 1
