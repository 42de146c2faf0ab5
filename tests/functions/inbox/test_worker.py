"""A text becomes a reply of the right studio and client, counted once; keywords are queued."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from inbox import worker
from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.carriers.carrier import Inbound
from longcode.jobs import HandleKeyword
from longcode.message import Message
from longcode.messages import replies as messages_replies
from longcode.usage import store as quotas
from tests.support.fakes import NOW, LambdaContext, client, sqs_event, studio, take_queued
from tests.support.readers import log_lines
from tests.support.reply_steps import NUMBER, PHONE, receive, record_text

EVENT = json.loads((Path(__file__).parents[3] / "events" / "sqs_inbound.json").read_text())
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def replies(account: Account) -> list[Message]:
    return [message for _, message in messages_replies.after(account.id, 0, 100)]


def queued_keywords() -> list[HandleKeyword]:
    return [queues.read(HandleKeyword, body) for body in take_queued("opt_out")]


def test_an_sqs_event_becomes_an_unread_reply_linked_to_the_client(account: Account) -> None:
    client(account, "c2", "+15555550123")
    record_text(account, phone="+15555550123", client_id="c2")

    answer = worker.handler(EVENT, LambdaContext())

    assert answer == {"batchItemFailures": []}
    [reply] = replies(account)
    assert (reply.body, reply.client_id, reply.read) == ("Yes & thank you! 10:30 is fine 😀", "c2", False)
    assert (reply.answers, reply.rule, reply.month) == ("m-0", "last_texted", "2026-11")
    assert len(reply.media) == 1


def test_the_same_text_twice_is_one_reply_counted_once(account: Account) -> None:
    record_text(account)

    receive("SM1")
    receive("SM1", at=NOW + MINUTE)

    assert len(replies(account)) == 1
    assert messages_replies.newest_sequence(account.id) == 1
    assert quotas.of_month(account.id, "2026-11").units_received == 1


def test_a_reply_belongs_to_the_only_studio_that_texted_that_phone_within_two_months(account: Account) -> None:
    other = studio("10000002")
    client(other, "theirs")
    record_text(account, NOW - 62 * DAY)
    record_text(other, NOW - MINUTE, client_id="theirs")

    receive()

    [reply] = replies(other)
    assert (reply.client_id, reply.candidates) == ("theirs", ("10000001",))
    assert replies(account) == []


def test_the_only_client_with_the_phone_gets_the_reply_to_a_text_to_the_bare_number(account: Account) -> None:
    record_text(account, client_id=None)

    receive()

    assert replies(account)[0].client_id == "c1"


def test_a_client_who_no_longer_has_the_phone_does_not_get_the_reply(account: Account) -> None:
    client(account, "c1", "+12125550199", updated_at=NOW + MINUTE)
    record_text(account, client_id="c1")

    receive()

    assert replies(account)[0].client_id is None


@pytest.mark.parametrize("word", ["STOP", "start", "Help!"])
def test_a_keyword_is_shown_queued_and_not_charged(account: Account, word: str) -> None:
    record_text(account)

    receive(body=word)

    [reply] = replies(account)
    assert (reply.body, reply.charged_units) == (word, 0)
    [job] = queued_keywords()
    assert (job.words, job.phone, job.account, job.at) == (word, PHONE, "10000001", NOW)
    assert quotas.of_month(account.id, "2026-11").units_received == 0


def test_a_yes_is_charged(account: Account) -> None:
    record_text(account)

    receive(body="Yes")

    assert replies(account)[0].charged_units == 1
    assert quotas.of_month(account.id, "2026-11").units_received == 1


def test_a_long_reply_counts_all_its_units(account: Account) -> None:
    record_text(account)

    receive(body="a" * 300)

    assert quotas.of_month(account.id, "2026-11").units_received == 2


def test_an_unattributed_reply_reaches_no_studio_and_is_not_counted(account: Account) -> None:
    receive(phone="+12125550777")

    assert replies(account) == []
    assert queued_keywords() == []
    assert quotas.of_month(account.id, "2026-11").units_received == 0


def test_an_unattributed_stop_is_queued_without_an_account(account: Account) -> None:
    receive(body="Stop", phone="+12125550777")

    [job] = queued_keywords()
    assert (job.keyword, job.phone, job.account) == ("stop", "+12125550777", None)


def test_an_unattributed_help_is_not_queued(account: Account) -> None:
    receive(body="Help", phone="+12125550777")

    assert queued_keywords() == []


def test_a_late_copy_of_an_unattributed_reply_stays_unattributed(account: Account) -> None:
    receive("SM1")
    record_text(account)

    receive("SM1", at=NOW + MINUTE)

    assert replies(account) == []


@pytest.mark.parametrize("route", [record_text, lambda _: None])
def test_a_late_copy_of_a_stop_is_queued_with_the_time_of_the_first(
    account: Account, route: Callable[[Account], None]
) -> None:
    route(account)
    receive("SM1", "STOP")
    receive("SM2", "START", at=NOW + MINUTE)

    receive("SM1", "STOP", at=NOW + 2 * MINUTE)

    assert [(job.keyword, job.at) for job in queued_keywords()] == [
        ("stop", NOW),
        ("start", NOW + MINUTE),
        ("stop", NOW),
    ]


def test_a_keyword_that_the_carrier_answered_is_queued_as_answered(account: Account) -> None:
    record_text(account)

    worker.receive(
        Inbound(carrier="twilio", carrier_id="SM1", phone=PHONE, number=NUMBER, body="STOP", answered=True), NOW
    )

    assert queued_keywords()[0].answered


def test_a_picture_without_a_body_is_a_reply(account: Account) -> None:
    record_text(account)
    picture = "https://api.twilio.com/ME1"

    worker.receive(
        Inbound(carrier="twilio", carrier_id="SM1", phone=PHONE, number=NUMBER, body="", media=(picture,)), NOW
    )

    [reply] = replies(account)
    assert (reply.body, reply.media, reply.units) == ("", (picture,), 0)


@pytest.mark.parametrize(
    "body", ["", "no JSON", '{"carrier":"twilio","form":{},"received_at":"2026-11-22T18:04:00Z"}']
)
def test_a_record_that_cannot_be_read_fails_alone(account: Account, body: str) -> None:
    record_text(account, phone="+15555550123", client_id=None)

    answer = worker.handler(sqs_event(body, EVENT["Records"][0]["body"]), LambdaContext())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert len(replies(account)) == 1


def test_the_log_contains_neither_the_phone_nor_the_body(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    record_text(account, phone="+15555550123")

    worker.handler(EVENT, LambdaContext())
    receive("SM3", "Secret words", phone="+12125550777")

    log = log_lines(caplog)
    assert "unattributed reply" in log
    assert "5555550123" not in log
    assert "thank you" not in log
    assert "2125550777" not in log
    assert "Secret words" not in log
