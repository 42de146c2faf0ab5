"""To whom a reply goes: what the carrier says, whose the number is, who texted last; and what is kept of it."""

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
from tests.support.fakes import NOW, call, client, studio
from tests.support.readers import logged
from tests.support.reply_steps import NUMBER, PHONE, receive, texted

MINUTE = timedelta(minutes=1)
OWN = "+15555550177"


@pytest.fixture
def fox(aws: None) -> Account:
    """Give a studio whose client is another's too."""
    account = studio()
    client(account)
    return account


@pytest.fixture
def wattle(aws: None) -> Account:
    """Give the other studio."""
    account = studio("10000002")
    client(account, "theirs")
    return account


def sent(account: Account, at: datetime, carrier_id: str, client_id: str | None = None) -> Message:
    """Have an account text the phone, as the carrier knows it."""
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
    texted(account, at, client_id=client_id, message_id=text.id)
    return text


def answer(replies_to: str | None, at: datetime, number: str = NUMBER) -> None:
    said = Inbound(
        carrier="aws", carrier_id=f"in-{at}", phone=PHONE, number=number, body="Yes", replies_to=replies_to
    )
    worker.receive(said, at)


def replies(account: Account) -> list[Message]:
    return [message for _, message in messages_replies.after(account.id, 0, 100)]


def test_what_the_carrier_says_is_answered_decides_against_who_texted_last(fox: Account, wattle: Account) -> None:
    sent(fox, NOW, "aws-1", "c1")
    sent(wattle, NOW + MINUTE, "aws-2", "theirs")

    answer("aws-1", NOW + 2 * MINUTE)

    [reply] = replies(fox)
    assert replies(wattle) == []
    assert (reply.rule, reply.answers, reply.candidates) == ("carrier_reference", "m-aws-1", ("10000002",))
    assert reply.replies_to == "aws-1"


def test_an_older_text_is_found_among_those_of_a_month(fox: Account, wattle: Account) -> None:
    sent(fox, NOW - timedelta(days=20), "aws-1")
    sent(fox, NOW - timedelta(days=2), "aws-2")
    sent(wattle, NOW, "aws-3")

    answer("aws-1", NOW + MINUTE)

    [reply] = replies(fox)
    assert (reply.rule, reply.answers) == ("carrier_reference", "m-aws-1")


def test_a_reference_to_nothing_of_ours_leaves_it_to_who_texted_last_and_says_so(
    fox: Account, wattle: Account, caplog: pytest.LogCaptureFixture
) -> None:
    sent(fox, NOW, "aws-1")
    sent(wattle, NOW + MINUTE, "aws-2")

    answer("aws-9", NOW + 2 * MINUTE)

    [reply] = replies(wattle)
    assert (reply.rule, reply.answers, reply.replies_to) == ("last_texted", "m-aws-2", "aws-9")
    assert "the carrier names a text that none of ours is" in logged(caplog)


def test_our_own_message_id_is_no_reference_of_the_carriers(fox: Account, wattle: Account) -> None:
    sent(fox, NOW, "aws-1")
    sent(wattle, NOW + MINUTE, "aws-2")

    answer("m-aws-1", NOW + 2 * MINUTE)

    assert [reply.rule for reply in replies(wattle)] == ["last_texted"]


def test_of_two_clients_with_the_phone_the_one_whom_the_answered_text_was_for_is_linked(fox: Account) -> None:
    client(fox, "c2", PHONE)
    sent(fox, NOW, "aws-1", "c2")
    sent(fox, NOW + MINUTE, "aws-2")

    answer("aws-2", NOW + 2 * MINUTE)

    assert replies(fox)[0].client_id is None


def test_a_dedicated_number_is_its_owners_even_for_a_phone_that_it_never_texted(
    fox: Account, wattle: Account
) -> None:
    numbers.dedicate(wattle, OWN, NOW)
    sent(fox, NOW, "aws-1")

    answer(None, NOW + MINUTE, OWN)

    [reply] = replies(wattle)
    assert (reply.rule, reply.answers, reply.client_id) == ("dedicated_number", None, "theirs")
    assert replies(fox) == []


def test_a_number_that_was_given_up_still_brings_replies_to_who_texted_over_it(fox: Account, wattle: Account) -> None:
    numbers.dedicate(wattle, OWN, NOW)
    texted(wattle, NOW, number=OWN)
    numbers.dedicate(accounts.need(wattle.id), None, NOW)

    answer(None, NOW + MINUTE, OWN)

    assert [reply.rule for reply in replies(wattle)] == ["last_texted"]


def test_no_studio_is_shown_which_others_a_reply_might_be_for(fox: Account, wattle: Account) -> None:
    texted(wattle, NOW)
    texted(fox, NOW + MINUTE)

    receive(at=NOW + 2 * MINUTE)

    [reply] = replies(fox)
    shown = [call(api, "GET", path, account=fox.id).text for path in ("/messages", f"/messages/{reply.id}", "/inbox")]
    posted = json.dumps(webhook.reply(reply))
    assert reply.candidates == (wattle.id,)
    assert all(reply.id in one and wattle.id not in one for one in [*shown, posted])
    assert len(numbers.last_texts_to(PHONE, NUMBER)) == 2
