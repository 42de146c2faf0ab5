"""The ids of the request and of the invocation that a job comes from: with the job, and in the log lines about it."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from longcode.aws import batches, queues
from longcode.aws.clients import client as aws_client
from longcode.aws.clients import now
from longcode.aws.telemetry import begin_request, job_from, logger
from longcode.jobs import Send
from longcode.message import MessageState
from longcode.messages import store as messages
from send import api, receipts_api, worker
from sweeper import sweep_schedule
from tests.support.fakes import NOW, REQUEST_ID, LambdaContext, call, client, sqs_event, studio, take_queued
from tests.support.readers import sample_event
from tests.support.webhook_endpoint import FakeEndpoint, hosted, sweep_webhooks, write_delivery
from webhooks import worker as webhook_worker

JOB = Send(account="10000001", message_id="m-0")
ORIGIN = {"request_id": "post-1", "enqueued_by": "lambda-1"}
KEYS = ("request_id", "enqueued_by", "function_request_id")


@pytest.fixture(autouse=True)
def no_ids() -> Iterator[None]:
    """Leave the logger without ids, as in a new process."""
    logger.remove_keys(KEYS)
    yield
    logger.remove_keys(KEYS)


class Lines(logging.Handler):
    """Keeps the log lines as they are written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(json.loads(logger.registered_formatter.format(record)))

    def ids(self, message: str) -> list[tuple[str | None, ...]]:
        """Return the ids in each line with a message: of the request, of who enqueued the job, of the invocation."""
        return [tuple(line.get(key) for key in KEYS) for line in self.written if line["message"] == message]


@pytest.fixture
def lines() -> Iterator[Lines]:
    handler = Lines()
    logging.getLogger(logger.name).addHandler(handler)
    yield handler
    logging.getLogger(logger.name).removeHandler(handler)


def take(queue: str) -> tuple[list[str], dict[str, str]]:
    """Receive the jobs of a queue; return their bodies and the attributes of the first."""
    url = f"https://sqs.us-east-1.amazonaws.com/123456789012/{queue}"
    received = aws_client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    attributes = received["Messages"][0].get("MessageAttributes", {})
    return (
        [message["Body"] for message in received["Messages"]],
        {name: value["StringValue"] for name, value in attributes.items()},
    )


def test_a_job_has_the_ids_of_its_api_request_and_of_the_invocation_that_enqueued_it(aws: None) -> None:
    client(studio())

    call(api, "POST", "/messages", {"client_id": "c1", "body": "Hello"}, account="10000001")

    assert take("send")[1] == {"request_id": REQUEST_ID, "enqueued_by": "invocation"}


@pytest.mark.parametrize("request_id", [None, "", "+12125550123", "x" * 2000, REQUEST_ID + "\n"])
def test_a_request_id_that_a_caller_made_up_is_left_out(aws: None, request_id: str | None) -> None:
    begin_request(request_id)
    queues.send(JOB)

    assert take("send")[1] == {}


@logger.inject_lambda_context
def enqueue_another(event: dict[str, Any], context: Any) -> Any:
    return batches.run_in_order(event, lambda _: queues.send(JOB))


def test_a_job_that_a_job_enqueues_has_the_request_of_the_first(aws: None) -> None:
    enqueue_another(sqs_event("{}", **ORIGIN), LambdaContext())

    assert take("send")[1] == {"request_id": "post-1", "enqueued_by": "invocation"}


def test_a_job_of_the_sweeper_comes_from_its_invocation(aws: None) -> None:
    client(studio())
    call(api, "POST", "/messages", {"client_id": "c1", "body": "Hello"}, account="10000001")
    take_queued("send")
    logger.remove_keys(KEYS)

    sweep_schedule.handler({"sweep_at": (now() + timedelta(minutes=3)).isoformat()}, LambdaContext())

    assert take("send")[1] == {"request_id": "invocation", "enqueued_by": "invocation"}


def test_a_job_that_no_function_enqueues_has_no_ids(aws: None) -> None:
    queues.send(JOB)

    assert take("send")[1] == {}


@pytest.mark.parametrize("run", [batches.run_in_order, batches.run_at_once])
def test_each_line_about_a_job_has_its_ids_and_no_other_line_has(run: Any, lines: Lines) -> None:
    def fail(_: str) -> None:
        logger.warning("inside")
        raise ValueError

    run(sqs_event("a", "b", **ORIGIN), fail)
    run(sqs_event("of an older release"), fail)
    logger.warning("after")

    of_the_jobs = [("post-1", "lambda-1", None)] * 2 + [(None, None, None)]
    assert lines.ids("inside") == of_the_jobs
    assert lines.ids("job failed") == of_the_jobs
    assert lines.ids("after") == [(None, None, None)]


def test_jobs_that_run_at_the_same_time_have_their_own_ids(lines: Lines) -> None:
    event = {"Records": [sqs_event(name, request_id=name)["Records"][0] for name in "abc"]}
    together = Barrier(3)

    def handle(name: str) -> None:
        together.wait(timeout=10)
        logger.warning("inside", extra={"enqueued_by": name})

    batches.run_at_once(event, handle)

    assert sorted(lines.ids("inside")) == [(name, name, None) for name in "abc"]


def test_a_text_that_fails_is_logged_with_the_request_that_it_came_by(aws: None, lines: Lines) -> None:
    client(studio())
    call(api, "POST", "/messages", {"client_id": "c1", "body": "Hello"}, account="10000001")
    [body], attributes = take("send")
    message = messages.get("10000001", queues.read(Send, body).message_id)
    assert message
    logger.remove_keys(KEYS)

    with job_from(attributes):
        messages.end_unsent(message, MessageState.EXPIRED)

    assert lines.ids("text ended badly") == [(REQUEST_ID, "invocation", None)]


def test_a_job_of_an_older_release_is_handled(aws: None) -> None:
    event = sqs_event('{"account":"10000001","message_id":"m-0","attempt":0}')
    del event["Records"][0]["messageAttributes"]

    assert worker.handler(event, LambdaContext()) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}  # no such text


def test_the_lines_of_a_function_url_have_the_id_of_the_request(aws: None, lines: Lines) -> None:
    event = sample_event("twilio_receipt_at_its_own_address")

    receipts_api.handler(event, LambdaContext())
    logger.warning("after")

    assert lines.ids("after") == [(event["requestContext"]["requestId"], None, "invocation")]


def test_the_line_about_a_webhook_has_the_ids_of_its_job(aws: None, lines: Lines) -> None:
    account = hosted()
    write_delivery(account, "a")
    bodies = sweep_webhooks(NOW + timedelta(minutes=3))
    post, origins = FakeEndpoint(), batches.origins(sqs_event(*bodies, **ORIGIN))

    webhook_worker.prepare(bodies, post, NOW + timedelta(minutes=3), origins)

    assert lines.ids("webhook") == [("post-1", "lambda-1", None)]
