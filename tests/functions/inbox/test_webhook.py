import json
from base64 import b64encode
from pathlib import Path

import pytest

from inbox import webhook
from longcode.aws import queues
from longcode.jobs import Receive
from tests.fakes import LambdaContext, queued
from tests.functions.inbox.replies import post
from tests.functions.send.logs import logged
from tests.functions.send.wire import failing

EVENT = json.loads((Path(__file__).parents[2] / "events" / "twilio_inbound.json").read_text())
FORM = {"MessageSid": "SM1", "From": "+12125550123", "To": "+15555550100", "Body": "Secret words", "NumMedia": ""}

pytestmark = pytest.mark.usefixtures("aws")


def test_an_event_of_api_gateway_is_queued_as_it_came_and_answered_with_no_text() -> None:
    answer = webhook.handler(EVENT, LambdaContext())

    assert (answer["statusCode"], answer["body"]) == (200, "<Response/>")
    [body] = queued("inbound")
    job = queues.read(Receive, body)
    assert (job.carrier, job.form["From"], job.form["To"]) == ("twilio", "+15555550123", "+15555550100")
    assert job.form["Body"] == "Yes & thank you! 10:30 is fine 😀"


@pytest.mark.parametrize("token", [None, "guessed"])
def test_a_webhook_that_is_not_signed_or_wrongly_is_refused_and_nothing_queued(token: str | None) -> None:
    answer = post(FORM, token)

    assert (answer.status, answer.json["code"]) == (403, "forged")
    assert queued("inbound") == []


def test_an_altered_webhook_is_refused() -> None:
    altered = EVENT | {"body": EVENT["body"].replace("fine", "late")}

    answer = webhook.handler(altered, LambdaContext())

    assert answer["statusCode"] == 403
    assert queued("inbound") == []


def test_a_body_in_base64_is_read_too() -> None:
    answer = webhook.handler(
        EVENT | {"body": b64encode(EVENT["body"].encode()).decode(), "isBase64Encoded": True}, LambdaContext()
    )

    assert answer["statusCode"] == 200


@pytest.mark.parametrize("body", [None, ""])
def test_an_empty_webhook_is_refused(body: str | None) -> None:
    answer = webhook.handler(EVENT | {"body": body}, LambdaContext())

    assert answer["statusCode"] == 403


def test_a_webhook_that_cannot_be_queued_says_so_that_the_carrier_asks_the_fallback() -> None:
    with failing("sqs", "SendMessageBatch", "AccessDenied"):
        answer = post(FORM)

    assert answer.status == 500


def test_the_log_has_neither_the_phone_nor_the_words(caplog: pytest.LogCaptureFixture) -> None:
    post(FORM)
    post(FORM, "guessed")
    with failing("sqs", "SendMessageBatch", "AccessDenied"):
        post(FORM)

    log = logged(caplog)
    assert "broken" in log
    assert "2125550123" not in log
    assert "Secret words" not in log
