"""Searching the messages: a conversation, a client, a linked session, words."""

from datetime import timedelta
from typing import Any

import pytest

from inbox import api
from longcode.accounts.account import Account
from tests.support.fakes import NOW, ApiResponse, call, client, studio
from tests.support.reply_steps import PHONE, receive, record_text
from tests.support.text_steps import accept

OTHER = "+12125550177"


@pytest.fixture
def account(account: Account) -> Account:
    """A studio that talks with two clients."""
    client(account, "c2", OTHER)
    record_text(account)
    record_text(account, phone=OTHER, client_id="c2")
    for index, minute in enumerate((0, 0, 1, 2)):
        at = NOW + timedelta(minutes=minute)
        accept(account, f"{index}", now=at, body=f"out {index}")
        receive(f"SM{index}", f"in {index}", at=at)
    receive("SM9", "from another", phone=OTHER)
    return account


def ask(account: Account, **query: str) -> ApiResponse:
    return call(api, "GET", "/messages", account=account.id, query=query)


def found(account: Account, **query: str) -> list[str]:
    """Return the bodies of all pages."""
    seen: list[str] = []
    while True:
        page = ask(account, **query).json
        seen += [item["body"] for item in page["items"]]
        if not page["next_cursor"]:
            return seen
        query["cursor"] = page["next_cursor"]


@pytest.mark.long
@pytest.mark.parametrize("limit", ["1", "3", "200"])
def test_a_conversation_lists_both_directions_newest_first_each_once(account: Account, limit: str) -> None:
    bodies = found(account, folder="all", phone=PHONE, limit=limit)

    assert {bodies[0], bodies[1]} == {"out 3", "in 3"}
    assert {bodies[2], bodies[3]} == {"out 2", "in 2"}
    assert set(bodies[4:]) == {"out 0", "in 0", "out 1", "in 1"}
    assert len(bodies) == 8


def test_a_space_before_a_phone_is_read_as_a_plus(account: Account) -> None:
    assert found(account, folder="all", phone=" 12125550177") == ["from another"]


def test_an_invalid_phone_is_refused_with_an_example(account: Account) -> None:
    [error] = ask(account, phone="2125550123").json["errors"]

    assert error == {
        "field": "phone",
        "message": "is not a number such as +12125550123; in a URL, write %2B for +",
    }


def test_messages_of_a_client_are_found_in_both_directions_or_in_a_folder(account: Account) -> None:
    assert len(found(account, folder="all", client_id="c1")) == 8
    assert found(account, folder="inbox", client_id="c2") == ["from another"]
    assert found(account, folder="sent", client_id="c2") == []


def test_words_are_found_in_both_directions_or_in_a_folder(account: Account) -> None:
    assert sorted(found(account, folder="all", text="3")) == ["in 3", "out 3"]
    assert found(account, folder="sent", text="OUT 3") == ["out 3"]
    assert found(account, text="out") == []
    assert found(account, folder="all", text="\u00ccn", phone=OTHER) == []


def test_look_alikes_are_found_in_replies_and_in_texts_that_were_made_plain(account: Account) -> None:
    receive("SM10", "I can’t come", at=NOW + timedelta(minutes=5))
    accept(account, "plain", body="Don’t be late… it’s “mini day” – 5 pm")

    assert found(account, folder="all", text="can't") == ["I can’t come"]
    for words in ("don’t be late", "– 5 pm", "it's “mini", "late..."):
        assert found(account, folder="all", text=words) == ["Don't be late... it's \"mini day\" - 5 pm"]


@pytest.mark.long
@pytest.mark.parametrize("record_id", ["a:b", "a\nb", "\u202e\x00"])
def test_a_message_is_found_by_the_session_that_it_is_linked_to(account: Account, record_id: str) -> None:
    message = ask(account, folder="inbox", client_id="c2").json["items"][0]
    session: Any = {"record": {"kind": "session", "id": record_id}}
    call(api, "PUT", f"/messages/{message['id']}/link", session, account=account.id)

    assert found(account, folder="all", record=f"session:{record_id}") == ["from another"]
    assert found(account, folder="all", record=f"task:{record_id}") == []


def test_another_studio_finds_nothing(account: Account) -> None:
    other = studio("10000002")

    assert found(other, folder="all", phone=PHONE) == []
    assert found(other, folder="all", text="in") == []
    assert found(other, folder="all", client_id="c1") == []
