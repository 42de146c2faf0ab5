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


def test_a_job_that_sqs_refuses_in_a_batch_raises_an_error(aws: None) -> None:
    def refuse_the_second(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Failed"] = [{"Id": "1", "SenderFault": False, "Code": "InternalError"}]

    client("sqs").meta.events.register(CALL, refuse_the_second)
    with pytest.raises(queues.NotEnqueued, match="1 of 2 jobs"):
        queues.send(Send(account="a", message_id="m1"), Send(account="a", message_id="m2"))
    client("sqs").meta.events.unregister(CALL, refuse_the_second)


def test_best_effort_leaves_a_refused_job_to_the_sweeper(aws: None) -> None:
    with queues.best_effort(account="a"):
        raise queues.NotEnqueued
