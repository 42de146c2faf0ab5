"""Replies without a webhook get one: received while the studio polled, moved to it, or lost by a killed worker."""

import pytest
from msgspec.structs import replace

from longcode.accounts import store as accounts
from longcode.accounts.account import Account, ReplyDelivery, WebhookEvent
from longcode.messages import replies
from longcode.table import keys, store
from longcode.table.writes import Update
from tests.support.fakes import NOW, LambdaContext, studio
from tests.support.reply_steps import receive, record_text
from tests.support.webhook_endpoint import (
    MINUTE,
    FakeEndpoint,
    hosted,
    run_webhook_jobs,
    sweep_webhooks,
    take_webhook_jobs,
)
from webhooks import forward_schedule as forward

LATER = NOW + 5 * MINUTE


@pytest.fixture
def account(aws: None) -> Account:
    """Create a hosted studio that has texted a client."""
    account = hosted()
    accounts.add_to_webhook_list(account.id)
    record_text(account)
    return account


def test_replies_received_while_the_studio_polled_are_forwarded_once(account: Account) -> None:
    accounts.change_settings(account.id, {"delivery": ReplyDelivery.POLL})
    for index in range(3):
        receive(f"SM{index}", f"Reply {index}")
    accounts.change_settings(account.id, {"delivery": ReplyDelivery.WEBHOOK})
    endpoint = FakeEndpoint()

    assert forward.forward_all(LATER) == 3
    run_webhook_jobs(endpoint, LATER)

    assert sorted(data["body"] for _, data in endpoint.events) == ["Reply 0", "Reply 1", "Reply 2"]
    assert forward.forward_all(LATER + 5 * MINUTE) == 0


def test_a_reply_that_has_a_webhook_is_not_forwarded_again(account: Account) -> None:
    endpoint = FakeEndpoint()
    receive()
    run_webhook_jobs(endpoint)

    forwarded = forward.forward_all(LATER)

    assert forwarded == 0
    assert take_webhook_jobs() == []
    assert replies.forwarded(account.id) == replies.newest_sequence(account.id) == 1


def test_webhooks_whose_jobs_were_lost_are_enqueued_by_the_sweeper(account: Account) -> None:
    accounts.change_settings(account.id, {"delivery": ReplyDelivery.POLL})
    receive()
    accounts.change_settings(account.id, {"delivery": ReplyDelivery.WEBHOOK})
    forward.forward_all(LATER)
    take_webhook_jobs()  # are lost
    endpoint = FakeEndpoint()

    run_webhook_jobs(endpoint, LATER + 3 * MINUTE, sweep_webhooks(LATER + 3 * MINUTE))

    assert len(endpoint.ids) == 1


@pytest.mark.long
def test_more_replies_than_a_page_are_all_forwarded(account: Account) -> None:
    accounts.change_settings(account.id, {"delivery": ReplyDelivery.POLL})
    for index in range(101):
        receive(f"SM{index}", f"Reply {index}")
    accounts.change_settings(account.id, {"delivery": ReplyDelivery.WEBHOOK})

    assert forward.forward_all(LATER) == 101


def test_a_studio_that_polls_gets_no_webhooks(account: Account) -> None:
    accounts.change_settings(account.id, {"delivery": ReplyDelivery.POLL})
    receive()

    assert forward.handler({}, LambdaContext()) == {"forwarded": 0}
    assert take_webhook_jobs() == []


def test_replies_that_a_studio_did_not_want_are_not_forwarded_later(account: Account) -> None:
    accounts.change_settings(account.id, {"webhook_events": [WebhookEvent.CALL_CREATED]})
    receive()
    forward.forward_all(LATER)

    accounts.change_settings(account.id, {"webhook_events": list(WebhookEvent)})

    assert forward.forward_all(LATER + 5 * MINUTE) == 0


def test_an_unreadable_studio_does_not_stop_the_others(account: Account) -> None:
    other = hosted("10000002")
    accounts.add_to_webhook_list(other.id)
    record_text(other, phone="+12125550124", client_id=None)
    accounts.change_settings(other.id, {"delivery": ReplyDelivery.POLL})
    receive(phone="+12125550124")
    accounts.change_settings(other.id, {"delivery": ReplyDelivery.WEBHOOK})
    store.write(Update(keys.inbox_end(account.id), changes={"forwarded": "no number", "sequence": 1}))

    assert forward.forward_all(LATER) == 1


def test_a_reply_that_was_moved_to_the_studio_is_forwarded(account: Account) -> None:
    other = studio("10000002")
    record_text(other, phone="+12125550124", client_id=None)
    receive(body="For the other", phone="+12125550124")
    [(_, reply)] = replies.after(other.id, 0, 9)
    endpoint = FakeEndpoint()

    replies.move_reply(reply, replace(reply, account=account.id))
    forward.forward_all(LATER)
    run_webhook_jobs(endpoint, LATER)

    assert [data["body"] for _, data in endpoint.events] == ["For the other"]
