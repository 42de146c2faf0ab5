from typing import Any

import pytest

from longcode.accounts.account import Account
from longcode.aws import clients as clients_of_aws
from longcode.clients import store as clients
from longcode.clients.client import Phone
from longcode.jobs import Means
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent
from longcode.template import Template
from longcode.templates import store as template_store
from send import api
from tests.support.fakes import NOW, ApiResponse, call, client, studio, take_queued
from tests.support.readers import log_lines

LONG = "a" * 1601


@pytest.fixture
def account(account: Account) -> Account:
    """A studio with one client and a template."""
    template_store.put_template(Template(account=account.id, name="hi", subject="", body="Hi {{client.last_name}}"))
    return account


def post(account: Account, body: object) -> ApiResponse:
    return call(api, "POST", "/messages", body, account=account.id)


def opt_out(phone: str) -> None:
    optouts.record(OptOutEvent(id="e1", phone=phone, scope=SHARED, out=True, at=NOW, means=Means.TEXT, words="Stop"))


def items() -> list[Any]:
    found: list[Any] = clients_of_aws.client("dynamodb").scan(TableName="longcode")["Items"]
    return found


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"client_id": "c1", "body": LONG}, 422, "text_too_long", "body"),
        ({"client_id": "c1", "body": "a" * 100_000}, 422, "invalid", "body"),
        ({"client_id": "c1", "body": ""}, 422, "empty_text", "body"),
        ({"client_id": "c1", "body": " \n "}, 422, "empty_text", "body"),
        ({"client_id": "c1", "body": "\u200b"}, 422, "empty_text", "body"),
        ({"client_id": "c1", "body": "\ud83d"}, 422, "invalid", "body"),
        ({"client_id": "c1"}, 422, "invalid", "body"),
        ({"client_id": "c1", "body": "Hello", "template": "hi"}, 422, "invalid", "body"),
        ({"body": "Hello"}, 422, "invalid", "body"),
        ({"client_id": "c1", "body": "Hello", "sent_at": "now"}, 422, "invalid", "sent_at"),
        ({"client_id": "c1", "body": 7}, 422, "invalid", "body"),
        (["Hello"], 422, "invalid", "body"),
        ({"to": "+1 212 555", "body": "Hello"}, 422, "bad_phone", "to"),
        ({"to": "call me", "body": "Hello"}, 422, "bad_phone", "to"),
        ({"client_id": "nobody", "body": "Hello"}, 404, "not_found", "client_id"),
        ({"client_id": "c1", "template": "none"}, 404, "not_found", "template"),
        ({"client_id": "c1", "template": "hi"}, 422, "empty_field", "client.last_name"),
        ({"client_id": "c1", "template": "hi", "values": {"cat": "x"}}, 422, "invalid", "values.cat"),
        ({"client_id": "c1", "to": "+12125550199", "body": "Hello"}, 409, "no_number_ticked", "to"),
        ('{"client_id": "c1",', 400, "malformed_json", None),
        ("", 422, "invalid", "body"),
    ],
)
def test_bad_input_is_a_problem_document_with_the_field_and_nothing_is_written(
    account: Account, body: object, status: int, code: str, field: str | None
) -> None:
    before = items()

    answer = post(account, body)

    assert (answer.status, answer.json["code"]) == (status, code)
    assert [error["field"] for error in answer.json.get("errors", [])] == ([field] if field else [])
    assert items() == before
    assert take_queued("send") == []


def test_a_text_to_a_client_without_permission_is_refused(account: Account) -> None:
    client(account, "c2", "+12125550177", allow_text_marketing=False)

    answer = post(account, {"client_id": "c2", "body": "Hello"})

    assert (answer.status, answer.json["code"]) == (409, "no_permission")
    assert answer.json["detail"] == "Allow Text Marketing is not checked on this client's record."


def test_a_text_to_the_number_of_a_client_without_permission_is_refused(account: Account) -> None:
    client(account, "c2", "+12125550177", allow_text_marketing=False)

    answer = post(account, {"to": "+12125550177", "body": "Hello"})

    assert (answer.status, answer.json["code"]) == (409, "no_permission")


def test_a_text_to_a_client_with_no_number_ticked_is_refused(account: Account) -> None:
    unticked = (Phone(number="+12125550177", entered="212 555 0177", sms=False),)
    client(account, "c2", phones=unticked)

    answer = post(account, {"client_id": "c2", "body": "Hello"})

    assert (answer.status, answer.json["code"]) == (409, "no_number_ticked")
    assert answer.json["detail"] == "None of this client's numbers is ticked for SMS."


def test_a_text_to_a_client_who_said_stop_is_refused(account: Account) -> None:
    opt_out("+12125550123")
    clients.mark_phone(account.id, "c1", "+12125550123")

    answer = post(account, {"client_id": "c1", "body": "Hello"})

    assert (answer.status, answer.json["code"]) == (409, "opted_out")
    assert answer.json["detail"] == "The recipient has opted out and gets no texts until they reply START."
    assert take_queued("send") == []


def test_a_text_to_a_number_that_said_stop_is_refused(account: Account) -> None:
    opt_out("+12125550188")

    answer = post(account, {"to": "+12125550188", "body": "Hello"})

    assert (answer.status, answer.json["code"]) == (409, "opted_out")


def test_a_clients_phone_that_said_stop_is_skipped_and_listed(account: Account) -> None:
    opt_out("+12125550178")
    client(account, "c2", "+12125550177", "+12125550178")

    answer = post(account, {"client_id": "c2", "body": "Hello"})

    assert [message["phone"] for message in answer.json["messages"]] == ["+12125550177"]
    [skipped] = answer.json["skipped"]
    assert (skipped["phone"], skipped["code"]) == ("+12125550178", "opted_out")


@pytest.mark.parametrize("body", [{"client_id": "c9", "body": "Hello"}, {"client_id": "c1", "template": "theirs"}])
def test_another_studios_records_get_the_same_refusal_as_absent_ones(account: Account, body: dict[str, str]) -> None:
    before = post(account, body)
    other = studio("10000002")
    client(other, "c9", "+12125550166")
    template_store.put_template(Template(account=other.id, name="theirs", subject="", body="Hi"))

    after = post(account, body)

    assert after.status == 404
    assert after == before


def test_the_preview_returns_the_reason_of_a_refusal(account: Account) -> None:
    answer = call(api, "POST", "/messages/preview", {"client_id": "c1", "body": LONG}, account=account.id)

    assert answer.status == 200
    assert (answer.json["may_be_sent"], answer.json["code"]) == (False, "text_too_long")


def test_a_refusal_leaves_no_phone_number_or_body_in_the_log(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    opt_out("+12125550188")

    post(account, {"to": "+12125550188", "body": "Secret words"})
    post(account, {"client_id": "c1", "body": "Secret words"})

    log = log_lines(caplog)
    assert "2125550188" not in log
    assert "2125550123" not in log
    assert "Secret words" not in log
