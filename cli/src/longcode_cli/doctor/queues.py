"""The queues: no job has failed for good, none waits too long, and each queue has its worker."""

from datetime import datetime, timedelta
from typing import Any

from longcode_cli.deployment import Deployment
from longcode_cli.doctor.alarms import describe
from longcode_cli.doctor.finding import Finding

_AGE = "ApproximateAgeOfOldestMessage"
_LATELY = timedelta(minutes=15)
_PERIOD_SECONDS = 60


def find_dead_letters(deployment: Deployment, _now: datetime) -> list[Finding]:
    """Return how many jobs have failed for good."""
    dead = waiting(deployment, deployment.resources["DeadLetters"].id)
    if not dead:
        return []
    return [
        Finding(
            what=f"{dead:,} {'job has' if dead == 1 else 'jobs have'} failed five times and "
            f"{'waits' if dead == 1 else 'wait'} among the dead letters.",
            cure="Find the cause: longcode dead-letters list. When it is removed: longcode dead-letters replay",
            section="DeadLetters",
        )
    ]


def waiting(deployment: Deployment, url: str) -> int:
    """Return about how many jobs a queue has, those included that somebody is looking at."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = deployment.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)


def find_old_jobs(deployment: Deployment, now: datetime) -> list[Finding]:
    """Return the queues whose oldest job has waited for longer than the queue's alarm allows.

    A queue about which CloudWatch knows nothing has been empty for hours.
    """
    alarms = [alarm for alarm in describe(deployment) if alarm.get("MetricName") == _AGE]
    ages = _ages(deployment, [_queue_of(alarm) for alarm in alarms], now)
    return [_old_job(alarm, age) for alarm in alarms if (age := ages.get(_queue_of(alarm), 0)) > alarm["Threshold"]]


def _old_job(alarm: dict[str, Any], age: float) -> Finding:
    section = alarm["name"].removesuffix("Alarm")
    return Finding(
        what=f"A job has waited on {section.removesuffix('Age')} for {age // 60:.0f} minutes,"
        f" longer than {alarm['Threshold'] // 60:.0f}.",
        cure="Read the log of its worker, as the page says. A large broadcast at a low throughput takes its time.",
        section=section,
    )


def _queue_of(alarm: dict[str, Any]) -> str:
    return str(alarm["Dimensions"][0]["Value"])


def _ages(deployment: Deployment, queues: list[str], now: datetime) -> dict[str, float]:
    """Return the age of each queue's oldest job, in seconds, as it was measured last."""
    queries = [
        {
            "Id": f"q{index}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/SQS",
                    "MetricName": _AGE,
                    "Dimensions": [{"Name": "QueueName", "Value": queue}],
                },
                "Period": _PERIOD_SECONDS,
                "Stat": "Maximum",
            },
        }
        for index, queue in enumerate(queues)
    ]
    results = deployment.client("cloudwatch").get_metric_data(
        MetricDataQueries=queries, StartTime=now - _LATELY, EndTime=now
    )["MetricDataResults"]
    return {
        queues[int(one["Id"][1:])]: max(zip(one["Timestamps"], one["Values"], strict=True))[1]
        for one in results
        if one["Values"]
    }


def find_without_worker(deployment: Deployment, _now: datetime) -> list[Finding]:
    """Return the queues from which no function takes jobs. Without exports, their queue needs none."""
    idle = (
        {"DeadLetters"} if deployment.parameters.get("InvoiceExport") == "stripe" else {"DeadLetters", "ExportQueue"}
    )
    pages = deployment.client("lambda").get_paginator("list_event_source_mappings").paginate()
    worked_on = {
        one["EventSourceArn"].rpartition(":")[2]
        for page in pages
        for one in page["EventSourceMappings"]
        if one["State"] in ("Enabled", "Enabling", "Updating")
    }
    return [
        Finding(
            what=f"No function takes jobs from {queue.name}.",
            cure="Switch its event source on by an update of the stack: make update ENV=prod",
            section=f"{queue.name}Age",
        )
        for queue in deployment.of_kind("AWS::SQS::Queue")
        if queue.name not in idle and queue.id.rpartition("/")[2] not in worked_on
    ]
