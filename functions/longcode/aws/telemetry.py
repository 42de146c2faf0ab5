"""Logs, metrics and batch processing. A log line contains ids, never a body, a phone number or a password."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from aws_lambda_powertools.utilities.batch import AsyncBatchProcessor, BatchProcessor, EventType

logger = Logger(service="longcode")


def count(name: str) -> None:
    """Add one to a metric that an alarm of template.yaml watches."""
    service = {"service": "longcode"}
    with single_metric(name=name, unit=MetricUnit.Count, value=1, namespace="Longcode", default_dimensions=service):
        pass


class _LogsFailures:
    """Logs the type of a failed job's error, but not its text, which may quote the content of the job.

    A batch whose jobs all fail raises no error, because Lambda would log the text of each.
    """

    def __init__(self, event_type: EventType) -> None:
        super().__init__(event_type, raise_on_entire_batch_failure=False)  # type: ignore[call-arg]

    def failure_handler(self, record: Any, exception: Any) -> Any:
        reason = getattr(exception[0], "__name__", "unknown")
        logger.error("job failed", extra={"sqs_message_id": record.message_id, "reason": reason})
        return super().failure_handler(record, exception)  # type: ignore[misc]


class SequentialProcessor(_LogsFailures, BatchProcessor):
    """Runs the jobs of a batch in order."""


class ConcurrentProcessor(_LogsFailures, AsyncBatchProcessor):
    """Runs the jobs of a batch at the same time."""
