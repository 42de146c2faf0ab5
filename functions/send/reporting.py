"""What a carrier's receipt does to the text that it is about, whichever way it came."""

from datetime import datetime
from typing import Any

from longcode.aws.telemetry import count, logger
from longcode.carriers.carrier import Receipt, Why
from longcode.message import Message, State, may_become
from longcode.table import messages


def take(receipt: Receipt, now: datetime) -> None:
    """Move a text to what a receipt tells. One that comes before our own record makes that record."""
    account, _, message_id = receipt.reference.partition(".")
    if receipt.why is Why.PARKED:
        count("ParkedSends")
    while message := messages.get(account, message_id):
        if receipt.why is Why.OPTED_OUT:
            from send import mirroring  # noqa: PLC0415 - few receipts do

            # As of the text: a START that has come since is newer.
            mirroring.mirror(message, receipt.code, message.claimed_at or message.created_at)
        if not may_become(message.state, receipt.state) or _moved(message, receipt, now):
            return
    logger.warning("receipt of nothing we sent")


def _moved(message: Message, receipt: Receipt, now: datetime) -> bool:
    changes: dict[str, Any] = {}
    if receipt.state is not State.SENT:
        changes["finished_at"] = receipt.at or now
    if receipt.code:
        changes["error"] = f"{receipt.carrier}:{receipt.code}"
    if receipt.why is Why.OPTED_OUT:
        return messages.take_back(message, now, **changes)
    if message.state in (State.SENDING, State.UNCERTAIN):
        changes |= {"carrier": receipt.carrier, "carrier_id": receipt.carrier_id}
        return messages.record(message, receipt.state, **changes)
    return messages.report(message, receipt.state, **changes)
