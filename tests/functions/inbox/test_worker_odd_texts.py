"""Odd, repeated and very late texts, and texts with unknown fields, from the webhook to the hub."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from inbox import api, webhook_api, worker
from longcode import jobs
from longcode.accounts.account import Account
from longcode.aws import clients, queues
from longcode.carriers.carrier import Inbound
from longcode.message import Message, MessageState
from longcode.messages import replies as messages_replies
from longcode.months import month_of
from longcode.usage import store as quotas
from optout import worker as optout
from send import api as send_api
from tests.support.fakes import NOW, FakeCarrier, LambdaContext, call, client, sqs_event, studio, take_queued
from tests.support.reply_steps import NUMBER, PHONE, post, receive, record_text
from tests.support.text_steps import accept, deliver, stored

pytestmark = pytest.mark.account(texted=NOW)

FORM = {"MessageSid": "SM1", "From": PHONE, "To": NUMBER, "Body": "Yes, thank you", "NumMedia": "0"}
COUNTER = count()
ODD = [
    "",
    " ",
    "\n\r\n\t",
    "\x00",
    "a\x00b\x07\x1b[31mred\x1b[0m\x7f\x85",
    "\u202eevil.exe\u202c",
    "\u200f\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "<script>alert(1)</script>&amp;\"'\\",
    "\ufffe\uffff\ufdd0\U0010ffff\ufeff",
    "e\u0301" * 800,
    "👩‍👩‍👧‍👦" * 228,
    "😀" * 1600,
    "{{client.first_name}} ${x} %s",
]


def replies(account: Account) -> list[Message]:
    return [message for _, message in messages_replies.after(account.id, 0, 200)]


def arrive(form: Mapping[str, str]) -> None:
    """Post a webhook and run the worker on what it queued."""
    assert post(form).status == 200
    answer = worker.handler(sqs_event(*take_queued("inbound")), LambdaContext())
    assert answer == {"batchItemFailures": []}


def shown(account: Account, body: str) -> dict[str, Any]:
    """Return the newest reply, which must be the same in the hub and in the 5-minute job's list."""
    hub = call(api, "GET", "/messages", account=account.id)
    polled = call(
        api,
        "GET",
        "/inbox",
        account=account.id,
        query={"after": str(messages_replies.newest_sequence(account.id) - 1)},
    )
    item: dict[str, Any] = hub.json["items"][0]
    assert polled.json["items"][-1]["message"] == item
    assert item["body"] == body
    return item


@pytest.mark.long
@pytest.mark.parametrize("body", ODD)
def test_an_odd_body_is_stored_and_shown_unchanged(account: Account, body: str) -> None:
    arrive(FORM | {"Body": body})

    assert shown(account, body)["read"] is False


@pytest.mark.long
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(body=st.text(max_size=1600))
@example("\x00\ufffe\u202e😀")
def test_any_body_arrives_unchanged(account: Account, body: str) -> None:
    sid = f"SM{next(COUNTER)}"

    arrive(FORM | {"MessageSid": sid, "Body": body})

    newest = messages_replies.after(account.id, messages_replies.newest_sequence(account.id) - 1, 1)
    assert [(reply.carrier_id, reply.body) for _, reply in newest] == [(sid, body)]


def test_sixteen_hundred_emoji_count_as_ten_units(account: Account) -> None:
    arrive(FORM | {"Body": "😀" * 1600})

    item = shown(account, "😀" * 1600)
    assert (item["units"], item["encoding"]) == (10, "UCS-2")
    assert quotas.of_month(account.id, month_of(clients.now())).units_received == 10


def test_ten_pictures_without_a_body_are_shown_as_links_and_not_charged(account: Account) -> None:
    pictures = {f"MediaUrl{index}": f"https://api.twilio.com/Media/ME{index}" for index in range(10)}

    arrive({**FORM, **pictures, "Body": "", "NumMedia": "10"})

    item = shown(account, "")
    assert item["media"] == [f"https://api.twilio.com/Media/ME{index}" for index in range(10)]
    assert (item["units"], item["charged_units"], item["read"]) == (0, 0, False)


@pytest.mark.parametrize("body", ["", None])
def test_an_empty_message_is_an_empty_reply(account: Account, body: str | None) -> None:
    form = {name: value for name, value in FORM.items() if name != "Body"}

    arrive(form if body is None else form | {"Body": body})

    assert shown(account, "")["media"] == []


def test_unknown_fields_are_ignored(account: Account) -> None:
    new = {"RichCard": '{"a": [1]}', "ButtonPayload": "", "Body2": "other words", "MediaUrl99": "https://x.example"}

    arrive(FORM | new)

    assert shown(account, "Yes, thank you")["media"] == []


@pytest.mark.long
def test_twelve_concurrent_webhooks_are_one_reply_and_one_stop(account: Account) -> None:
    post(FORM | {"Body": "STOP"})
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: queue_a_copy(), range(11)))
    bodies = take_queued("inbound")
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda body: worker.handler(sqs_event(body), LambdaContext()), bodies))
    keyword_jobs = [queues.read(jobs.HandleKeyword, body) for body in take_queued("opt_out")]
    for job in keyword_jobs:
        optout.handle_keyword(job, clients.now())

    assert answers == [{"batchItemFailures": []}] * 12
    assert [reply.body for reply in replies(account)] == ["STOP"]
    assert len({job.id for job in keyword_jobs}) == 1
    assert len({queues.read(jobs.Send, body).message_id for body in take_queued("send")}) == 1


def test_a_reply_to_a_group_shows_the_other_phones(account: Account) -> None:
    group = {"OtherRecipients0": "+12125550177", "OtherRecipients1": "+12125550188", "NumMedia": "0"}

    arrive(FORM | group)

    assert shown(account, "Yes, thank you")["other_recipients"] == ["+12125550177", "+12125550188"]


def test_a_reply_to_our_number_alone_shows_no_other_phones(account: Account) -> None:
    arrive(FORM | {"OtherRecipients0": " "})

    assert shown(account, "Yes, thank you")["other_recipients"] == []


def test_a_stop_to_a_group_opts_its_sender_out_alone(account: Account) -> None:
    arrive(FORM | {"Body": "STOP", "OtherRecipients0": "+12125550177"})

    assert [queues.read(jobs.HandleKeyword, body).phone for body in take_queued("opt_out")] == [PHONE]


@pytest.mark.parametrize("sender", ["SUPPORT", "68849", "+266696687", "+7378742833", "+68849", "+0123456789"])
@pytest.mark.parametrize("word", ["STOP", "HELP", "START"])
def test_a_sender_that_is_no_phone_is_heard_and_not_answered(account: Account, sender: str, word: str) -> None:
    record_text(account, phone=sender)

    arrive(FORM | {"From": sender, "Body": word})
    for body in take_queued("opt_out"):
        optout.handle_keyword(queues.read(jobs.HandleKeyword, body), clients.now())

    assert [(reply.phone, reply.keyword) for reply in replies(account)] == [(sender, word.lower())]
    assert take_queued("send") == []


def queue_a_copy() -> None:
    """Queue a copy of the webhook."""
    job = jobs.Receive(carrier="twilio", form=FORM | {"Body": "STOP"}, received_at=clients.now())
    queues.send(job)


def test_a_reply_to_a_text_of_years_ago_reaches_the_studio_that_sent_it(aws: None) -> None:
    account = studio()
    client(account)
    record_text(account, NOW - timedelta(days=3 * 365))

    receive(at=NOW)

    [reply] = replies(account)
    assert (reply.client_id, reply.rule, reply.month) == ("c1", "last_texted", "2026-11")


def test_a_cancelled_text_does_not_decide_the_account_of_a_reply(account: Account) -> None:
    cancelled = accept(account, "later", send_at=NOW + timedelta(days=1))
    call(send_api, "DELETE", f"/messages/{cancelled.id}", account=account.id)

    receive(at=NOW + timedelta(days=1))

    assert stored(account, cancelled.id).state is MessageState.CANCELLED
    assert [reply.answers for reply in replies(account)] == ["m-0"]


def test_a_reply_from_a_phone_whose_only_text_was_cancelled_is_unattributed(aws: None) -> None:
    account = studio()
    client(account)
    cancelled = accept(account, "later", send_at=NOW + timedelta(days=1))
    call(send_api, "DELETE", f"/messages/{cancelled.id}", account=account.id)

    receive(at=NOW + timedelta(days=1))

    assert replies(account) == []
    assert len(messages_replies.unattributed_page(NOW, limit=10, cursor=None)[0]) == 1


def test_a_reply_to_an_unknown_text_goes_to_who_texted_last(account: Account) -> None:
    inbound = Inbound(carrier="aws", carrier_id="m-1", phone=PHONE, number=NUMBER, body="Yes", replies_to="long ago")

    worker.receive(inbound, NOW)

    assert [reply.rule for reply in replies(account)] == ["last_texted"]


def test_a_reply_answers_the_text_that_was_sent(aws: None) -> None:
    account = studio()
    client(account)
    sent = accept(account)
    deliver(FakeCarrier())

    receive(at=NOW + timedelta(minutes=1))

    assert [reply.answers for reply in replies(account)] == [sent.id]


def test_a_reply_has_the_time_of_our_clock(account: Account) -> None:
    before = datetime.now(UTC)

    arrive(FORM)

    assert timedelta(0) <= replies(account)[0].created_at - before + timedelta(milliseconds=1) < timedelta(minutes=1)


def test_a_webhook_with_another_content_type_is_refused(aws: None) -> None:
    answer = call(webhook_api, "POST", "/carriers/twilio/inbound", "{}", headers={"content-type": "application/json"})

    assert answer.status == 415
    assert take_queued("inbound") == []
