"""The whole system, end to end, on this machine's emulator."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import urllib3

from infra.local.demo import play
from infra.local.emulator import client
from infra.local.participants import Phones, StudioSoftware, eventually
from infra.local.processes import ROOT
from infra.local.stack import Stack, new_stack
from infra.local.studio import sign_up

pytestmark = pytest.mark.stack  # tests/conftest.py: one stack for all, in one process

FORM = {
    "studio_name": "Fox",
    "email": "fox@studio.example",
    "product": "spectra",
    "edition": "standard",
    "plan": "small",
}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """The whole system."""
    with new_stack() as stack:
        yield stack


def test_every_step_of_the_demo_succeeds(stack: Stack) -> None:
    said: list[str] = []

    play(stack, said.append)

    assert said[-1] == "\nAll 131 checks succeeded."


def test_what_sam_build_made_is_deployed_with_its_compiled_modules(stack: Stack) -> None:
    names = [one["FunctionName"] for one in client("lambda", stack.emulator_url).list_functions()["Functions"]]
    event = json.loads((ROOT / "events" / "post_signup.json").read_text()) | {"body": "{}"}

    refused = stack.invoke(next(name for name in names if "SignUp" in name), event)

    assert list((Path(stack.logs) / "build" / "SignUp").glob("pydantic_core/*.so"))
    assert isinstance(refused, dict)
    assert refused["statusCode"] == 422
    assert "studio_name" in [
        error["field"] for error in json.loads(refused["body"])["errors"]
    ]  # as pydantic_core found


def test_a_job_that_cannot_be_read_ends_in_the_dead_letter_queue_and_the_others_go_on(stack: Stack) -> None:
    sqs = client("sqs", stack.emulator_url)
    urls = sqs.list_queues()["QueueUrls"]
    queue, dead = (next(url for url in urls if name in url) for name in ("SendQueue", "DeadLetters"))
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    account = sign_up(stack, FORM)
    studio = StudioSoftware(stack.api_url, "Fox", account.account, account.password)

    sqs.send_message(QueueUrl=queue, MessageBody="no job")
    sent = studio.ask("POST", "/messages", {"to": "+12125550177", "body": "Still goes"}).json["messages"][0]

    eventually(lambda: _state(studio, sent["id"]) == "delivered", "the readable job")
    [letter] = eventually(lambda: sqs.receive_message(QueueUrl=dead).get("Messages"), "the dead letter")
    assert letter["Body"] == "no job"


def test_a_reply_comes_from_aws_and_from_a_webhook_that_failed_or_was_lost(stack: Stack) -> None:
    account = sign_up(stack, FORM | {"email": "wattle@studio.example"})
    studio = StudioSoftware(stack.api_url, "Wattle", account.account, account.password)
    phones = Phones(stack.carrier_url)
    sent = studio.ask("POST", "/messages", {"to": "+12125550178", "body": "Are you coming?"}).json["messages"][0]
    eventually(lambda: _state(studio, sent["id"]) == "delivered", "the text")
    told = {
        "originationNumber": sent["phone"],
        "destinationNumber": sent["number"],
        "messageBody": "by AWS",
        "inboundMessageId": "m-1",
    }

    client("sns", stack.emulator_url).publish(TopicArn=stack.replies_topic, Message=json.dumps(told))
    _settings(stack, inbound_url=f"{stack.api_url}/nowhere")
    phones.reply(sent["phone"], sent["number"], "by the fallback")
    phones.lose_webhooks(sent["phone"])
    phones.reply(sent["phone"], sent["number"], "by the list")
    later = (datetime.now(UTC) + timedelta(minutes=2)).isoformat()
    assert stack.invoke(stack.reconcile_function, {"reconcile_at": later})

    eventually(lambda: len(_replies(studio)) == 3, "three replies")
    assert _replies(studio) == ["by AWS", "by the fallback", "by the list"]


def _settings(stack: Stack, **settings: str) -> None:
    answer = urllib3.request("POST", f"{stack.carrier_url}/settings", json=settings, timeout=5)
    assert answer.status == 200


def _replies(studio: StudioSoftware) -> list[str]:
    return sorted(one["message"]["body"] for one in studio.ask("GET", "/inbox?after=0").json["items"])


def _state(studio: StudioSoftware, message_id: str) -> Any:
    return studio.ask("GET", f"/messages/{message_id}").json["state"]
