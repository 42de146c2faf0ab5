"""Whose a reply is among a studio's clients, from the text that is sent to the reply that comes."""

from datetime import timedelta
from typing import Any

import pytest

from inbox import worker
from longcode.accounts.account import Account
from longcode.carriers.carrier import Inbound
from longcode.messages import replies
from tests.support.fakes import NOW, FakeCarrier, client
from tests.support.reply_steps import NUMBER, PHONE, receive
from tests.support.text_steps import accept, deliver

MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.account(client=False)


@pytest.fixture
def account(account: Account) -> Account:
    """A studio of which two clients have one phone."""
    client(account, "mother", PHONE)
    client(account, "daughter", PHONE)
    return account


def text(account: Account, key: str, at: Any = NOW, **whom: Any) -> str:
    message = accept(account, key, now=at, **({"client_id": None} | whom))
    deliver(FakeCarrier(), at)
    return message.id


def last_reply(account: Account) -> Any:
    return replies.after(account.id, 0, 100)[-1][1]


@pytest.mark.parametrize("whom", ["mother", "daughter"])
def test_a_reply_to_a_text_to_one_of_two_with_the_phone_is_that_ones(account: Account, whom: str) -> None:
    message_id = text(account, "k", client_id=whom)

    receive(at=NOW + MINUTE)

    reply = last_reply(account)
    assert (reply.client_id, reply.answers) == (whom, message_id)


def test_a_reply_to_a_text_to_the_number_of_two_is_nobodys(account: Account) -> None:
    text(account, "k", to=PHONE)

    receive(at=NOW + MINUTE)

    assert last_reply(account).client_id is None


def test_the_reply_is_of_the_one_who_was_texted_last(account: Account) -> None:
    text(account, "1", client_id="mother")
    text(account, "2", NOW + MINUTE, client_id="daughter")

    receive(at=NOW + 2 * MINUTE)

    assert last_reply(account).client_id == "daughter"


def test_the_reply_is_of_the_one_whose_text_the_carrier_says_is_answered(account: Account) -> None:
    carrier = FakeCarrier(name="aws")
    for index, whom in enumerate(("mother", "daughter")):
        accept(account, whom, now=NOW + index * MINUTE, client_id=whom)
        deliver(carrier, NOW + index * MINUTE)
    told = Inbound(carrier="aws", carrier_id="in-1", phone=PHONE, number=NUMBER, body="Yes", replies_to="SM1")

    worker.receive(told, NOW + 2 * MINUTE)

    reply = last_reply(account)
    assert (reply.client_id, reply.rule) == ("mother", "carrier_reference")


def test_a_text_to_the_bare_number_ends_the_conversation_with_a_given_client(account: Account) -> None:
    text(account, "1", client_id="mother")
    text(account, "2", NOW + MINUTE, to=PHONE)

    receive(at=NOW + 2 * MINUTE)

    assert last_reply(account).client_id is None
