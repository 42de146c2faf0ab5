"""Handing jobs to the queues, and reading them back."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from longcode.aws.clients import client
from longcode.aws.telemetry import logger

_BATCH = 10
T = TypeVar("T")


class NotHandedOver(Exception):
    """SQS did not take some of the jobs."""


def put(queue_url: str, jobs: Sequence[Any], group: str | None = None, *, delay_seconds: int = 0) -> None:
    """Put jobs on a queue, ten in a call; `group` is the tenant among whom SQS is fair. Raises `NotHandedOver`."""
    fair: dict[str, Any] = {"MessageGroupId": group} if group else {}
    if delay_seconds:
        fair["DelaySeconds"] = delay_seconds
    for start in range(0, len(jobs), _BATCH):
        entries = [
            {"Id": str(index), "MessageBody": _body(job), **fair}
            for index, job in enumerate(jobs[start : start + _BATCH])
        ]
        answer = client("sqs").send_message_batch(QueueUrl=queue_url, Entries=entries)
        if answer.get("Failed"):
            raise NotHandedOver(f"{len(answer['Failed'])} of {len(entries)} jobs")


@contextmanager
def or_leave(**named: str) -> Iterator[None]:
    """Leave to the sweeper what a queue does not take; `named` tells the log whose it is."""
    try:
        yield
    except (NotHandedOver, BotoCoreError, ClientError):
        logger.exception("not enqueued: the sweeper will", extra=named)


def _body(job: Any) -> str:
    """Write a job as JSON, and as escapes the two characters that SQS refuses."""
    return msgspec.json.encode(job).decode().replace("\ufffe", r"\ufffe").replace("\uffff", r"\uffff")


def read(kind: type[T], body: str) -> T:
    """Read a job; raises `msgspec.DecodeError` for what is none, so that it ends in the dead-letter queue."""
    return msgspec.json.decode(body, type=kind)
