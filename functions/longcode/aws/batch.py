"""The batch processors of the queues' workers: a job that fails leaves its reason in the log, and nobody's words."""

from typing import Any

from aws_lambda_powertools.utilities.batch import AsyncBatchProcessor, BatchProcessor, EventType

from longcode.aws.telemetry import logger


class _Told:
    """Logs why a job failed: the kind of the error only, for its text may quote what the job carried.

    A batch of which all fail is answered as any: raised, Lambda would log every error's text.
    """

    def __init__(self, event_type: EventType) -> None:
        super().__init__(event_type, raise_on_entire_batch_failure=False)  # type: ignore[call-arg]

    def failure_handler(self, record: Any, exception: Any) -> Any:
        reason = getattr(exception[0], "__name__", "unknown")
        logger.error("job failed", extra={"sqs_message_id": record.message_id, "reason": reason})
        return super().failure_handler(record, exception)  # type: ignore[misc]


class OneByOne(_Told, BatchProcessor):
    """Works on the jobs of a batch in their order."""


class SideBySide(_Told, AsyncBatchProcessor):
    """Works on the jobs of a batch at once."""
