"""Replies that AWS brings through SNS, to the same worker as Twilio's."""

import json
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox import worker
from longcode.accounts.account import Account
from longcode.carriers.carrier import Inbound
from longcode.message import Message
from longcode.messages import replies as messages_replies
from tests.support.fakes import NOW, LambdaContext, client, queued, sqs_event
from tests.support.reply_steps import texted

EVENT = json.loads((Path(__file__).parents[2] / "events" / "sqs_aws_reply.json").read_text())
ENVELOPE = json.loads(EVENT["Records"][0]["body"])
REPLY = json.loads(ENVELOPE["Message"])
PHONE = "+15555550123"
INBOUND = Inbound(carrier="aws", carrier_id="", phone=PHONE, number="+15555550100", body="")
COUNTER = count()
NEVER = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z", "1969-12-31T23:59:59Z"]

pytestmark = pytest.mark.account(client=False)


@pytest.fixture
def account(account: Account) -> Account:
    """A studio that has texted its client over AWS."""
    client(account, "c1", PHONE)
    texted(account, phone=PHONE)
    return account


def replies(account: Account) -> list[Message]:
    return [message for _, message in messages_replies.after(account.id, 0, 100)]


def bring(reply: dict[str, Any], **envelope: object) -> dict[str, Any]:
    body = json.dumps(ENVELOPE | {"Message": json.dumps(reply)} | envelope)
    answer: dict[str, Any] = worker.handler(sqs_event(body), LambdaContext())
    return answer


def test_a_reply_of_aws_is_taken_in_with_the_time_of_sns(account: Account) -> None:
    answer = worker.handler(EVENT, LambdaContext())

    assert answer == {"batchItemFailures": []}
    [reply] = replies(account)
    assert (reply.body, reply.client_id, reply.read) == ("Yes & thank you! 10:30 is fine 😀", "c1", False)
    assert reply.created_at == datetime(2026, 11, 22, 18, 4, 0, 123000, UTC)
    assert (reply.carrier, reply.carrier_id) == ("aws", "cae173d2-66b9-564c-8309-21f858e9fb84")


def test_the_text_that_aws_says_is_answered_is_handed_to_attribution(account: Account) -> None:
    inbound, _ = worker.read_arrival(json.dumps(ENVELOPE), NOW)

    assert inbound.replies_to == "m-0"


def test_the_same_reply_twice_is_one(account: Account) -> None:
    bring(REPLY)
    bring(REPLY | {"messageBody": "again"}, Timestamp="2026-11-22T18:09:00.000Z")

    assert [one.body for one in replies(account)] == ["Yes & thank you! 10:30 is fine 😀"]


def test_both_carriers_texts_may_come_in_one_batch(account: Account) -> None:
    of_twilio = json.loads((Path(__file__).parents[2] / "events" / "sqs_inbound.json").read_text())

    worker.handler({"Records": [*EVENT["Records"], *of_twilio["Records"]]}, LambdaContext())

    assert sorted(str(one.carrier) for one in replies(account)) == ["aws", "twilio"]


def test_a_stop_that_aws_brings_is_answered_by_us_for_aws_leaves_opt_outs_to_us(account: Account) -> None:
    bring(REPLY | {"messageBody": "STOP", "messageKeyword": "STOP"})

    [told] = [json.loads(body) for body in queued("opt_out")]
    assert (told["keyword"], told["answered"], told["at"]) == ("stop", False, "2026-11-22T18:04:00.123000Z")


@pytest.mark.parametrize("timestamp", [None, "yesterday", "2026-11-22T18:04:00", 1795370640, "", *NEVER])
def test_a_reply_without_a_time_that_can_be_read_came_now(account: Account, timestamp: object) -> None:
    before = datetime.now(UTC)

    bring(REPLY, Timestamp=timestamp)

    assert (replies(account)[0].created_at - before).total_seconds() < 60


def test_a_text_that_is_said_to_be_answered_under_no_possible_id_keeps_no_reply_back(account: Account) -> None:
    answer = bring(REPLY | {"previousPublishedMessageId": "\ud800"})

    assert answer == {"batchItemFailures": []}
    assert [one.replies_to for one in replies(account)] == ["\ufffd"]


def test_a_field_never_seen_before_does_no_harm(account: Account) -> None:
    bring(REPLY | {"sentiment": {"score": 0.9}}, Novelty=[1, None])

    assert len(replies(account)) == 1


@pytest.mark.parametrize("words", ["half \ud83d a flower", "\udc00", "\x00\x1b[31m\u202e", "😀" * 1600])
def test_words_of_any_kind_are_kept(account: Account, words: str) -> None:
    assert bring(REPLY | {"messageBody": words}) == {"batchItemFailures": []}

    [reply] = replies(account)
    assert reply.body == words.replace("\ud83d", "\ufffd").replace("\udc00", "\ufffd")


ANY = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.none(), max_size=1))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    dropped=st.sets(st.sampled_from(sorted(REPLY))),
    changed=st.dictionaries(st.sampled_from(sorted(REPLY)), ANY, max_size=2),
    of_envelope=st.sets(st.sampled_from(sorted(ENVELOPE))),
)
def test_whatever_is_missing_a_reply_is_taken_in_or_parked_and_never_lost(
    account: Account, dropped: set[str], changed: dict[str, object], of_envelope: set[str]
) -> None:
    carrier_id = f"m-{next(COUNTER)}"
    reply = REPLY | {"inboundMessageId": carrier_id} | changed
    envelope = ENVELOPE | {"Message": json.dumps({name: one for name, one in reply.items() if name not in dropped})}
    body = json.dumps({name: one for name, one in envelope.items() if name not in of_envelope})

    answer = worker.handler(sqs_event(body, json.dumps(ENVELOPE)), LambdaContext())

    parked = answer != {"batchItemFailures": []}
    carrier_id = str(changed.get("inboundMessageId", carrier_id))
    assert parked or messages_replies.taken_in(replace(INBOUND, carrier_id=carrier_id))
    needed = {"inboundMessageId", "originationNumber", "destinationNumber"}
    if not changed.keys() & needed:
        assert parked == bool(dropped & needed or "Message" in of_envelope)


@pytest.mark.parametrize("message", ["", "no JSON", "[]", "null", '"text"', None, 7, "[" * 100_000])
def test_what_is_no_reply_is_parked_and_the_rest_of_its_batch_goes_on(account: Account, message: object) -> None:
    bad, good = json.dumps(ENVELOPE | {"Message": message}), json.dumps(ENVELOPE)

    answer = worker.handler(sqs_event(bad, good), LambdaContext())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert len(replies(account)) == 1
