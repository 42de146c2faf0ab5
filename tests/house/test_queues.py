"""The queues: dead letters, time-outs, partial batches, concurrency and encryption (docs/facts.md)."""

from typing import Any

from send import pacing
from tests.support.source_reading import events, functions, referenced_resource, resources_of_type

FOURTEEN_DAYS = 1_209_600


def test_all_queues_share_one_dead_letter_queue(template: dict[str, Any]) -> None:
    queues = resources_of_type(template, "AWS::SQS::Queue")
    working = {name: queue["RedrivePolicy"] for name, queue in queues.items() if "RedrivePolicy" in queue}
    dead_letters = {referenced_resource(policy["deadLetterTargetArn"]) for policy in working.values()}

    assert dead_letters == queues.keys() - working == {"DeadLetters"}
    assert [name for name, policy in working.items() if policy["maxReceiveCount"] < 5] == []
    assert queues["DeadLetters"]["MessageRetentionPeriod"] == FOURTEEN_DAYS


def test_every_queue_but_dead_letters_feeds_one_function(template: dict[str, Any]) -> None:
    queues = resources_of_type(template, "AWS::SQS::Queue")
    fed = [referenced_resource(event["Queue"]) for _, event in events(template, "SQS")]

    assert sorted(fed) == sorted(name for name, queue in queues.items() if "RedrivePolicy" in queue)


def test_a_job_is_invisible_for_six_times_as_long_as_its_function_may_take(template: dict[str, Any]) -> None:
    queues = resources_of_type(template, "AWS::SQS::Queue")
    seconds = {name: function["Timeout"] for name, function in functions(template).items()}
    short = [
        name
        for name, event in events(template, "SQS")
        if queues[referenced_resource(event["Queue"])]["VisibilityTimeout"] < 6 * seconds[name]
    ]

    assert short == []


def test_a_failed_job_does_not_repeat_its_batch(template: dict[str, Any]) -> None:
    whole = [
        name
        for name, event in events(template, "SQS")
        if event.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]
    ]

    assert whole == []


def test_each_send_queue_has_forty_texts_in_flight_as_fair_queues_need(template: dict[str, Any]) -> None:
    workers = [event for name, event in events(template, "SQS") if name == "send.worker"]

    assert len(workers) == 2
    assert all(event["ScalingConfig"]["MaximumConcurrency"] * event["BatchSize"] >= 40 for event in workers)


def test_there_are_no_more_workers_than_pacing_assumes(template: dict[str, Any]) -> None:
    workers = [
        event["ScalingConfig"]["MaximumConcurrency"]
        for name, event in events(template, "SQS")
        if name == "send.worker"
    ]

    assert sum(workers) <= pacing.WORKERS


def test_every_queue_is_encrypted(template: dict[str, Any]) -> None:
    queues = resources_of_type(template, "AWS::SQS::Queue")

    assert [name for name, queue in queues.items() if queue.get("SqsManagedSseEnabled") is not True] == []
