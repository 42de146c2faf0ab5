"""The webhooks message.status and call.created: once for each change, without the body of a text."""

from datetime import UTC, datetime, timedelta

import pytest

from broadcasts import follow_up
from longcode import jobs
from longcode.accounts.account import Account, WebhookEvent
from longcode.aws import queues
from longcode.broadcasts.broadcast import Broadcast
from longcode.carriers.carrier import Receipt, RefusalReason, Refused
from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.messages import store as messages
from longcode.triggers import call_tasks
from longcode.usage import store as quotas
from longcode.webhooks import store as deliveries
from longcode.webhooks.delivery import Delivery, id_of
from send import receipts
from sweeper import sweep_schedule
from tests.support.api_document import delivery_faults
from tests.support.broadcast_steps import advance, create_broadcast, deliver_bulk_texts, stored
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, FakeCarrier, client, studio, take_queued
from tests.support.trigger_steps import fire_all, report_event, write_trigger
from tests.support.webhook_endpoint import HOOK

pytestmark = pytest.mark.account(edition="professional", quiet_hours=False, **HOOK)

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


def broadcast_to(account: Account, clients: int) -> Broadcast:
    """Return a broadcast whose texts went to landlines: each client is to be called."""
    for index in range(clients):
        client(account, f"l{index}", f"+1212555{1000 + index}")
    broadcast_id = create_broadcast(account, body="Hello {{client.first_name}}")
    advance(NOW)
    landline = Refused(RefusalReason.NOT_MOBILE, "21614")
    deliver_bulk_texts(NOW, FakeCarrier(answers=[landline] * (clients + 1)))
    take_queued("webhook")
    return stored(account, broadcast_id)


def test_the_call_of_a_broadcast_is_sent_once_and_says_of_which_broadcast_it_is(account: Account) -> None:
    broadcast = broadcast_to(account, 1)

    made = [follow_up.make_calls(account, broadcast, "Ann", NOW) for _ in range(2)]

    calls = written(account)
    tasks = {task.id: task for task in call_tasks.call_page(account.id, None, 9)}
    assert (made, len(calls)) == ([2, 0], 2)
    assert {call.data["id"] for call in calls} == set(tasks)
    for call in calls:
        task = tasks[call.data["id"]]
        assert call.event == "call.created"
        assert call.data == {
            "id": task.id,
            "at": "2026-11-22T15:30:00.000Z",
            "broadcast": broadcast.id,
            "client_id": task.client_id,
            "phones": [*task.phones],
            "text": "Hello Zoë",
        }


@pytest.mark.long
def test_the_calls_of_a_broadcast_killed_anywhere_are_each_sent(account: Account) -> None:
    broadcast = broadcast_to(account, 1)

    for crash in every_crash():
        with crash:
            follow_up.make_calls(account, broadcast, "Ann", NOW)
        if crash.struck:
            take_queued("webhook")  # the jobs on the queue are lost as well
        follow_up.make_calls(account, broadcast, "Ann", NOW)

        sweep_schedule.sweep(NOW + 3 * MINUTE)
        assert sorted({call.data["client_id"] for call in written(account)}) == ["c1", "l0"]


def test_a_hundred_calls_of_a_broadcast_are_written_with_their_webhooks(account: Account) -> None:
    broadcast = broadcast_to(account, 99)

    assert follow_up.make_calls(account, broadcast, "Ann", NOW) == 100
    assert len(written(account)) == 100


def test_the_calls_of_a_broadcast_are_not_sent_to_a_studio_that_polls(aws: None) -> None:
    account = studio()
    broadcast = broadcast_to(account, 1)

    assert follow_up.make_calls(account, broadcast, "Ann", NOW) == 1
    assert written(account) == []
