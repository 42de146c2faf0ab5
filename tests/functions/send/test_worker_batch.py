import json
from pathlib import Path
from typing import Any

import pytest

from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.aws.clients import client as aws_client
from longcode.message import MessageState
from longcode.table import keys
from longcode.table.store import write
from longcode.table.writes import Update
from send import worker
from tests.carriers.conftest import FakeCarrier
from tests.support.fakes import LambdaContext, sqs_event, take_queued
from tests.support.readers import log_lines
from tests.support.text_steps import accept, stored

EVENT = json.loads((Path(__file__).parents[3] / "events" / "sqs_send.json").read_text())
KEY = "0f6a2c1e-5b0d-4b7e"


def failed(answer: Any) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_an_event_of_sqs_sends_its_text_and_logs_none_of_it(
    account: Account, carrier_on_loopback: FakeCarrier, caplog: pytest.LogCaptureFixture
) -> None:
    carrier_on_loopback.answers(201, '{"sid": "SM7", "status": "queued"}')
    message = accept(account, KEY, now=clients.now(), body="Secret words")

    answer = worker.handler(EVENT, LambdaContext())

    assert answer == {"batchItemFailures": []}
    [asked] = carrier_on_loopback.asked
    assert (asked.form["To"], asked.form["Body"]) == ("+12125550123", "Secret words")
    assert stored(account, message.id).carrier_id == "SM7"
    log = log_lines(caplog)
    assert "2125550123" not in log
    assert "Secret words" not in log


def test_a_broken_connection_is_uncertain_and_logged_without_the_phone(
    account: Account, carrier_on_loopback: FakeCarrier, caplog: pytest.LogCaptureFixture
) -> None:
    carrier_on_loopback.hangs_up()
    message = accept(account, KEY, now=clients.now(), body="Secret words")

    worker.handler(EVENT, LambdaContext())
    worker.handler(EVENT, LambdaContext())

    assert len(carrier_on_loopback.asked) == 1
    assert stored(account, message.id).state is MessageState.UNCERTAIN
    log = log_lines(caplog)
    assert message.id in log
    assert "2125550123" not in log
    assert "Secret words" not in log


@pytest.mark.parametrize(
    "broken", ["", "no JSON", "[]", '{"account": 7}', '{"account": "10000001", "message_id": "none"}']
)
def test_a_record_that_cannot_be_read_fails_alone(
    account: Account, carrier_on_loopback: FakeCarrier, broken: str
) -> None:
    carrier_on_loopback.answers(201, '{"sid": "SM7"}')
    message = accept(account, now=clients.now())

    answer = worker.handler(sqs_event(broken, *take_queued("send")), LambdaContext())

    assert failed(answer) == ["m0"]
    assert stored(account, message.id).state is MessageState.SENT


@pytest.mark.parametrize(
    "changes", [{"state": "lost"}, {"units": "two"}, {"created_at": "today"}, {"created_at": "2026-11-22T15:30:00"}]
)
def test_an_item_that_cannot_be_read_fails_alone(
    account: Account, carrier_on_loopback: FakeCarrier, changes: dict[str, Any]
) -> None:
    carrier_on_loopback.answers(201, '{"sid": "SM7"}')
    broken = accept(account, "broken", now=clients.now())
    message = accept(account, "whole", now=clients.now())
    write(Update(keys.message(account.id, broken.id), changes=changes))
    jobs = [f'{{"account":"10000001","message_id":"{text.id}"}}' for text in (broken, message)]

    answer = worker.handler(sqs_event(*jobs), LambdaContext())

    assert failed(answer) == ["m0"]
    assert stored(account, message.id).state is MessageState.SENT


def test_an_item_with_a_number_that_is_no_whole_one_fails_alone(
    account: Account, carrier_on_loopback: FakeCarrier
) -> None:
    carrier_on_loopback.answers(201, '{"sid": "SM7"}')
    broken = accept(account, "broken", now=clients.now())
    message = accept(account, "whole", now=clients.now())
    aws_client("dynamodb").update_item(
        TableName="longcode",
        Key={"pk": {"S": "account#10000001"}, "sk": {"S": f"message#{broken.id}"}},
        UpdateExpression="SET units = :units",
        ExpressionAttributeValues={":units": {"N": "1.5"}},
    )
    jobs = [f'{{"account":"10000001","message_id":"{text.id}"}}' for text in (broken, message)]

    answer = worker.handler(sqs_event(*jobs), LambdaContext())

    assert failed(answer) == ["m0"]
    assert stored(account, message.id).state is MessageState.SENT


def test_every_text_of_a_batch_waits_if_the_carrier_does_not_answer(account: Account) -> None:
    made = [accept(account, str(index), now=clients.now()) for index in range(3)]

    answer = worker.handler(sqs_event(*take_queued("send")), LambdaContext())

    assert answer == {"batchItemFailures": []}
    assert {stored(account, message.id).state for message in made} == {MessageState.QUEUED}
