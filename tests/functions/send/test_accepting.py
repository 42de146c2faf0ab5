import json
from datetime import timedelta
from pathlib import Path

import pytest

from longcode.message import MessageKind, MessageState
from longcode.template import Template
from longcode.templates import store as template_store
from send import api
from tests.support.aws_calls import failing, losing_the_first_response
from tests.support.fakes import NOW, LambdaContext, call, client, studio, take_queued
from tests.support.text_steps import accept, stored

EVENT = json.loads((Path(__file__).parents[3] / "events" / "post_messages.json").read_text())

pytestmark = pytest.mark.usefixtures("aws")


def test_an_event_of_api_gateway_makes_a_message_and_a_job() -> None:
    account = studio()
    client(account)

    answer = api.handler(EVENT, LambdaContext())

    assert answer["statusCode"] == 202
    [made] = json.loads(answer["body"])["messages"]
    assert made["phone"] == "+12125550123"
    assert made["number"] is None
    assert made["body"] == "Your photos are ready, Zoë!"
    assert made["units"] == 1
    assert take_queued("send") == [f'{{"account":"10000001","message_id":"{made["id"]}","attempt":0}}']


def test_an_accepted_message_is_due_in_two_minutes_in_case_its_job_is_lost() -> None:
    account = studio()
    client(account)

    message = accept(account)

    assert message.state is MessageState.ACCEPTED
    assert message.kind is MessageKind.INDIVIDUAL
    assert message.client_id == "c1"
    assert message.due_at == NOW + timedelta(minutes=2)


def test_a_text_of_300_characters_is_two_units_and_stays_complete() -> None:
    account = studio()
    client(account)

    message = accept(account, body="a" * 300)

    assert message.body == "a" * 300
    assert (message.units, message.segments) == (2, 2)


def test_each_ticked_phone_gets_its_own_text() -> None:
    account = studio()
    client(account, "c1", "+12125550123", "+12125550124", "+12125550125")

    answer = call(api, "POST", "/messages", {"client_id": "c1", "body": "Hello"}, account=account.id)

    assert [message["phone"] for message in answer.json["messages"]] == [
        "+12125550123",
        "+12125550124",
        "+12125550125",
    ]
    assert len(take_queued("send")) == 3


def test_a_template_is_merged_for_the_client() -> None:
    account = studio()
    client(account)
    save_template(account.id, "Hi {{client.first_name}}, {{session.date|soon}} at {{studio.name}}")

    message = accept(account, body=None, template="reminder", values={"session.date": "Friday"})

    assert message.body == "Hi Zoë, Friday at Foxglove Portraits"
    assert (message.template, message.subject) == ("reminder", "Reminder")


def test_a_domestic_number_gets_the_studios_country_code() -> None:
    account = studio(country_code="61")

    message = accept(account, client_id=None, to="0412 345 678")

    assert message.phone == "+61412345678"


def test_a_text_to_one_clients_number_is_linked_to_that_client() -> None:
    account = studio()
    client(account)

    message = accept(account, client_id=None, to="+1 212 555 0123")

    assert message.client_id == "c1"


def test_a_text_that_cannot_be_enqueued_is_accepted_and_left_to_the_sweeper() -> None:
    account = studio()
    client(account)

    with failing("sqs", "SendMessageBatch", "ServiceUnavailable"):
        message = accept(account)

    assert message.state is MessageState.ACCEPTED
    assert take_queued("send") == []


def test_a_text_is_enqueued_although_the_sdk_repeated_its_write() -> None:
    account = studio(watched_month="2026-11")
    client(account)

    with losing_the_first_response("dynamodb", "PutItem") as repeated:
        message = accept(account)

    assert repeated == ["PutItem"]
    assert stored(account, message.id) == message
    assert len(take_queued("send")) == 1


def test_a_text_is_enqueued_although_the_sdk_repeated_its_transaction() -> None:
    account = studio()
    client(account, "c1", "+12125550123", "+12125550124")

    with losing_the_first_response("dynamodb", "TransactWriteItems"):
        accept(account)

    assert len(take_queued("send")) == 2


def save_template(account_id: str, body: str) -> None:
    template_store.put_template(Template(account=account_id, name="reminder", subject="Reminder", body=body))
