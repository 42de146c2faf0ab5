"""A phone that can be written in two ways: from either, a reply is the client's and STOP stops its texts."""

from itertools import permutations

import pytest

from accounts import settings_api
from clients import api as clients_api
from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.jobs import HandleKeyword
from longcode.messages import replies
from optout.worker import handle_keyword
from send import api as send_api
from tests.support.fakes import NOW, FakeCarrier, call, take_queued
from tests.support.reply_steps import receive
from tests.support.text_steps import deliver

_SPELLINGS = [
    ("+525512345678", "+5215512345678"),
    ("+541123123456", "+5491123123456"),
    ("+5511971234567", "+551171234567"),
    ("+2250707123456", "+22507123456"),
    ("+447700900123", "+4407700900123"),
]


@pytest.mark.parametrize(
    ("entered", "heard"),
    [pair for spellings in _SPELLINGS for pair in permutations(spellings)],
    ids=" heard as ".join,
)
def test_a_reply_and_a_stop_from_either_spelling_are_the_clients(account: Account, entered: str, heard: str) -> None:
    countries = {"allowed_countries": ["44", "52", "54", "55", "225"]}
    assert call(settings_api, "PATCH", "/account", countries, account=account.id).status == 200
    form = {"first_name": "Zoë", "allow_text_marketing": True, "phones": [{"number": entered}]}
    assert call(clients_api, "PUT", "/clients/z1", form, account=account.id).status == 201
    text = {"client_id": "z1", "body": "Your proofs are ready"}
    assert call(send_api, "POST", "/messages", text, account=account.id).status == 202
    deliver(FakeCarrier())

    receive("SM1", "Yes please", phone=heard)
    receive("SM2", "STOP", phone=heard)
    for body in take_queued("opt_out"):
        handle_keyword(queues.read(HandleKeyword, body), NOW)

    assert [reply.client_id for _, reply in replies.after(account.id, 0, 100)] == ["z1", "z1"]
    for to in (text, {"to": heard, "body": "Hello"}, {"to": entered, "body": "Hello"}):
        preview = call(send_api, "POST", "/messages/preview", to, account=account.id).json
        assert (preview["may_be_sent"], preview["code"]) == (False, "opted_out")


@pytest.mark.parametrize(("stored", "other"), _SPELLINGS)
def test_either_spelling_is_the_same_phone_of_a_client(account: Account, stored: str, other: str) -> None:
    form = {"phones": [{"number": stored}, {"number": other}]}

    written = call(clients_api, "PUT", "/clients/z1", form, account=account.id).json

    assert [phone["number"] for phone in written["phones"]] == [stored, stored]
    assert [phone["entered"] for phone in written["phones"]] == [stored, other]
