"""Texting a number that no client has creates a client if the setting is on: once, and only with the text."""

from datetime import timedelta
from typing import Any

import pytest

from broadcasts import api
from inbox import worker
from longcode.accounts.account import Account
from longcode.carriers.carrier import Inbound
from longcode.clients import store as clients
from longcode.clients.client import Phone
from longcode.jobs import Means
from longcode.messages import replies
from longcode.messages import store as messages
from longcode.messages.compose import request_id
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent
from longcode.plans.plans import PlanChange
from longcode.usage import store as quotas
from send import api as send_api
from tests.support.aws_calls import meanwhile, parallel_calls
from tests.support.crashes import every_crash, recorded_calls
from tests.support.fakes import NOW, ApiResponse, FakeCarrier, call, client, studio, take_queued
from tests.support.text_steps import deliver

pytestmark = pytest.mark.account(create_clients=True)

PHONE, ID = "+12125550188", "tel-12125550188"
STOP = OptOutEvent(id="e", phone=PHONE, scope=SHARED, out=True, at=NOW, means=Means.TEXT, words="stop")


def post(account: Account, key: str = "key", to: str = PHONE, **fields: Any) -> ApiResponse:
    body = {"to": to, "body": "Hello"} | fields
    return call(send_api, "POST", "/messages", body, account=account.id, headers={"Idempotency-Key": key})


def made(account: Account) -> list[str]:
    return [client.id for client in clients.page(account.id, None, 100)]


def test_a_text_to_an_unknown_number_creates_a_client_without_a_name_or_permission(account: Account) -> None:
    answer = post(account, to="(212) 555-0188")

    assert answer.status == 202
    assert answer.json["messages"][0]["client_id"] == ID
    created = clients.get(account.id, ID)
    assert created
    assert created.phones == (Phone(number=PHONE, entered="(212) 555-0188", sms=True),)
    assert (created.first_name, created.last_name, created.allow_text_marketing) == ("", "", False)
    assert clients.with_phone(account.id, PHONE) == {ID: True}


def test_a_studio_that_has_not_switched_it_on_gets_no_client(aws: None) -> None:
    account = studio()

    answer = post(account)

    assert answer.json["messages"][0]["client_id"] is None
    assert made(account) == []


def test_a_reply_is_linked_to_the_new_client(account: Account) -> None:
    post(account)
    deliver(FakeCarrier())

    worker.receive(
        Inbound(carrier="twilio", carrier_id="SM1", phone=PHONE, number="+15555550100", body="Hi"),
        NOW + timedelta(days=3),
    )

    [(_, reply)] = replies.after(account.id, 0, 10)
    assert reply.client_id == ID


def test_the_next_text_is_linked_to_the_new_client(account: Account) -> None:
    post(account, "1")

    answer = post(account, "2")

    assert (answer.status, answer.json["messages"][0]["client_id"]) == (202, ID)
    assert made(account) == ["c1", ID]


def test_the_new_client_has_not_allowed_marketing(account: Account) -> None:
    post(account)

    answer = call(send_api, "POST", "/messages", {"client_id": ID, "body": "Sale!"}, account=account.id)

    assert (answer.status, answer.json["code"]) == (409, "no_permission")


def test_broadcasts_skip_the_new_client(account: Account) -> None:
    post(account)
    body = {"audience": {"client_ids": [ID]}, "body": "Sale!", "dry_run": True}

    answer = call(api, "POST", "/broadcasts", body, account=account.id)

    assert answer.json["totals"]["skipped"] == {"no_permission": 1}


def test_a_record_that_the_studio_writes_later_replaces_the_new_client(account: Account) -> None:
    post(account, "1")
    client(account, ID, PHONE, allow_text_marketing=False)

    answer = post(account, "2")

    assert (answer.status, answer.json["code"]) == (409, "no_permission")


def test_a_repeated_request_creates_no_second_client(account: Account) -> None:
    first = post(account)
    clients.delete(account.id, ID)

    assert post(account) == first
    assert made(account) == ["c1"]
    assert len(take_queued("send")) == 1


@pytest.mark.parametrize("others", [["c2"], ["c2", "c3"]])
def test_a_number_that_a_client_has_creates_no_client(account: Account, others: list[str]) -> None:
    for client_id in others:
        client(account, client_id, PHONE)

    answer = post(account)

    assert answer.json["messages"][0]["client_id"] == (others[0] if len(others) == 1 else None)
    assert made(account) == ["c1", *others]


def test_a_number_that_only_another_studios_client_has_creates_a_client(account: Account) -> None:
    client(studio("10000002"), "theirs", PHONE)

    assert post(account).json["messages"][0]["client_id"] == ID


def test_a_number_that_a_client_used_to_have_creates_a_client(account: Account) -> None:
    client(account, "c2", PHONE)
    clients.delete(account.id, "c2")

    assert post(account).json["messages"][0]["client_id"] == ID


def test_a_client_with_the_new_clients_id_is_left_alone_and_the_text_is_sent(account: Account) -> None:
    taken = client(account, ID, "+12125550199")

    answer = post(account)

    assert (answer.status, answer.json["messages"][0]["client_id"]) == (202, None)
    assert clients.get(account.id, ID) == taken


def test_a_client_that_gets_the_number_between_read_and_write_is_the_texts_client(account: Account) -> None:
    with meanwhile("TransactWriteItems", lambda: client(account, "c2", PHONE)):
        answer = post(account)

    assert answer.json["messages"][0]["client_id"] == "c2"
    assert made(account) == ["c1", "c2"]


def test_several_texts_at_once_create_one_client(account: Account) -> None:
    with parallel_calls() as threads:
        answers = list(threads.map(lambda index: post(account, f"{index}"), range(4)))

    assert {answer.json["messages"][0]["client_id"] for answer in answers} == {ID}
    assert len({answer.json["messages"][0]["id"] for answer in answers}) == 4
    assert made(account) == ["c1", ID]


def test_a_stop_between_read_and_write_is_noted_on_the_new_client(account: Account) -> None:
    with meanwhile("TransactWriteItems", lambda: optouts.record(STOP)):
        post(account)

    created = clients.get(account.id, ID)
    assert created
    assert created.heard_stop == {PHONE}


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"body": " "}, "empty_text"), ({"to": "+442071838750"}, "country_not_allowed")],
)
def test_a_refused_text_creates_no_client(account: Account, fields: dict[str, str], code: str) -> None:
    answer = post(account, **fields)

    assert answer.json["code"] == code
    assert made(account) == ["c1"]


def test_a_text_to_an_opted_out_phone_creates_no_client(account: Account) -> None:
    optouts.record(STOP)

    assert post(account).json["code"] == "opted_out"
    assert made(account) == ["c1"]


def test_a_text_over_the_limit_creates_no_client_and_a_text_within_it_does(aws: None) -> None:
    account = studio(create_clients=True, plan_changes=(PlanChange(NOW, "starter"),), units_a_day=1)
    first = post(account)

    second = post(account, "2", "+12125550199")

    assert first.json["messages"][0]["client_id"] == ID
    assert (second.status, second.json["code"]) == (409, "day_limit_reached")
    assert made(account) == [ID]


def test_a_preview_creates_no_client(account: Account) -> None:
    answer = call(send_api, "POST", "/messages/preview", {"to": PHONE, "body": "Hello"}, account=account.id)

    assert answer.json["may_be_sent"]
    assert made(account) == ["c1"]


@pytest.mark.account(create_clients=True, client=False)
def test_a_request_killed_at_any_call_creates_the_client_with_the_text_or_neither(account: Account) -> None:
    for crash in every_crash(after=False):
        with crash:
            post(account)
        text = messages.get(account.id, f"{request_id(account.id, 'key')}-0")
        assert made(account) == ([text.client_id] if text else [])

        post(account)

        assert made(account) == [ID]
        assert quotas.of_month(account.id, "2026-11").units_sent == 0


def test_creating_a_client_takes_one_more_call_and_other_texts_take_none(account: Account) -> None:
    with recorded_calls() as making:
        post(account, "1")
    with recorded_calls() as going_on:
        post(account, "2")

    assert making == ["BatchGetItem", "TransactWriteItems", "SendMessageBatch", "BatchGetItem"]
    assert going_on == ["BatchGetItem", "PutItem", "SendMessageBatch"]
