"""Replies from AWS, which come through SNS to the same worker as Twilio's."""

import json
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbox import worker
from longcode.accounts.account import Account
from longcode.carriers.carrier import Inbound
from longcode.message import Message
from longcode.messages import replies as messages_replies
from tests.support.fakes import NOW, LambdaContext, client, sqs_event, take_queued
from tests.support.reply_steps import record_text

EVENT = json.loads((Path(__file__).parents[3] / "events" / "sqs_aws_reply.json").read_text())
ENVELOPE = json.loads(EVENT["Records"][0]["body"])
REPLY = json.loads(ENVELOPE["Message"])
PHONE = "+15555550123"
COUNTER = count()
NEVER = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z", "1969-12-31T23:59:59Z"]

pytestmark = pytest.mark.account(client=False)


@pytest.fixture
def account(account: Account) -> Account:
    """A studio that has texted its client over AWS."""
    client(account, "c1", PHONE)
    record_text(account, phone=PHONE)
    return account


def replies(account: Account) -> list[Message]:
    return [message for _, message in messages_replies.after(account.id, 0, 100)]


def bring(reply: dict[str, Any], **envelope: object) -> dict[str, Any]:
    body = json.dumps(ENVELOPE | {"Message": json.dumps(reply)} | envelope)
    answer: dict[str, Any] = worker.handler(sqs_event(body), LambdaContext())
    return answer


def test_a_reply_from_aws_is_written_with_the_time_of_sns(account: Account) -> None:
    answer = worker.handler(EVENT, LambdaContext())

    assert answer == {"batchItemFailures": []}
    [reply] = replies(account)
    assert (reply.body, reply.client_id, reply.read) == ("Yes & thank you! 10:30 is fine 😀", "c1", False)
    assert reply.created_at == datetime(2026, 11, 22, 18, 4, 0, 123000, UTC)
    assert (reply.carrier, reply.carrier_id) == ("aws", "cae173d2-66b9-564c-8309-21f858e9fb84")


def test_the_text_that_aws_says_is_answered_is_read(account: Account) -> None:
    inbound, _ = worker.read_arrival(json.dumps(ENVELOPE), NOW)

    assert inbound.replies_to == "m-0"


def test_the_same_reply_twice_is_written_once(account: Account) -> None:
    bring(REPLY)
    bring(REPLY | {"messageBody": "again"}, Timestamp="2026-11-22T18:09:00.000Z")

    assert [reply.body for reply in replies(account)] == ["Yes & thank you! 10:30 is fine 😀"]


def test_a_batch_may_have_replies_from_both_carriers(account: Account) -> None:
    twilio_event = json.loads((Path(__file__).parents[3] / "events" / "sqs_inbound.json").read_text())

    worker.handler({"Records": [*EVENT["Records"], *twilio_event["Records"]]}, LambdaContext())

    assert sorted(str(reply.carrier) for reply in replies(account)) == ["aws", "twilio"]


def test_a_stop_from_aws_is_confirmed_by_us(account: Account) -> None:
    bring(REPLY | {"messageBody": "STOP", "messageKeyword": "STOP"})

    [job] = [json.loads(body) for body in take_queued("opt_out")]
    assert (job["keyword"], job["answered"], job["at"]) == ("stop", False, "2026-11-22T18:04:00.123000Z")


@pytest.mark.parametrize("timestamp", [None, "yesterday", "2026-11-22T18:04:00", 1795370640, "", *NEVER])
def test_a_reply_without_a_readable_time_gets_the_current_one(account: Account, timestamp: object) -> None:
    before = datetime.now(UTC)

    bring(REPLY, Timestamp=timestamp)

    assert (replies(account)[0].created_at - before).total_seconds() < 60


def test_a_reply_with_an_impossible_reference_is_written(account: Account) -> None:
    answer = bring(REPLY | {"previousPublishedMessageId": "\ud800"})

    assert answer == {"batchItemFailures": []}
    assert [reply.replies_to for reply in replies(account)] == ["\ufffd"]


def test_unknown_fields_are_ignored(account: Account) -> None:
    bring(REPLY | {"sentiment": {"score": 0.9}}, Novelty=[1, None])

    assert len(replies(account)) == 1


@pytest.mark.parametrize("words", ["half \ud83d a flower", "\udc00", "\x00\x1b[31m\u202e", "😀" * 1600])
def test_any_body_is_stored(account: Account, words: str) -> None:
    assert bring(REPLY | {"messageBody": words}) == {"batchItemFailures": []}

    [reply] = replies(account)
    assert reply.body == words.replace("\ud83d", "\ufffd").replace("\udc00", "\ufffd")


ANY = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.none(), max_size=1))


@pytest.mark.long
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    dropped=st.sets(st.sampled_from(sorted(REPLY))),
    changed=st.dictionaries(st.sampled_from(sorted(REPLY)), ANY, max_size=2),
    of_envelope=st.sets(st.sampled_from(sorted(ENVELOPE))),
)
def test_a_reply_with_missing_or_wrong_fields_is_written_or_fails_and_is_never_lost(
    account: Account, dropped: set[str], changed: dict[str, object], of_envelope: set[str]
) -> None:
    carrier_id = f"m-{next(COUNTER)}"
    reply = REPLY | {"inboundMessageId": carrier_id} | changed
    envelope = ENVELOPE | {
        "Message": json.dumps({name: value for name, value in reply.items() if name not in dropped})
    }
    body = json.dumps({name: value for name, value in envelope.items() if name not in of_envelope})

    answer = worker.handler(sqs_event(body, json.dumps(ENVELOPE)), LambdaContext())

    failed = answer != {"batchItemFailures": []}
    carrier_id = str(changed.get("inboundMessageId", carrier_id))
    inbound = Inbound(carrier="aws", carrier_id=carrier_id, phone=PHONE, number="+15555550100", body="")
    assert failed or messages_replies.first_received(inbound)
    needed = {"inboundMessageId", "originationNumber", "destinationNumber"}
    if not changed.keys() & needed:
        assert failed == bool(dropped & needed or "Message" in of_envelope)


@pytest.mark.long
@pytest.mark.parametrize("message", ["", "no JSON", "[]", "null", '"text"', None, 7, "[" * 100_000])
def test_an_unreadable_message_fails_alone(account: Account, message: object) -> None:
    bad, good = json.dumps(ENVELOPE | {"Message": message}), json.dumps(ENVELOPE)

    answer = worker.handler(sqs_event(bad, good), LambdaContext())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert len(replies(account)) == 1
