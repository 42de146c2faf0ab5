"""The webhooks message.status and call.created: once for each change, without the body of a text."""

from datetime import UTC, datetime, timedelta

import pytest

from longcode import jobs
from longcode.accounts.account import Account, WebhookEvent
from longcode.aws import queues
from longcode.carriers.carrier import Receipt
from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.messages import store as messages
from longcode.triggers import call_tasks
from longcode.usage import store as quotas
from longcode.webhooks import store as deliveries
from longcode.webhooks.delivery import Delivery, id_of
from send import receipts
from sweeper import sweep_schedule
from tests.support.api_document import delivery_faults
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, client, studio, take_queued
from tests.support.trigger_steps import fire_all, report_event, write_trigger
from tests.support.webhook_endpoint import HOOK

pytestmark = pytest.mark.account(edition="professional", **HOOK)

MINUTE = timedelta(minutes=1)
NINE = datetime(2026, 12, 2, 15, 0, tzinfo=UTC)  # in Chicago, the day before the session


def sent(account: Account, state: MessageState = MessageState.SENT) -> Message:
    message = Message(
        account=account.id,
        id="m-0",
        direction=Direction.OUT,
        kind=MessageKind.INDIVIDUAL,
        state=state,
        phone="+12125550123",
        number="+15555550100",
        body="Secret words",
        encoding="GSM-7",
        segments=1,
        units=1,
        created_at=NOW,
        claimed_at=NOW,
        attempt=1,
    )
    messages.accept([message])
    return message


def report(account: Account, state: MessageState, code: str | None = None) -> None:
    receipt = Receipt(carrier="twilio", reference=f"{account.id}.m-0", carrier_id="SM1", state=state, code=code)
    receipts.apply_receipt(receipt, NOW)


def written(account: Account) -> list[Delivery]:
    """Return the deliveries whose jobs are queued; they must be as the API document describes them."""
    names = [queues.read(jobs.Deliver, body).delivery_id for body in take_queued("webhook")]
    queued = list(deliveries.delivery_facts(account.id, names).deliveries.values())
    assert [fault for delivery in queued for fault in delivery_faults(delivery)] == []
    return queued


@pytest.mark.parametrize("before", [MessageState.SENDING, MessageState.SENT])
@pytest.mark.parametrize(
    ("state", "code", "error"),
    [(MessageState.DELIVERED, None, None), (MessageState.UNDELIVERED, "30003", "twilio:30003")],
)
def test_a_receipt_is_sent_without_the_body(
    account: Account, before: MessageState, state: MessageState, code: str | None, error: str | None
) -> None:
    sent(account, before)

    report(account, state, code)

    [status] = written(account)
    assert (status.event, status.data["id"], status.data["state"], status.data["error"]) == (
        "message.status",
        "m-0",
        state,
        error,
    )
    assert "Secret words" not in str(status)


@pytest.mark.parametrize("state", [MessageState.SENT, MessageState.DELIVERED])
def test_a_receipt_that_comes_twice_is_sent_once(account: Account, state: MessageState) -> None:
    sent(account)

    report(account, state)
    report(account, state)

    [status] = written(account)
    assert status.data["state"] == state


def test_an_earlier_receipt_that_comes_late_is_not_sent(account: Account) -> None:
    sent(account)
    report(account, MessageState.DELIVERED)
    written(account)

    report(account, MessageState.SENT)

    assert written(account) == []


@pytest.mark.long
def test_a_receipt_killed_anywhere_is_sent_if_it_changed_the_text(account: Account) -> None:
    sent(account)

    for crash in every_crash():
        with crash:
            report(account, MessageState.DELIVERED)
        if crash.struck:
            take_queued("webhook")  # the jobs on the queue are lost as well
        moved = messages.get(account.id, "m-0")

        sweep_schedule.sweep(NOW + 3 * MINUTE)
        assert moved
        assert len(written(account)) == (moved.state is MessageState.DELIVERED)


def test_nothing_is_sent_or_written_for_a_studio_that_polls(aws: None) -> None:
    account = studio()
    sent(account)

    report(account, MessageState.DELIVERED)

    assert written(account) == []
    assert deliveries.get(account.id, id_of(account.id, WebhookEvent.MESSAGE_STATUS, "m-0\ndelivered"), NOW) is None


def test_nothing_is_sent_to_a_studio_that_does_not_want_the_event(aws: None) -> None:
    account = studio(**HOOK, webhook_events=(WebhookEvent.MESSAGE_RECEIVED,))
    sent(account)

    report(account, MessageState.DELIVERED)

    assert written(account) == []


def test_a_receipt_counts_the_units_of_an_unconfirmed_text_once(account: Account) -> None:
    sent(account, MessageState.SENDING)

    report(account, MessageState.DELIVERED)
    report(account, MessageState.DELIVERED)

    assert quotas.of_month(account.id, "2026-11").units_sent == 1


def test_a_call_task_is_sent_once(account: Account) -> None:
    client(account, "c1", phones=(), updated_at=NOW + MINUTE)
    write_trigger(sms_else_call=True)
    report_event(account)
    sweep_schedule.sweep(NINE + MINUTE)
    [job] = take_queued("event")

    fire_all(NINE + MINUTE, [job, job])

    [task] = call_tasks.call_page(account.id, None, 9)
    [call] = written(account)
    assert call.event == "call.created"
    assert (call.data["id"], call.data["client_id"], call.data["text"]) == (task.id, "c1", task.text)
