"""The batch processors of the queues' workers. They log why a job failed, without anything that the job carried."""

from typing import Any

from aws_lambda_powertools.utilities.batch import AsyncBatchProcessor, BatchProcessor, EventType

from longcode.aws.telemetry import logger


class _Logged:
    """Log the type of the error of a failed job, not its text, which may quote what the job carried.

    A batch whose jobs all fail raises nothing: Lambda would log the text of each error.
    """

    def __init__(self, event_type: EventType) -> None:
        super().__init__(event_type, raise_on_entire_batch_failure=False)  # type: ignore[call-arg]

    def failure_handler(self, record: Any, exception: Any) -> Any:
        reason = getattr(exception[0], "__name__", "unknown")
        logger.error("job failed", extra={"sqs_message_id": record.message_id, "reason": reason})
        return super().failure_handler(record, exception)  # type: ignore[misc]


class OneByOne(_Logged, BatchProcessor):
    """Run the jobs of a batch in order."""


class SideBySide(_Logged, AsyncBatchProcessor):
    """Run the jobs of a batch at once."""
