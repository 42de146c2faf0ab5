"""Runs the jobs of an SQS batch. A job that fails returns to its queue, and the others of the batch do not.

Decision 58 says why Powertools' batch processor is not used.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any

from longcode.aws.telemetry import ORIGIN, Origin, job_from, logger

_pool = ThreadPoolExecutor(10)


def bodies(event: dict[str, Any]) -> list[str]:
    """Return the bodies of all jobs of a batch."""
    return [record["body"] for record in event["Records"]]


def origins(event: dict[str, Any]) -> dict[str, Origin]:
    """Return where each job of a batch comes from, by its body."""
    return {record["body"]: _origin(record) for record in event["Records"]}


def run_in_order(event: dict[str, Any], handle: Callable[[str], None]) -> dict[str, Any]:
    """Call `handle` with the body of one job after the other. Return the response that names the failed jobs."""
    return _response(event, map(_succeeds, event["Records"], repeat(handle)))


def run_at_once(event: dict[str, Any], handle: Callable[[str], None]) -> dict[str, Any]:
    """Call `handle` with the bodies of all jobs in threads. Return the response that names the failed jobs."""
    return _response(event, _pool.map(_succeeds, event["Records"], repeat(handle)))


def _succeeds(record: dict[str, Any], handle: Callable[[str], None]) -> bool:
    """Handle a job; log the type of its error, but not the error's text, which may quote the content of the job."""
    with job_from(_origin(record)):
        try:
            handle(record["body"])
        except Exception as failed:  # whatever it is, the other jobs must not fail with this one
            logger.error("job failed", extra={"sqs_message_id": record["messageId"], "reason": type(failed).__name__})
            return False
        return True


def _origin(record: dict[str, Any]) -> Origin:
    """Return where a job comes from: None for each id that it does not have, as a job of an older release."""
    attributes = record.get("messageAttributes", {})
    return {name: attributes[name]["stringValue"] if name in attributes else None for name in ORIGIN}


def _response(event: dict[str, Any], succeeded: Iterable[bool]) -> dict[str, Any]:
    """Return a partial batch response (AWS Lambda: error handling for an SQS event source)."""
    pairs = zip(event["Records"], succeeded, strict=True)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record, done in pairs if not done]}
