"""POST /carriers/twilio/inbound: signed webhooks are queued as they came, others are refused."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

from longcode.web.function_url import Broken
import pytest

from inbox import webhook_api, worker
from longcode.aws import clients, queues
from longcode.aws.clients import client as aws_client
from longcode.jobs import Receive
from longcode.messages import replies
from longcode.months import month_of
from longcode.usage import store as quotas
from tests.support.aws_calls import failing
from tests.support.crashes import recorded_calls
from tests.support.fakes import LambdaContext, sqs_event, studio, take_queued
from tests.support.readers import log_lines
from tests.support.reply_steps import post, record_text

EVENT = json.loads((Path(__file__).parents[3] / "events" / "twilio_inbound.json").read_text())
FALLBACK = json.loads((Path(__file__).parents[3] / "events" / "twilio_inbound_fallback.json").read_text())
FORM = {"MessageSid": "SM1", "From": "+12125550123", "To": "+15555550100", "Body": "Secret words", "NumMedia": ""}

pytestmark = pytest.mark.usefixtures("aws")


def test_an_api_gateway_event_is_queued_and_answered_without_a_text() -> None:
    answer = webhook_api.handler(EVENT, LambdaContext())

    assert (answer["statusCode"], answer["body"]) == (200, "<Response/>")
    [body] = take_queued("inbound")
    job = queues.read(Receive, body)
    assert (job.carrier, job.form["From"], job.form["To"]) == ("twilio", "+15555550123", "+15555550100")
    assert job.form["Body"] == "Yes & thank you! 10:30 is fine 😀"


@pytest.mark.parametrize("token", [None, "guessed"])
def test_a_webhook_without_a_valid_signature_is_refused_and_not_queued(token: str | None) -> None:
    answer = post(FORM, token)

    assert (answer.status, answer.json["code"]) == (403, "forged")
    assert take_queued("inbound") == []


def test_a_signed_webhook_of_another_account_of_twilios_is_refused_and_not_queued() -> None:
    answer = post(FORM | {"AccountSid": f"AC{'f' * 32}"})

    assert (answer.status, answer.json["code"]) == (403, "forged")
    assert take_queued("inbound") == []


def test_an_altered_webhook_is_refused() -> None:
    altered = EVENT | {"body": EVENT["body"].replace("fine", "late")}

    answer = webhook_api.handler(altered, LambdaContext())

    assert answer["statusCode"] == 403
    assert take_queued("inbound") == []


def test_a_base64_body_is_accepted() -> None:
    answer = webhook_api.handler(
        EVENT | {"body": b64encode(EVENT["body"].encode()).decode(), "isBase64Encoded": True}, LambdaContext()
    )

    assert answer["statusCode"] == 200


def test_twilios_fallback_is_accepted_at_the_functions_own_address() -> None:
    answer = webhook_api.handler(FALLBACK, LambdaContext())

    assert (answer["statusCode"], answer["body"]) == (200, "<Response/>")
    assert answer["headers"]["Content-Type"] == "text/xml"
    [body] = take_queued("inbound")
    job = queues.read(Receive, body)
    assert (job.form["Body"], job.form["ErrorCode"]) == ("Yes & thank you! 10:30 is fine 😀", "11200")


def test_a_webhook_and_its_fallback_are_one_reply() -> None:
    account = studio()
    record_text(account, phone="+15555550123", client_id=None)
    webhook_api.handler(EVENT, LambdaContext())
    webhook_api.handler(FALLBACK, LambdaContext())

    worker.handler(sqs_event(*take_queued("inbound")), LambdaContext())

    assert [number for number, _ in replies.after(account.id, 0, 10)] == [1]


@pytest.mark.parametrize(
    "change",
    [
        {"rawPath": "/carriers/twilio/receipts/1.2"},
        {"body": b64encode(b"MessageSid=SM1").decode()},
        {"body": b64encode(b"\xff\xfe\x00").decode()},
        {"body": "no base64!", "isBase64Encoded": True},
        {"body": ""},
    ],
)
def test_a_forged_fallback_is_refused_and_not_queued(change: dict[str, Any]) -> None:
    answer = webhook_api.handler(FALLBACK | change, LambdaContext())

    assert answer["statusCode"] in (403, 404)
    assert take_queued("inbound") == []


def test_a_signature_for_another_address_is_refused() -> None:
    assert post(FORM, base="https://inbound.example").status == 200
    assert post(FORM, base="https://receipts.example").status == 403


def test_a_refusal_contains_no_details() -> None:
    answer = post(FORM, "guessed")

    assert answer.json == {
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
        "code": "forged",
        "detail": "The signature does not match.",
    }


def test_a_webhook_makes_one_call_to_aws() -> None:
    post(FORM)
    # From now on the addresses and the secret cannot be read.
    for name in ("public-url", "receipts-url", "inbound-url"):
        aws_client("ssm").delete_parameter(Name=f"/longcode/{name}")
    aws_client("secretsmanager").delete_secret(SecretId="carrier", ForceDeleteWithoutRecovery=True)

    with recorded_calls() as calls:
        answer = post(FORM | {"MessageSid": "SM2"})

    assert answer.status == 200
    assert calls == ["SendMessageBatch"]
    assert len(take_queued("inbound")) == 2


def test_a_replayed_webhook_writes_nothing() -> None:
    account = studio()
    record_text(account)
    post(FORM)
    worker.handler(sqs_event(*take_queued("inbound")), LambdaContext())

    post(FORM)
    with recorded_calls() as calls:
        worker.handler(sqs_event(*take_queued("inbound")), LambdaContext())

    assert [number for number, _ in replies.after(account.id, 0, 10)] == [1]
    assert quotas.of_month(account.id, month_of(clients.now())).units_received == 1
    assert not {"PutItem", "UpdateItem", "DeleteItem"} & set(calls)


@pytest.mark.parametrize("body", [None, ""])
def test_an_empty_webhook_is_refused(body: str | None) -> None:
    answer = webhook_api.handler(EVENT | {"body": body}, LambdaContext())

    assert answer["statusCode"] == 403


@pytest.mark.parametrize("event", [EVENT, FALLBACK])
def test_a_webhook_that_cannot_be_queued_is_an_error_so_that_the_alarm_rings_and_twilio_uses_the_fallback(
    event: dict[str, Any],
) -> None:
    """Lambda counts no error for a response with 500 (developer guide: types of metrics, Errors)."""
    with failing("sqs", "SendMessageBatch", "AccessDenied"), pytest.raises(Broken):
        webhook_api.handler(event, LambdaContext())


@pytest.mark.parametrize(("token", "counted"), [("guessed", True), (None, False), ("test-token", False)])
def test_a_webhook_with_a_wrong_signature_is_counted_for_the_alarm(
    token: str | None, counted: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    post(FORM, token)

    assert ("RefusedWebhooks" in capsys.readouterr().out) is counted


def test_the_log_contains_neither_the_phone_nor_the_body(caplog: pytest.LogCaptureFixture) -> None:
    post(FORM)
    post(FORM, "guessed")
    with failing("sqs", "SendMessageBatch", "AccessDenied"), pytest.raises(Broken):
        post(FORM)

    log = log_lines(caplog)
    assert "broken" in log
    assert "2125550123" not in log
    assert "Secret words" not in log
