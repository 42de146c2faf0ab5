"""The client of a reply when two clients of a studio have one phone."""

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
    """A studio with two clients who have the same phone."""
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
def test_a_reply_is_linked_to_the_client_who_was_texted(account: Account, whom: str) -> None:
    message_id = text(account, "k", client_id=whom)

    receive(at=NOW + MINUTE)

    reply = last_reply(account)
    assert (reply.client_id, reply.answers) == (whom, message_id)


def test_a_reply_to_a_text_to_the_bare_number_is_linked_to_neither(account: Account) -> None:
    text(account, "k", to=PHONE)

    receive(at=NOW + MINUTE)

    assert last_reply(account).client_id is None


def test_a_reply_is_linked_to_the_client_who_was_texted_last(account: Account) -> None:
    text(account, "1", client_id="mother")
    text(account, "2", NOW + MINUTE, client_id="daughter")

    receive(at=NOW + 2 * MINUTE)

    assert last_reply(account).client_id == "daughter"


def test_a_reply_is_linked_to_the_client_of_the_text_that_the_carrier_names(account: Account) -> None:
    carrier = FakeCarrier(name="aws")
    for index, whom in enumerate(("mother", "daughter")):
        accept(account, whom, now=NOW + index * MINUTE, client_id=whom)
        deliver(carrier, NOW + index * MINUTE)
    inbound = Inbound(carrier="aws", carrier_id="in-1", phone=PHONE, number=NUMBER, body="Yes", replies_to="SM1")

    worker.receive(inbound, NOW + 2 * MINUTE)

    reply = last_reply(account)
    assert (reply.client_id, reply.rule) == ("mother", "carrier_reference")


def test_after_a_later_text_to_the_bare_number_a_reply_is_linked_to_neither(account: Account) -> None:
    text(account, "1", client_id="mother")
    text(account, "2", NOW + MINUTE, to=PHONE)

    receive(at=NOW + 2 * MINUTE)

    assert last_reply(account).client_id is None
