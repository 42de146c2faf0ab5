"""Applies the delivery reports that AWS sends through SNS and a queue."""

from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from longcode.aws import clients, sns
from longcode.aws.telemetry import SequentialProcessor, logger
from longcode.carriers import aws
from send.receipts import apply_receipt

processor = SequentialProcessor(EventType.SQS)


def receive(body: str, now: datetime) -> None:
    """Apply an event that is a receipt for a text of ours; ignore any other event."""
    receipt = aws.read_receipt(sns.read(body, now).message)
    if receipt:
        apply_receipt(receipt, now)


def record_handler(record: SQSRecord) -> None:
    """Apply one event."""
    receive(record.body, clients.now())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, record_handler, processor, context)
