"""Receipts of texts that AWS sends as events through SNS."""

import json
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from longcode.accounts.account import Account
from longcode.carriers.carrier import Uncertain
from longcode.message import Message, MessageState
from longcode.messages import store as messages
from send import receipts_worker
from tests.functions.send.test_receipts import sent_message
from tests.support.fakes import FakeCarrier, LambdaContext, sqs_event
from tests.support.readers import log_lines
from tests.support.text_steps import accept, counted_units, deliver, stored

EVENT = json.loads((Path(__file__).parents[3] / "events" / "sqs_aws_receipt.json").read_text())
ENVELOPE = json.loads(EVENT["Records"][0]["body"])
RECEIPT_EVENT = json.loads(ENVELOPE["Message"])
COUNTER = count()


def report(message: Message, **changes: object) -> dict[str, Any]:
    event = RECEIPT_EVENT | {"context": {"reference": f"{message.account}.{message.id}"}} | changes
    body = json.dumps(ENVELOPE | {"Message": json.dumps(event)})
    answer: dict[str, Any] = receipts_worker.handler(sqs_event(body), LambdaContext())
    return answer


def test_an_event_of_aws_delivers_its_text(aws: None) -> None:
    messages.accept([sent_message()])

    answer = receipts_worker.handler(EVENT, LambdaContext())

    assert answer == {"batchItemFailures": []}
    found = messages.get("1001", "0198f3c2a7b4")
    assert found
    assert (found.state, found.finished_at) == (
        MessageState.DELIVERED,
        datetime(2026, 11, 22, 18, 4, 5, 123000, UTC),
    )


def test_a_receipt_before_our_own_record_makes_the_record_with_its_carrier(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier(name="aws", answers=[Uncertain("timeout")]))

    for kind in ("TEXT_SUCCESSFUL", "TEXT_DELIVERED", "TEXT_DELIVERED"):
        report(message, eventType=kind, isFinal=kind == "TEXT_DELIVERED", messageId="m-1")

    found = stored(account, message.id)
    assert (found.state, found.carrier, found.carrier_id) == (MessageState.DELIVERED, "aws", "m-1")
    assert counted_units(account) == 1


def test_an_undelivered_texts_error_names_the_carrier(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier(name="aws"))

    report(message, eventType="TEXT_SPAM", messageId="SM1")

    found = stored(account, message.id)
    assert (found.state, found.error) == (MessageState.UNDELIVERED, "aws:TEXT_SPAM")


def test_a_receipt_with_the_id_of_another_text_changes_nothing(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    message = accept(account)
    deliver(FakeCarrier(name="aws"))

    report(message, eventType="TEXT_SPAM", messageId="SM2")

    assert stored(account, message.id).state is MessageState.SENT
    assert "receipt of another text" in log_lines(caplog)


@pytest.mark.parametrize("kind", ["TEXT_QUEUED", "TEXT_PENDING", "TEXT_UNHEARD_OF", None, 7])
def test_an_event_without_news_changes_nothing(account: Account, kind: object) -> None:
    message = accept(account)
    deliver(FakeCarrier(name="aws"))

    assert report(message, eventType=kind) == {"batchItemFailures": []}

    assert stored(account, message.id).state is MessageState.SENT


@pytest.mark.parametrize(
    "context", [None, {}, "1001.7", {"reference": ""}, {"reference": "nobody"}, {"reference": 7}]
)
def test_an_event_for_no_text_of_ours_changes_nothing(account: Account, context: object) -> None:
    message = accept(account)
    deliver(FakeCarrier(name="aws"))

    assert report(message, context=context) == {"batchItemFailures": []}

    assert stored(account, message.id).state is MessageState.SENT


ANY = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.none(), max_size=1))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    dropped=st.sets(st.sampled_from(sorted(RECEIPT_EVENT))),
    changed=st.dictionaries(st.sampled_from(sorted(RECEIPT_EVENT)), ANY, max_size=2),
)
def test_an_event_with_any_field_missing_delivers_its_text_or_does_nothing(
    aws: None, dropped: set[str], changed: dict[str, object]
) -> None:
    sent = replace(sent_message(), id=f"m-{next(COUNTER)}")
    messages.accept([sent])
    changes = RECEIPT_EVENT | {"context": {"reference": f"1001.{sent.id}"}} | changed
    event = {name: value for name, value in changes.items() if name not in dropped}

    answer = receipts_worker.handler(
        sqs_event(json.dumps(ENVELOPE | {"Message": json.dumps(event)})), LambdaContext()
    )

    assert answer == {"batchItemFailures": []}
    found = messages.get("1001", sent.id)
    assert found
    needed = {"eventType", "context"}
    if not changed.keys() & needed:
        assert found.state is (MessageState.SENT if dropped & needed else MessageState.DELIVERED)
    assert replace(found, state=MessageState.SENT, finished_at=None) == sent


@pytest.mark.parametrize("message", ["", "no JSON", "[]", None])
def test_a_message_that_is_no_event_fails_and_the_rest_of_its_batch_is_handled(aws: None, message: object) -> None:
    messages.accept([sent_message()])
    bad, good = json.dumps(ENVELOPE | {"Message": message}), json.dumps(ENVELOPE)

    answer = receipts_worker.handler(sqs_event(bad, "no JSON", good), LambdaContext())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}, {"itemIdentifier": "m1"}]}
    found = messages.get("1001", "0198f3c2a7b4")
    assert found
    assert found.state is MessageState.DELIVERED


def test_the_log_has_no_phone_number(aws: None, caplog: pytest.LogCaptureFixture) -> None:
    receipts_worker.handler(EVENT, LambdaContext())
    receipts_worker.handler(sqs_event("no JSON +15555550123", json.dumps(ENVELOPE)), LambdaContext())

    assert "5555550123" not in log_lines(caplog)
