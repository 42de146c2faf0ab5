"""The whole system, end to end, on this machine's emulator."""

from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.emulator import client
from infra.local.stack import Stack, new_stack
from infra.local.story import Story
from infra.local.studio import sign_up
from infra.local.visitors import Studio, eventually

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]  # one stack for all, in one process

FORM = {
    "studio_name": "Fox",
    "email": "fox@studio.example",
    "product": "spectra",
    "edition": "standard",
    "plan": "small",
}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Give the whole system."""
    with new_stack() as stack:
        yield stack


def test_the_main_job_holds(stack: Stack) -> None:
    said: list[str] = []

    Story(stack, said.append).play()

    assert said[-1] == "\nThe story held: 101 checks."


def test_a_job_that_cannot_be_read_ends_in_the_dead_letter_queue_and_the_others_go_on(stack: Stack) -> None:
    sqs = client("sqs", stack.emulator_url)
    urls = sqs.list_queues()["QueueUrls"]
    queue, dead = (next(url for url in urls if name in url) for name in ("SendQueue", "SendDeadLetters"))
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    account = sign_up(stack, FORM)
    studio = Studio(stack.api_url, "Fox", account.account, account.password)

    sqs.send_message(QueueUrl=queue, MessageBody="no job")
    sent = studio.ask("POST", "/messages", {"to": "+12125550177", "body": "Still goes"}).json["messages"][0]

    eventually(lambda: _state(studio, sent["id"]) == "delivered", "the readable job")
    [letter] = eventually(lambda: sqs.receive_message(QueueUrl=dead).get("Messages"), "the dead letter")
    assert letter["Body"] == "no job"


def _state(studio: Studio, message_id: str) -> Any:
    return studio.ask("GET", f"/messages/{message_id}").json["state"]
