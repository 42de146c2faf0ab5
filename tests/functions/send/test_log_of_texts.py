"""The log lines of texts: one for each that ends badly, becomes uncertain or is parked, and none for the others."""

import json
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from longcode.accounts.account import Account
from longcode.carriers.carrier import Receipt, RefusalReason, Refused, SendResult, Uncertain
from longcode.message import HoldReason, Message, MessageState
from longcode.messages import store as messages
from longcode.table import keyed_hash, keys, store
from longcode.table.writes import Delete
from send import api
from send.receipts import apply_receipt
from sweeper import sweep_schedule
from tests.support.admin_orders import send_accepted_order
from tests.support.aws_calls import failing
from tests.support.fakes import NOW, FakeCarrier, take_queued
from tests.support.readers import log_lines
from tests.support.text_steps import accept, deliver, stored

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PHONE, NUMBER = "+12125550123", "+15555550100"


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Return the lines about texts."""
    logged = [json.loads(line) for line in log_lines(caplog).splitlines()]
    return [line for line in logged if line["message"].startswith("text ")]


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, str | None]]:
    """Return event, state and code of each line about a text."""
    return [(line["message"], line["state"], line.get("code")) for line in lines(caplog)]


def receipt(message: Message, state: MessageState, reason: RefusalReason | None = None) -> Receipt:
    return Receipt(
        carrier="twilio",
        reference=f"{message.account}.{message.id}",
        carrier_id="SM1",
        state=state,
        code="30007" if state is MessageState.UNDELIVERED else None,
        reason=reason,
    )


def test_a_text_that_is_delivered_or_cancelled_logs_nothing(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    delivered, cancelled = accept(account, "a"), accept(account, "b")
    api.cancel(account.id, cancelled.id, NOW)
    deliver(FakeCarrier())
    apply_receipt(receipt(delivered, MessageState.DELIVERED), NOW)

    assert stored(account, delivered.id).state is MessageState.DELIVERED
    assert lines(caplog) == []


def test_the_line_has_ids_code_and_hashes_but_neither_phone_nor_words(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    message = accept(account, body="Your proofs are ready")
    deliver(FakeCarrier(answers=[Refused(RefusalReason.BAD_NUMBER, "21211")]))

    [line] = lines(caplog)

    facts = ("message", "account", "message_id", "state", "code", "phone_hash", "number_hash", "level")
    assert {name: line[name] for name in facts} == {
        "message": "text ended badly",
        "account": account.id,
        "message_id": message.id,
        "state": "failed",
        "code": "twilio:21211",
        "phone_hash": keyed_hash.of(PHONE),
        "number_hash": keyed_hash.of(NUMBER),
        "level": "WARNING",
    }
    written = log_lines(caplog)
    assert [word for word in ("2125550123", "5555550100", "proofs") if word in written] == []


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (Refused(RefusalReason.FILTERED, "30007"), ("text ended badly", "failed", "twilio:30007")),
        (Refused(RefusalReason.PARKED, "30002"), ("text parked", "queued", "twilio:30002")),
        (Uncertain("ReadTimeoutError"), ("text uncertain", "uncertain", "ReadTimeoutError")),
    ],
    ids=str,
)
def test_a_carriers_refusal_is_one_line_however_often_the_job_comes(
    account: Account, caplog: pytest.LogCaptureFixture, answer: SendResult, line: tuple[str, str, str]
) -> None:
    accept(account)
    jobs = take_queued("send")
    deliver(FakeCarrier(answers=[answer]), jobs=jobs)

    deliver(FakeCarrier(answers=[answer]), jobs=jobs)

    assert told(caplog) == [line]


def test_a_text_that_expires_or_may_not_be_sent_is_one_line(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    accept(account, "late")
    take_queued("send")
    for minutes in (0, 1, 2):
        sweep_schedule.sweep(NOW + 5 * HOUR + minutes * MINUTE)
    accept(account, "refused")
    send_accepted_order("accounts.suspend", NOW, account=account.id, reason="Unpaid")
    deliver(FakeCarrier())

    assert told(caplog) == [
        ("text ended badly", "expired", "expired"),
        ("text ended badly", "refused", "account_suspended"),
    ]


def test_an_uncertain_text_is_one_line_until_it_fails_at_its_deadline(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    message = accept(account)
    take_queued("send")
    messages.claim(message, "a", NOW, NOW + MINUTE)
    at = NOW + 3 * MINUTE
    while stored(account, message.id).state is not MessageState.FAILED:
        sweep_schedule.sweep(at)
        deliver(FakeCarrier(listed=[]), at)
        at += HOUR

    assert told(caplog) == [
        ("text uncertain", "uncertain", "worker_died"),
        ("text ended badly", "failed", "uncertain"),
    ]


def test_a_receipt_is_one_line_however_often_it_comes(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    message = accept(account)
    deliver(FakeCarrier())

    for _ in range(3):
        apply_receipt(receipt(message, MessageState.UNDELIVERED, RefusalReason.FILTERED), NOW)

    assert told(caplog) == [("text ended badly", "undelivered", "twilio:30007")]


def test_a_text_that_a_receipt_parks_is_one_line_however_often_it_comes(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    message = accept(account)
    deliver(FakeCarrier())

    for _ in range(3):
        apply_receipt(receipt(message, MessageState.UNDELIVERED, RefusalReason.PARKED), NOW)

    assert told(caplog) == [("text parked", "queued", "twilio:30007")]


def test_a_write_that_comes_too_late_logs_nothing(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    message = accept(account)
    deliver(FakeCarrier())
    apply_receipt(receipt(message, MessageState.DELIVERED), NOW)

    for to in (MessageState.FAILED, MessageState.EXPIRED, MessageState.REFUSED):
        assert not messages.end_unsent(message, to)
    assert not messages.record(message, MessageState.UNDELIVERED)
    assert not messages.record_receipt(replace(message, state=MessageState.SENT), MessageState.UNDELIVERED)
    assert not messages.reschedule(message, MessageState.UNCERTAIN, NOW)
    assert not messages.put_back(message, "SM1", NOW, held=HoldReason.PARKED)

    assert lines(caplog) == []


def test_the_same_phone_has_the_same_hash_in_every_function_and_another_in_each_deployment(aws: None) -> None:
    first = keyed_hash.of(PHONE)
    keyed_hash.secret_key.cache_clear()  # another function
    second = keyed_hash.of(PHONE)
    store.write(Delete(keys.log_key()))
    keyed_hash.secret_key.cache_clear()  # another deployment, with another table

    assert (first, len(first)) == (second, 16)
    assert keyed_hash.of(PHONE) != first
    assert keyed_hash.of("+12125550124") != keyed_hash.of(PHONE)


def test_a_text_ends_and_is_logged_without_hashes_while_the_key_cannot_be_read(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    message = accept(account)

    with failing("dynamodb", "PutItem", "AccessDenied", times=99):
        assert messages.end_unsent(message, MessageState.EXPIRED)

    [line] = lines(caplog)
    assert (line["message_id"], "phone_hash" in line) == (message.id, False)
