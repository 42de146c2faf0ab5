"""The account of a reply: by the carrier's reference, the number's owner, or as the only one; and what is stored."""

import json
from datetime import datetime, timedelta

import pytest

from inbox import api, worker
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.carriers.carrier import Inbound
from longcode.message import Message, MessageKind, MessageState
from longcode.messages import replies as messages_replies
from longcode.messages import store as messages
from longcode.messages.compose import draft
from longcode.numbers import store as numbers
from longcode.webhooks import webhook
from tests.support.admin_orders import send_order
from tests.support.fakes import NOW, call, client, studio
from tests.support.readers import log_lines
from tests.support.reply_steps import NUMBER, PHONE, record_text

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
EARLIER = NOW - 31 * DAY  # the conversation is silent long enough for another studio to get its number
OWN = "+15555550177"


@pytest.fixture
def fox(aws: None) -> Account:
    """Create a studio; another one has the same client."""
    account = studio()
    client(account)
    return account


@pytest.fixture
def wattle(aws: None) -> Account:
    """Create the other studio."""
    account = studio("10000002")
    client(account, "theirs")
    return account


def sent(account: Account, at: datetime, carrier_id: str, client_id: str | None = None) -> Message:
    """Write a text of an account to the phone that the carrier knows by this id."""
    text = draft(
        account=account.id,
        message_id=f"m-{carrier_id}",
        kind=MessageKind.INDIVIDUAL,
        phone=PHONE,
        number=NUMBER,
        body="Hello",
        now=at,
    )
    messages.write_new(text)
    messages.claim(text, "claim", at, at + MINUTE)
    claimed = messages.get(account.id, text.id)
    assert claimed
    messages.record(claimed, MessageState.SENT, carrier="aws", carrier_id=carrier_id)
    record_text(account, at, client_id=client_id, message_id=text.id)
    return text


def answer(replies_to: str | None, at: datetime, number: str = NUMBER) -> None:
    inbound = Inbound(
        carrier="aws", carrier_id=f"in-{at}", phone=PHONE, number=number, body="Yes", replies_to=replies_to
    )
    worker.receive(inbound, at)


def replies(account: Account) -> list[Message]:
    return [message for _, message in messages_replies.after(account.id, 0, 100)]


def test_the_carriers_reference_does_not_decide_between_two_studios(fox: Account, wattle: Account) -> None:
    """AWS may name the newest text to the phone, which is the attacker's, whatever the client answers."""
    sent(fox, EARLIER, "aws-1", "c1")
    sent(wattle, NOW + MINUTE, "aws-2", "theirs")

    for minute, named in enumerate(("aws-1", "aws-2"), 2):
        answer(named, NOW + minute * MINUTE)

    assert replies(fox) == replies(wattle) == []
    kept = send_order("replies.list_unattributed", NOW + DAY)["items"]
    assert [sorted(one["candidates"]) for one in kept] == [[fox.id, wattle.id]] * 2


def test_the_carriers_reference_finds_a_text_of_the_last_sixty_days(fox: Account) -> None:
    sent(fox, NOW - 59 * DAY, "aws-1")
    sent(fox, NOW - 32 * DAY, "aws-2")

    answer("aws-1", NOW + MINUTE)

    [reply] = replies(fox)
    assert (reply.rule, reply.answers, reply.replies_to) == ("carrier_reference", "m-aws-1", "aws-1")


def test_an_unknown_reference_is_logged_and_the_only_studio_gets_the_reply(
    fox: Account, wattle: Account, caplog: pytest.LogCaptureFixture
) -> None:
    sent(wattle, NOW + MINUTE, "aws-2")

    answer("aws-9", NOW + 2 * MINUTE)

    [reply] = replies(wattle)
    assert (reply.rule, reply.answers, reply.replies_to) == ("last_texted", "m-aws-2", "aws-9")
    assert "the carrier says that the reply answers an unknown text" in log_lines(caplog)


def test_our_own_message_id_is_not_taken_for_a_carriers_reference(fox: Account, wattle: Account) -> None:
    sent(fox, EARLIER, "aws-1")
    sent(wattle, NOW + MINUTE, "aws-2")

    answer("m-aws-1", NOW + 2 * MINUTE)

    assert replies(fox) == replies(wattle) == []


def test_a_reply_to_a_text_to_the_bare_number_is_linked_to_neither_of_two_clients(fox: Account) -> None:
    client(fox, "c2", PHONE)
    sent(fox, NOW, "aws-1", "c2")
    sent(fox, NOW + MINUTE, "aws-2")

    answer("aws-2", NOW + 2 * MINUTE)

    assert replies(fox)[0].client_id is None


def test_a_reply_to_a_dedicated_number_goes_to_its_owner_even_from_an_unknown_phone(
    fox: Account, wattle: Account
) -> None:
    numbers.dedicate(wattle, OWN, NOW)
    sent(fox, NOW, "aws-1")

    answer(None, NOW + MINUTE, OWN)

    [reply] = replies(wattle)
    assert (reply.rule, reply.answers, reply.client_id) == ("dedicated_number", None, "theirs")
    assert replies(fox) == []


def test_a_reply_to_a_former_dedicated_number_goes_to_who_texted_over_it(fox: Account, wattle: Account) -> None:
    numbers.dedicate(wattle, OWN, NOW)
    record_text(wattle, NOW, number=OWN)
    numbers.dedicate(accounts.get_or_raise(wattle.id), None, NOW)

    answer(None, NOW + MINUTE, OWN)

    assert [reply.rule for reply in replies(wattle)] == ["last_texted"]


def test_no_studio_sees_the_other_candidates_for_a_reply(fox: Account, wattle: Account) -> None:
    sent(wattle, NOW - 70 * DAY, "aws-1")
    sent(fox, NOW + MINUTE, "aws-2")

    answer("aws-2", NOW + 2 * MINUTE)

    [reply] = replies(fox)
    shown = [call(api, "GET", path, account=fox.id).text for path in ("/messages", f"/messages/{reply.id}", "/inbox")]
    posted = json.dumps(webhook.reply_data(reply))
    assert reply.candidates == (wattle.id,)
    assert all(reply.id in text and wattle.id not in text for text in [*shown, posted])
    assert len(numbers.last_texts_to(PHONE, NUMBER)) == 2
