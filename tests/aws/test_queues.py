from collections.abc import Iterator
from typing import Any

import pytest

from longcode.aws import queues
from longcode.aws.clients import client
from longcode.jobs import Bill, ExportInvoice, Send, SendBulk
from tests.support.fakes import take_queued

CALL = "after-call.sqs.SendMessageBatch"


def test_characters_that_sqs_refuses_are_delivered(aws: None) -> None:
    job = Send(account="a", message_id="\ufffe and \uffff and 🌷")

    queues.send(job)

    [body] = take_queued("send")
    assert "\uffff" not in body
    assert "\ufffe" not in body
    assert queues.read(Send, body) == job


def test_jobs_are_sent_to_the_queues_of_their_types_ten_in_a_call(aws: None) -> None:
    texts = [SendBulk(account="a", message_id=f"m{number}") for number in range(21)]
    invoice, export = Bill(account="a", month="2026-11"), ExportInvoice(account="a", month="2026-11")
    calls: list[int] = []

    def count(parsed: dict[str, Any], **_: Any) -> None:
        calls.append(len(parsed["Successful"]))

    client("sqs").meta.events.register(CALL, count)
    queues.send(*texts, invoice, export)
    client("sqs").meta.events.unregister(CALL, count)

    assert calls == [10, 10, 1, 1, 1]
    assert len(take_queued("bulk")) == 21
    assert [queues.read(Bill, body) for body in take_queued("bill")] == [invoice]
    assert [queues.read(ExportInvoice, body) for body in take_queued("export")] == [export]
    assert take_queued("send") == []


@pytest.fixture
def refusals() -> Iterator[list[int]]:
    """The number of entries that each call refuses, the last ones of its batch. They are not queued."""
    planned: list[int] = []

    def refuse(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        number = planned.pop(0) if planned else 0
        kept = len(params["Entries"]) - number
        context["refused"] = params["Entries"][kept:]
        # SQS takes no empty batch, so a copy of the first entry stands for a call that refuses all.
        params["Entries"] = params["Entries"][:kept] or [{"Id": "none", "MessageBody": "none"}]

    def report(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        failed = [{"Id": entry["Id"], "SenderFault": False, "Code": "InternalError"} for entry in context["refused"]]
        if failed:
            parsed["Failed"] = failed

    events = client("sqs").meta.events
    events.register("before-parameter-build.sqs.SendMessageBatch", refuse)
    events.register(CALL, report)
    yield planned
    events.unregister("before-parameter-build.sqs.SendMessageBatch", refuse)
    events.unregister(CALL, report)


def test_jobs_that_sqs_refuses_are_sent_again_at_once(aws: None, refusals: list[int]) -> None:
    refusals += [2, 1]

    queues.send(*(Send(account="a", message_id=f"m{number}") for number in range(3)))

    assert sorted(queues.read(Send, body).message_id for body in take_queued("send")) == ["m0", "m1", "m2"]


def test_a_job_that_sqs_keeps_refusing_raises_an_error_after_all_others_are_sent(
    aws: None, refusals: list[int]
) -> None:
    refusals += [1, 1, 1, 1]

    with pytest.raises(queues.NotEnqueued, match="1 of 12 jobs"):
        queues.send(*(Send(account="a", message_id=f"m{number}") for number in range(12)))

    assert len([body for body in take_queued("send") if body != "none"]) == 11


def test_best_effort_leaves_a_refused_job_to_the_sweeper(aws: None) -> None:
    with queues.best_effort(account="a"):
        raise queues.NotEnqueued
