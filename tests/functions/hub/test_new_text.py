"""Texting somebody new: who is meant, what would go, and what is refused."""

from datetime import timedelta

import pytest

from longcode.accounts.account import Account
from longcode.aws import clients, queues
from longcode.jobs import HandleKeyword
from longcode.message import Message
from longcode.messages import folders
from longcode.template import Template
from longcode.templates import store as template_store
from optout import worker as optout_worker
from tests.support.browser import Browser
from tests.support.fakes import NOW, FakeCarrier, studio, take_queued
from tests.support.fakes import client as write_client
from tests.support.reply_steps import PHONE, receive
from tests.support.text_steps import accept, deliver

pytestmark = pytest.mark.account(texted=NOW - timedelta(hours=1))

HOME_PHONE = "+12125550199"
BOTH = "Ann Lee, all ticked numbers"


def sent(account: Account) -> list[Message]:
    return folders.page(account.id, "sent", limit=10).messages


def test_clients_are_suggested_by_a_part_of_a_name_and_never_another_studios(
    account: Account, signed_in: Browser
) -> None:
    write_client(account, "ann", "+12125550188", HOME_PHONE, first_name="Ann", last_name="Lee")
    write_client(studio("10000002", name="Another Studio"), "theirs", "+12125550177", first_name="Anna")

    found = signed_in.get("suggest", "q=an")

    options = [given for tag, given in found.tags if tag == "li"]
    assert [(one["data-to"], one["data-client"]) for one in options] == [
        ("Ann Lee, (212) 555-0188", ""),
        ("Ann Lee, (212) 555-0199", ""),
        (BOTH, "ann"),
    ]
    assert signed_in.get("suggest", "q=a").text == ""
    assert Browser().get("suggest", "q=an").path == "sign-in"


def test_a_chosen_name_with_its_number_gets_the_text(account: Account, signed_in: Browser) -> None:
    talk = signed_in.submit(signed_in.get("new"), "new", to="Zoë, (212) 555-0123", body="Hello")

    assert talk.path == "messages/12125550123"
    assert [(text.phone, text.client_id) for text in sent(account)] == [(PHONE, "c1")]


def test_all_ticked_numbers_of_a_client_get_the_text_while_the_field_names_the_client(
    account: Account, signed_in: Browser
) -> None:
    write_client(account, "ann", "+12125550188", HOME_PHONE, first_name="Ann", last_name="Lee")
    page = signed_in.get("new")

    changed = signed_in.submit(page, "new", to="+1 212 555 0177", client="ann", body="To one", preview="1")
    signed_in.submit(page, "new", to=BOTH, client="ann", body="To both")
    asked = signed_in.submit(signed_in.get("new"), "new", to="ann", body="By button")
    signed_in.submit(asked, "new", whole=asked.buttons["whole"], body=asked.typed)

    assert "It goes to (212) 555-0177 as To one" in changed.text
    assert sorted((text.body.strip(), text.phone) for text in sent(account)) == [
        ("By button", "+12125550188"),
        ("By button", HOME_PHONE),
        ("To both", "+12125550188"),
        ("To both", HOME_PHONE),
    ]


def test_a_preview_shows_the_words_as_they_go_and_sends_nothing(account: Account, signed_in: Browser) -> None:
    page = signed_in.get("new", "to=%2B12125550123")

    shown = signed_in.submit(page, "new", body="Hi {{client.first_name}} …", preview="1")

    assert page.fields["to"] == "Zoë, (212) 555-0123"
    assert "It goes to Zoë, (212) 555-0123 as Hi Zoë …" in shown.text
    assert shown.typed.strip() == "Hi {{client.first_name}} …"
    assert sent(account) == []


@pytest.mark.parametrize("path", ["new", "messages/12125550123"])
def test_a_template_is_added_and_nothing_is_lost(account: Account, signed_in: Browser, path: str) -> None:
    template_store.put_template(
        Template(account=account.id, name="proofs", subject="", body="Your proofs are ready.")
    )
    typed = {"body": "Hi!", "at": "2030-01-02T10:00", "to": "Zo"}

    shown = signed_in.submit(signed_in.get(path), path, template="proofs", use="1", **typed)

    assert shown.typed.split("\n")[1:3] == ["Hi!", "Your proofs are ready."]
    assert shown.fields["at"] == typed["at"]
    assert shown.fields.get("to", "Zo") == "Zo"
    assert sent(account) == []


def test_a_phone_that_has_opted_out_is_told_with_its_words(account: Account, signed_in: Browser) -> None:
    receive("SM1", "STOP", at=clients.now())
    for body in take_queued("opt_out"):
        optout_worker.handle_keyword(queues.read(HandleKeyword, body), clients.now())

    refused = signed_in.submit(signed_in.get("new"), "new", to=PHONE, body="Hello")

    assert refused.status == 409
    assert "Zoë asked us to stop today (“STOP”). Only they can start again, by texting START." in refused.text
    assert refused.typed.strip() == "Hello"


@pytest.mark.account(texted=NOW - timedelta(hours=1), texts_an_hour=1)
def test_a_full_hour_says_when_the_next_text_may_go(account: Account, signed_in: Browser) -> None:
    accept(account, "first", now=clients.now())
    deliver(FakeCarrier(), clients.now())

    refused = signed_in.submit(signed_in.get("new"), "new", to=PHONE, body="Hello")

    assert "This phone has had 1 text this hour. You can send again" in refused.text
