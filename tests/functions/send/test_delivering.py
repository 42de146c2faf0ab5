from datetime import UTC, datetime, timedelta

import pytest

from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.carriers.carrier import Receipt, RefusalReason, Refused, Sent, Text, Uncertain
from longcode.jobs import HandleKeyword, Means
from longcode.message import MessageKind, MessageState
from longcode.messages import compose
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent
from send import receipts, worker
from sweeper import sweep_schedule
from tests.support.aws_calls import failing, losing_the_first_response
from tests.support.fakes import NOW, FakeCarrier, take_queued
from tests.support.text_steps import accept, counted_units, deliver, stored

SECOND = timedelta(seconds=1)


def test_a_text_is_sent_recorded_and_counted(account: Account) -> None:
    message, carrier = accept(account, body="a" * 300), FakeCarrier()

    deliver(carrier)

    reference = f"10000001.{message.id}"
    assert carrier.texts == [
        Text(reference=reference, to="+12125550123", origin="+15555550100", body="a" * 300, valid_seconds=14400)
    ]
    sent = stored(account, message.id)
    assert (sent.state, sent.carrier_id, sent.month, sent.charged_units) == (MessageState.SENT, "SM1", "2026-11", 2)
    assert sent.due_at is None
    assert counted_units(account) == 2


def test_a_repeated_job_sends_one_text(account: Account) -> None:
    accept(account)
    carrier, [job] = FakeCarrier(), take_queued("send")

    deliver(carrier, jobs=[job, job])
    deliver(carrier, jobs=[job])

    assert len(carrier.texts) == 1
    assert counted_units(account) == 1


def test_two_workers_with_the_same_message_send_it_once(account: Account) -> None:
    message, carrier = accept(account), FakeCarrier()

    worker.deliver(message, carrier, NOW, refusal=None)
    worker.deliver(message, carrier, NOW, refusal=None)

    assert len(carrier.texts) == 1
    assert counted_units(account) == 1


def test_a_claim_that_the_sdk_repeated_succeeds(account: Account) -> None:
    accept(account)
    carrier = FakeCarrier()

    with losing_the_first_response("dynamodb", "UpdateItem") as repeated:
        deliver(carrier)

    assert repeated == ["UpdateItem"]
    assert len(carrier.texts) == 1


def test_a_record_that_the_sdk_repeated_is_counted_once(account: Account) -> None:
    message = accept(account)

    with losing_the_first_response("dynamodb", "TransactWriteItems"):
        deliver(FakeCarrier())

    assert stored(account, message.id).state is MessageState.SENT
    assert counted_units(account) == 1


def test_a_worker_that_cannot_write_its_claim_sends_nothing_and_its_job_is_retried(account: Account) -> None:
    accept(account)
    carrier, [job] = FakeCarrier(), take_queued("send")

    with failing("dynamodb", "UpdateItem", "AccessDenied"), pytest.raises(Exception, match="injected by a test"):
        deliver(carrier, jobs=[job])
    deliver(carrier, jobs=[job])

    assert len(carrier.texts) == 1


def test_a_worker_that_cannot_record_leaves_the_text_to_its_receipt(account: Account) -> None:
    message = accept(account)
    carrier, [job] = FakeCarrier(), take_queued("send")

    with (
        failing("dynamodb", "TransactWriteItems", "AccessDeniedException"),
        pytest.raises(Exception, match="injected by a test"),
    ):
        deliver(carrier, jobs=[job])
    deliver(carrier, jobs=[job])
    sweep_schedule.sweep(NOW + timedelta(minutes=3))

    assert len(carrier.texts) == 1
    assert stored(account, message.id).state is MessageState.UNCERTAIN
    assert counted_units(account) == 0


def test_a_claim_waits_for_a_transaction_on_the_same_message(account: Account) -> None:
    accept(account)
    carrier = FakeCarrier()

    with failing("dynamodb", "UpdateItem", "TransactionConflictException", times=2) as answered:
        deliver(carrier)

    assert len(answered) == 2
    assert len(carrier.texts) == 1


def test_a_text_counts_in_the_month_of_its_claim(account: Account) -> None:
    last_second = datetime(2026, 12, 1, 5, 59, 59, tzinfo=UTC)
    message = accept(account, now=last_second)
    deliver(FakeCarrier(answers=[Uncertain("timeout")]), last_second)

    receipt = Receipt(
        carrier="twilio", reference=f"10000001.{message.id}", carrier_id="SM1", state=MessageState.DELIVERED
    )
    receipts.apply_receipt(receipt, last_second + timedelta(minutes=10))

    assert stored(account, message.id).month == "2026-11"
    assert (counted_units(account, "2026-11"), counted_units(account, "2026-12")) == (1, 0)


def test_a_text_accepted_in_one_month_and_claimed_in_the_next_counts_in_the_next(account: Account) -> None:
    message = accept(account, now=datetime(2026, 12, 1, 5, 59, 59, tzinfo=UTC))

    deliver(FakeCarrier(), datetime(2026, 12, 1, 6, 0, 0, tzinfo=UTC))

    assert stored(account, message.id).month == "2026-12"
    assert (counted_units(account, "2026-11"), counted_units(account, "2026-12")) == (0, 1)


def test_a_stop_between_acceptance_and_claim_stops_the_text(account: Account) -> None:
    message, carrier = accept(account), FakeCarrier()
    optouts.record(
        OptOutEvent(id="e", phone="+12125550123", scope=SHARED, out=True, at=NOW, means=Means.TEXT, words="STOP")
    )

    deliver(carrier)

    refused = stored(account, message.id)
    assert carrier.texts == []
    assert (refused.state, refused.error) == (MessageState.REFUSED, "opted_out")
    assert numbers.last_texts_to("+12125550123", "+15555550100") == []


def test_a_text_that_is_too_old_expires_and_is_not_recorded_as_the_last_text(account: Account) -> None:
    message, carrier = accept(account), FakeCarrier()

    deliver(carrier, NOW + timedelta(hours=4))

    assert carrier.texts == []
    assert stored(account, message.id).state is MessageState.EXPIRED
    assert numbers.last_texts_to("+12125550123", "+15555550100") == []


def test_the_carrier_gets_the_remaining_validity_of_a_late_text(account: Account) -> None:
    accept(account)
    carrier = FakeCarrier()

    deliver(carrier, NOW + timedelta(hours=3))

    assert carrier.texts[0].valid_seconds == 3600


def test_a_final_refusal_fails_the_text_without_charge(account: Account) -> None:
    message = accept(account)

    deliver(FakeCarrier(answers=[Refused(RefusalReason.BAD_NUMBER, "21211")]))

    failed = stored(account, message.id)
    assert (failed.state, failed.error, failed.charged_units) == (MessageState.FAILED, "twilio:21211", 0)
    assert counted_units(account) == 0


@pytest.mark.parametrize("why", [RefusalReason.TRY_AGAIN, RefusalReason.TRY_ONCE_LATER])
def test_a_text_to_be_retried_waits_for_its_time(account: Account, why: RefusalReason) -> None:
    message = accept(account)
    carrier, [job] = FakeCarrier(answers=[Refused(why, "20429")]), take_queued("send")

    deliver(carrier, jobs=[job])
    deliver(carrier, jobs=[job])
    sweep_schedule.sweep(NOW + 14 * SECOND)

    waiting = stored(account, message.id)
    assert (waiting.state, waiting.attempt, waiting.error) == (MessageState.QUEUED, 1, "twilio:20429")
    assert waiting.due_at
    assert NOW + 15 * SECOND <= waiting.due_at <= NOW + 30 * SECOND
    assert len(carrier.texts) == 1
    assert take_queued("send") == []


def test_a_retry_whose_time_has_come_is_sent_once(account: Account) -> None:
    message = accept(account)
    carrier = FakeCarrier(answers=[Refused(RefusalReason.TRY_AGAIN, "20429"), Sent("SM9")])
    deliver(carrier)
    sweep_schedule.sweep(NOW + 31 * SECOND)

    deliver(carrier, NOW + 32 * SECOND)

    sent = stored(account, message.id)
    assert (sent.state, sent.attempt, sent.carrier_id, sent.error) == (MessageState.SENT, 2, "SM9", None)
    assert len(carrier.texts) == 2
    assert counted_units(account) == 1


def test_a_text_to_an_unreachable_handset_is_retried_once(account: Account) -> None:
    message = accept(account)
    carrier = FakeCarrier(answers=[Refused(RefusalReason.TRY_ONCE_LATER, "30003")] * 2)
    deliver(carrier)
    sweep_schedule.sweep(NOW + 31 * SECOND)

    deliver(carrier, NOW + 32 * SECOND)

    assert stored(account, message.id).state is MessageState.FAILED


def test_an_uncertain_text_is_not_sent_again_unless_the_studio_wants_it(account: Account) -> None:
    message = accept(account)
    carrier, [job] = FakeCarrier(answers=[Uncertain("timeout")]), take_queued("send")

    deliver(carrier, jobs=[job, job])
    sweep_schedule.sweep(NOW + timedelta(minutes=14))
    deliver(carrier, NOW + timedelta(minutes=14))

    waiting = stored(account, message.id)
    assert (waiting.state, waiting.deadline) == (MessageState.UNCERTAIN, NOW + timedelta(minutes=15))
    assert len(carrier.texts) == 1
    assert counted_units(account) == 0


def test_an_opt_out_that_the_carrier_reports_is_recorded_and_its_text_is_not_charged(account: Account) -> None:
    message = accept(account)

    deliver(FakeCarrier(answers=[Refused(RefusalReason.OPTED_OUT, "21610")]))

    [body] = take_queued("opt_out")
    job = queues.read(HandleKeyword, body)
    assert (job.keyword, job.phone, job.means, job.answered) == ("stop", "+12125550123", "carrier", True)
    assert (job.id, job.account, job.words) == (message.id, "10000001", "carrier code 21610")
    assert stored(account, message.id).state is MessageState.FAILED
    assert counted_units(account) == 0


def test_a_text_is_not_settled_if_the_carriers_opt_out_could_not_be_recorded(account: Account) -> None:
    message = accept(account)

    with failing("sqs", "SendMessageBatch", "AccessDenied"), pytest.raises(Exception, match="injected by a test"):
        deliver(FakeCarrier(answers=[Refused(RefusalReason.OPTED_OUT, "21610")]))

    assert stored(account, message.id).state is MessageState.SENDING


def test_a_text_about_to_be_sent_is_recorded_as_the_last_text(account: Account) -> None:
    message = accept(account)

    deliver(FakeCarrier())

    [route] = numbers.last_texts_to("+12125550123", "+15555550100")
    assert (route.account, route.message_id, route.client_id) == ("10000001", message.id, "c1")


def test_a_slow_workers_late_success_counts_after_the_sweeper_marked_the_text_uncertain(account: Account) -> None:
    message = accept(account)
    claimed = messages.claim(message, "slow", NOW, NOW + 60 * SECOND)
    sweep_schedule.sweep(NOW + timedelta(minutes=3))

    assert claimed
    recorded = messages.record(claimed, MessageState.SENT, carrier="twilio", carrier_id="SM1")

    assert recorded
    assert stored(account, message.id).state is MessageState.SENT
    assert counted_units(account) == 1


def test_a_slow_workers_late_refusal_does_not_send_the_text_again(account: Account) -> None:
    message = accept(account)
    claimed = messages.claim(message, "slow", NOW, NOW + 60 * SECOND)
    sweep_schedule.sweep(NOW + timedelta(minutes=3))

    assert claimed
    put_off = messages.reschedule(claimed, MessageState.QUEUED, NOW + timedelta(minutes=4))

    assert not put_off
    assert stored(account, message.id).state is MessageState.UNCERTAIN


def test_the_services_own_answer_ignores_the_opt_out_and_is_not_recorded_as_the_last_text(account: Account) -> None:
    optouts.record(
        OptOutEvent(id="e", phone="+12125550123", scope=SHARED, out=True, at=NOW, means=Means.TEXT, words="STOP")
    )
    answer = compose.draft(
        account="longcode",
        message_id="heard-0",
        kind=MessageKind.SERVICE,
        phone="+12125550123",
        number="+15555550100",
        body="You are opted out.",
        now=NOW,
    )
    messages.accept([answer])
    carrier = FakeCarrier()

    deliver(carrier, jobs=['{"account":"longcode","message_id":"heard-0"}'])

    assert [text.body for text in carrier.texts] == ["You are opted out."]
    assert numbers.last_texts_to("+12125550123", "+15555550100") == []


def test_a_copy_of_a_finished_job_records_no_last_text(account: Account) -> None:
    accept(account)
    carrier, jobs = FakeCarrier(answers=[Refused(RefusalReason.TRY_AGAIN, "20429")]), take_queued("send")
    deliver(carrier, jobs=jobs)

    deliver(carrier, NOW + 5 * SECOND, jobs=jobs)

    assert [text.at for text in numbers.last_texts_to("+12125550123", "+15555550100")] == [NOW]
