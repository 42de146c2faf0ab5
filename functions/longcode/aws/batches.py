"""Runs the jobs of an SQS batch. A job that fails returns to its queue, and the others of the batch do not."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    AsyncBatchProcessor,
    BatchProcessor,
    EventType,
    async_process_partial_response,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from longcode.aws.telemetry import ORIGIN, Origin, job_from, logger

_pool = ThreadPoolExecutor(10)


class _LogsFailures:
    """Logs the type of a failed job's error, but not its text, which may quote the content of the job.

    A batch whose jobs all fail raises no error, because Lambda would log the text of each.
    """

    def __init__(self) -> None:
        super().__init__(EventType.SQS, raise_on_entire_batch_failure=False)  # type: ignore[call-arg]

    def failure_handler(self, record: Any, exception: Any) -> Any:
        reason = getattr(exception[0], "__name__", "unknown")
        with job_from(_origin(record.raw_event)):
            logger.error("job failed", extra={"sqs_message_id": record.message_id, "reason": reason})
        return super().failure_handler(record, exception)  # type: ignore[misc]


class _InOrder(_LogsFailures, BatchProcessor):
    """Runs the jobs of a batch one after the other."""


class _AtOnce(_LogsFailures, AsyncBatchProcessor):
    """Runs the jobs of a batch at the same time."""


def bodies(event: dict[str, Any]) -> list[str]:
    """Return the bodies of all jobs of a batch."""
    return [record["body"] for record in event["Records"]]


def origins(event: dict[str, Any]) -> dict[str, Origin]:
    """Return where each job of a batch comes from, by its body."""
    return {record["body"]: _origin(record) for record in event["Records"]}


def run_in_order(event: dict[str, Any], handle: Callable[[str], None], context: Any) -> Any:
    """Call `handle` with the body of one job after the other. Return the response that names the failed jobs."""
    return process_partial_response(event, lambda record: _handle(handle, record), _InOrder(), context)


def run_at_once(event: dict[str, Any], handle: Callable[[str], None], context: Any) -> Any:
    """Call `handle` with the bodies of all jobs in threads. Return the response that names the failed jobs."""

    async def act(record: SQSRecord) -> None:
        await asyncio.get_running_loop().run_in_executor(_pool, _handle, handle, record)

    return async_process_partial_response(event, act, _AtOnce(), context)


def _handle(handle: Callable[[str], None], record: SQSRecord) -> None:
    with job_from(_origin(record.raw_event)):
        handle(record.body)


def _origin(record: dict[str, Any]) -> Origin:
    """Return where a job comes from: None for each id that it does not have, as a job of an older release."""
    attributes = record.get("messageAttributes", {})
    return {name: attributes[name]["stringValue"] if name in attributes else None for name in ORIGIN}
