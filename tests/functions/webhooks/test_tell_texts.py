"""Hosted software is told where its texts stand, and whom to call."""

from datetime import UTC, datetime, timedelta

import pytest

from longcode import jobs
from longcode.account import Account, HookEvent
from longcode.aws import queues
from longcode.carriers.carrier import Receipt
from longcode.message import Direction, Kind, Message, State
from longcode.table import calls, messages, usage
from longcode.webhooks import store as deliveries
from longcode.webhooks.delivery import Delivery, id_of
from send import due, reporting
from tests.fakes import NOW, client, queued, studio
from tests.functions.send.triggering import fire_all, rule, tell
from tests.functions.webhooks.endpoints import HOOK
from tests.support.crashes import every_crash

MINUTE = timedelta(minutes=1)
NINE = datetime(2026, 12, 2, 15, 0, tzinfo=UTC)  # in Chicago, the day before the session


@pytest.fixture
def account(aws: None) -> Account:
    """Give a hosted studio that has one client."""
    account = studio(**HOOK, edition="professional")
    client(account)
    return account


def sent(account: Account, state: State = State.SENT) -> Message:
    message = Message(
        account=account.id,
        id="m-0",
        direction=Direction.OUT,
        kind=Kind.INDIVIDUAL,
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


def report(account: Account, state: State, code: str | None = None) -> None:
    receipt = Receipt(carrier="twilio", reference=f"{account.id}.m-0", carrier_id="SM1", state=state, code=code)
    reporting.take(receipt, NOW)


def told(account: Account) -> list[Delivery]:
    names = [queues.read(jobs.Deliver, body).delivery_id for body in queued("webhook")]
    return list(deliveries.look_up(account.id, names).deliveries.values())


@pytest.mark.parametrize("before", [State.SENDING, State.SENT])
@pytest.mark.parametrize(
    ("state", "code", "error"),
    [(State.DELIVERED, None, None), (State.UNDELIVERED, "30003", "twilio:30003")],
)
def test_a_receipt_is_told_without_the_words(
    account: Account, before: State, state: State, code: str | None, error: str | None
) -> None:
    sent(account, before)

    report(account, state, code)

    [one] = told(account)
    assert (one.event, one.data["id"], one.data["state"], one.data["error"]) == (
        "message.status",
        "m-0",
        state,
        error,
    )
    assert "Secret words" not in str(one)


def test_a_receipt_that_comes_after_our_own_record_is_told_too(account: Account) -> None:
    sent(account)

    report(account, State.SENT)
    report(account, State.SENT)

    [one] = told(account)
    assert one.data["state"] == "sent"


def test_a_receipt_that_comes_twice_is_told_once(account: Account) -> None:
    sent(account)

    report(account, State.DELIVERED)
    report(account, State.DELIVERED)

    assert len(told(account)) == 1


def test_a_receipt_of_before_is_not_told_late(account: Account) -> None:
    sent(account)
    report(account, State.DELIVERED)
    told(account)

    report(account, State.SENT)

    assert told(account) == []


def test_killed_anywhere_a_receipt_that_moved_its_text_is_told(account: Account) -> None:
    sent(account)

    for crash in every_crash():
        with crash:
            report(account, State.DELIVERED)
        if crash.struck:
            queued("webhook")  # whatever was on the queue is lost as well
        moved = messages.get(account.id, "m-0")

        due.sweep(NOW + 3 * MINUTE)
        assert moved
        assert len(told(account)) == (moved.state is State.DELIVERED)


def test_a_studio_that_polls_is_told_nothing_and_nothing_is_written_for_it(aws: None) -> None:
    account = studio()
    sent(account)

    report(account, State.DELIVERED)

    assert told(account) == []
    assert deliveries.get(account.id, id_of(account.id, HookEvent.MESSAGE_STATUS, "m-0\ndelivered"), NOW) is None


def test_a_studio_that_wants_no_receipts_is_told_of_none(aws: None) -> None:
    account = studio(**HOOK, webhook_events=(HookEvent.MESSAGE_RECEIVED,))
    sent(account)

    report(account, State.DELIVERED)

    assert told(account) == []


def test_a_receipt_that_makes_the_record_still_counts_the_units_once(account: Account) -> None:
    sent(account, State.SENDING)

    report(account, State.DELIVERED)
    report(account, State.DELIVERED)

    assert usage.of_month(account.id, "2026-11").units_sent == 1


def test_a_call_task_is_told_once(account: Account) -> None:
    client(account, "c1", phones=(), updated_at=NOW + MINUTE)
    rule(sms_else_call=True)
    tell(account)
    due.sweep(NINE + MINUTE)
    [job] = queued("event")

    fire_all(NINE + MINUTE, [job, job])

    [task] = calls.page(account.id, None, 9)
    [one] = told(account)
    assert one.event == "call.created"
    assert (one.data["id"], one.data["client_id"], one.data["text"]) == (task.id, "c1", task.text)
