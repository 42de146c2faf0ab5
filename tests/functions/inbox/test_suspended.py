"""A suspended or closed account still gets replies, and STOP, START and HELP still work."""

from datetime import timedelta
from typing import Any

import pytest

from accounts import settings_api
from billing import invoices_api, plan_api
from inbox import api, worker
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients, queues
from longcode.jobs import HandleKeyword
from longcode.message import Message, MessageState
from longcode.messages import replies as messages_replies
from longcode.messages import store as messages
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED
from longcode.usage import store as quotas
from longcode.usage.usage import Usage
from optout import worker as optout_worker
from tests.support.admin_orders import send_accepted_order
from tests.support.fakes import NOW, FakeCarrier, LambdaContext, call, client, sqs_event, studio, take_queued
from tests.support.reply_steps import PHONE, post, receive, record_text
from tests.support.text_steps import deliver
from tests.support.webhook_endpoint import FakeEndpoint, hosted, run_webhook_jobs

MINUTE = timedelta(minutes=1)
CONFIRMED = (
    "You get no more texts from Foxglove Portraits or other studios on this number (Longcode)."
    " Reply START to get them again."
)


@pytest.fixture(params=["suspend", "close"])
def account(aws: None, request: pytest.FixtureRequest) -> Account:
    """Create a studio that has texted a client and was then suspended or closed."""
    account = studio()
    client(account)
    record_text(account)
    order(account, request.param)
    return accounts.get_or_raise(account.id)


def order(account: Account, do: str) -> None:
    """Run an order of the operator."""
    reason: dict[str, Any] = {"reason": "Unpaid."} if do == "suspend" else {}
    send_accepted_order(f"accounts.{do}", account=account.id, **reason)


def text(words: str, sid: str = "SM1") -> FakeCarrier:
    """Post a client's text to the webhook, run all workers, and return the carrier with what they sent."""
    form = {"MessageSid": sid, "From": PHONE, "To": "+15555550100", "Body": words, "NumMedia": ""}
    assert post(form).status == 200
    worker.handler(sqs_event(*take_queued("inbound")), LambdaContext())
    for body in take_queued("opt_out"):
        optout_worker.handle_keyword(queues.read(HandleKeyword, body), clients.now())
    carrier = FakeCarrier()
    deliver(carrier, clients.now())
    return carrier


def replies(account: Account) -> list[Message]:
    return [message for _, message in messages_replies.after(account.id, 0, 100)]


def test_stop_still_works_and_is_confirmed_once(account: Account) -> None:
    carrier = text("STOP")

    assert [(text.to, text.body) for text in carrier.texts] == [(PHONE, CONFIRMED)]
    assert optouts.blocked([(account.id, PHONE)], None)
    assert [event.scope for event in optouts.phone_history(PHONE, clients.now())] == [SHARED]


def test_start_ends_the_opt_out_and_help_is_answered(account: Account) -> None:
    text("STOP", "SM1")

    carriers = [text("START", "SM2"), text("HELP", "SM3")]

    assert [len(carrier.texts) for carrier in carriers] == [1, 1]
    assert "help@longcode.example" in carriers[1].texts[0].body
    assert not optouts.blocked([(account.id, PHONE)], None)


def test_a_possible_opt_out_still_asks_the_staff(account: Account) -> None:
    text("Please stop texting me")

    question = optouts.get_question(account.id, PHONE)
    assert question
    assert question.words == "Please stop texting me"


def test_a_reply_arrives_unread_and_is_fetched(account: Account) -> None:
    text("Yes, thank you")

    answer = call(api, "GET", "/inbox", account=account.id, query={"after": "0", "limit": "10"})

    assert [(item["message"]["body"], item["message"]["read"]) for item in answer.json["items"]] == [
        ("Yes, thank you", False)
    ]


def test_hosted_software_still_gets_a_webhook_for_a_reply(aws: None) -> None:
    account = hosted()
    client(account)
    record_text(account)
    order(account, "suspend")
    receiver = FakeEndpoint()

    receive(body="Yes please", at=NOW + MINUTE)
    run_webhook_jobs(receiver)

    assert [(event, data["body"]) for event, data in receiver.events] == [("message.received", "Yes please")]


def test_invoices_plan_and_settings_can_still_be_read(account: Account) -> None:
    answers = [
        call(invoices_api, "GET", "/invoices", account=account.id),
        call(settings_api, "GET", "/account", account=account.id),
        call(plan_api, "GET", "/account/plan", account=account.id),
    ]

    assert [answer.status for answer in answers] == [200, 200, 200]


def test_a_suspended_account_can_still_change_its_plan(aws: None) -> None:
    account = studio()
    order(account, "suspend")

    answer = call(plan_api, "PUT", "/account/plan", {"plan": "large"}, account=account.id)

    assert answer.status == 200
    assert [change.plan for change in accounts.get_or_raise(account.id).plan_changes] == ["medium", "large"]


def test_a_closed_account_cannot_change_its_plan(aws: None) -> None:
    account = studio()
    order(account, "close")

    answer = call(plan_api, "PUT", "/account/plan", {"plan": "large"}, account=account.id)

    assert (answer.status, answer.json["code"]) == (403, "account_closed")
    assert accounts.get_or_raise(account.id).plan_changes == account.plan_changes


def test_a_reply_to_a_suspended_account_is_counted(aws: None) -> None:
    account = studio()
    record_text(account)
    order(account, "suspend")

    receive(at=NOW + MINUTE)

    assert quotas.of_month(account.id, "2026-11").units_received == 1


def test_replies_are_counted_if_they_were_received_before_the_account_was_closed(
    aws: None,
) -> None:
    account = studio()
    record_text(account, NOW - 2 * MINUTE)
    order(account, "close")

    receive("SM1", at=NOW - MINUTE)
    receive("SM2", at=NOW)
    receive("SM3", at=NOW + MINUTE)

    assert quotas.of_month(account.id, "2026-11").units_received == 1
    assert [(reply.month, reply.charged_units) for reply in replies(account)] == [
        ("2026-11", 1),
        (None, 0),
        (None, 0),
    ]


def test_replies_to_a_reopened_account_are_counted_again(aws: None) -> None:
    account = studio()
    record_text(account)
    order(account, "close")
    order(account, "reopen")

    receive(at=NOW + MINUTE)

    assert quotas.of_month(account.id, "2026-11").units_received == 1


def test_a_reply_moved_to_a_closed_account_is_not_counted(aws: None) -> None:
    account, other = studio(), studio("10000002")
    record_text(account)
    receive(at=NOW + MINUTE)
    order(other, "close")
    [reply] = replies(account)

    send_accepted_order("replies.move", NOW + MINUTE, account=account.id, message_id=reply.id, to=other.id)

    moved = messages.get(other.id, reply.id)
    assert moved
    assert (moved.state, moved.month, moved.charged_units) == (MessageState.RECEIVED, None, 0)
    assert [quotas.of_month(account_id, "2026-11") for account_id in (account.id, other.id)] == [Usage(), Usage()]


def test_a_reply_moved_from_a_closed_account_is_still_not_counted(aws: None) -> None:
    account, other = studio(), studio("10000002")
    record_text(account)
    order(account, "close")
    receive(at=NOW + MINUTE)
    [reply] = replies(account)

    send_accepted_order("replies.move", NOW + MINUTE, account=account.id, message_id=reply.id, to=other.id)

    assert [quotas.of_month(account_id, "2026-11") for account_id in (account.id, other.id)] == [Usage(), Usage()]
