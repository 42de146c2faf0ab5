"""Applies the delivery reports that AWS sends through SNS and a queue."""

from datetime import datetime
from typing import Any

from longcode.aws import batches, clients, sns
from longcode.aws.telemetry import logger
from longcode.carriers import aws
from send.receipts import apply_receipt


def receive(body: str, now: datetime) -> None:
    """Apply an event that is a receipt for a text of ours; ignore any other event."""
    receipt = aws.read_receipt(sns.read(body, now).message)
    if receipt:
        apply_receipt(receipt, now)


def handle(body: str) -> None:
    """Apply one event."""
    receive(body, clients.now())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return batches.run_in_order(event, handle)
