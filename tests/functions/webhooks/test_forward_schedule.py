from dataclasses import replace

import pytest

from longcode.accounts import store as accounts
from longcode.accounts.account import Account, WebhookEvent
from longcode.accounts.account import ReplyDelivery as Mode
from longcode.messages import replies
from longcode.table import keys, store
from longcode.table.writes import Update
from tests.support.fakes import NOW, LambdaContext, studio
from tests.support.reply_steps import receive, texted
from tests.support.webhook_endpoint import MINUTE, Receiver, hosted, jobs, swept, work
from webhooks import forward_schedule as forward

LATER = NOW + 5 * MINUTE


@pytest.fixture
def account(aws: None) -> Account:
    """Give a hosted studio that has texted a client."""
    account = hosted()
    accounts.list_webhook(account.id)
    texted(account)
    return account


def test_replies_that_came_while_the_studio_polled_are_told_in_their_order(account: Account) -> None:
    accounts.change_settings(account.id, {"delivery": Mode.POLL})
    for index in range(3):
        receive(f"SM{index}", f"Reply {index}")
    accounts.change_settings(account.id, {"delivery": Mode.WEBHOOK})
    receiver = Receiver()

    assert forward.forward_all(LATER) == 3
    work(receiver, LATER)

    assert sorted(data["body"] for _, data in receiver.told) == ["Reply 0", "Reply 1", "Reply 2"]
    assert forward.forward_all(LATER + 5 * MINUTE) == 0


def test_what_was_told_at_once_is_not_told_again(account: Account) -> None:
    receiver = Receiver()
    receive()
    work(receiver)

    told = forward.forward_all(LATER)

    assert told == 0
    assert jobs() == []
    assert replies.forwarded(account.id) == replies.newest_sequence(account.id) == 1


def test_a_processor_that_was_killed_before_its_jobs_is_made_good_by_the_sweeper(account: Account) -> None:
    accounts.change_settings(account.id, {"delivery": Mode.POLL})
    receive()
    accounts.change_settings(account.id, {"delivery": Mode.WEBHOOK})
    forward.forward_all(LATER)
    jobs()  # are lost
    receiver = Receiver()

    work(receiver, LATER + 3 * MINUTE, swept(LATER + 3 * MINUTE))

    assert len(receiver.ids) == 1


def test_more_replies_than_a_page_are_all_told(account: Account) -> None:
    accounts.change_settings(account.id, {"delivery": Mode.POLL})
    for index in range(130):
        receive(f"SM{index}", f"Reply {index}")
    accounts.change_settings(account.id, {"delivery": Mode.WEBHOOK})

    assert forward.forward_all(LATER) == 130


def test_a_studio_that_polls_gets_no_webhooks(account: Account) -> None:
    accounts.change_settings(account.id, {"delivery": Mode.POLL})
    receive()

    assert forward.handler({}, LambdaContext()) == {"forwarded": 0}
    assert jobs() == []


def test_a_studio_that_does_not_want_replies_is_not_told_of_them_later_either(account: Account) -> None:
    accounts.change_settings(account.id, {"webhook_events": [WebhookEvent.CALL_CREATED]})
    receive()
    forward.forward_all(LATER)

    accounts.change_settings(account.id, {"webhook_events": list(WebhookEvent)})

    assert forward.forward_all(LATER + 5 * MINUTE) == 0


def test_a_studio_that_cannot_be_read_keeps_no_other_waiting(account: Account) -> None:
    other = hosted("10000002")
    accounts.list_webhook(other.id)
    texted(other, phone="+12125550124", client_id=None)
    accounts.change_settings(other.id, {"delivery": Mode.POLL})
    receive(phone="+12125550124")
    accounts.change_settings(other.id, {"delivery": Mode.WEBHOOK})
    store.write(Update(keys.inbox_end(account.id), changes={"forwarded": "no number", "sequence": 1}))

    assert forward.forward_all(LATER) == 1


def test_a_reply_that_the_operator_moved_to_the_studio_is_told_to_it(account: Account) -> None:
    other = studio("10000002")
    texted(other, phone="+12125550124", client_id=None)
    receive(body="For the other", phone="+12125550124")
    [(_, reply)] = replies.after(other.id, 0, 9)
    receiver = Receiver()

    replies.move_reply(reply, replace(reply, account=account.id))
    forward.forward_all(LATER)
    work(receiver, LATER)

    assert [data["body"] for _, data in receiver.told] == ["For the other"]
