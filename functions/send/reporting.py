"""What a carrier's receipt does to the text that it is about, whichever way it came."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from longcode.account import HookEvent
from longcode.aws.telemetry import count, logger
from longcode.carriers.carrier import Receipt, Why
from longcode.delivery import wants
from longcode.message import Message, State, may_become
from longcode.table import deliveries, messages
from send import telling


def take(receipt: Receipt, now: datetime) -> None:
    """Move a text to what a receipt tells. One that comes before our own record makes that record."""
    account, _, message_id = receipt.reference.partition(".")
    if receipt.why is Why.PARKED:
        count("ParkedSends")
    while True:
        message, studio = messages.with_account(account, message_id)
        if message is None:
            logger.warning("receipt of nothing we sent")
            return
        if receipt.why is Why.OPTED_OUT:
            from send import mirroring  # noqa: PLC0415 - few receipts do

            # As of the text: a START that has come since is newer.
            mirroring.mirror(message, receipt.code, message.claimed_at or message.created_at)
        hosted = studio is not None and wants(studio, HookEvent.MESSAGE_STATUS)
        if not may_become(message.state, receipt.state):
            if hosted and message.state is receipt.state:  # our own record was first, or this is a copy
                telling.again(message, now)
            return
        if _moved(message, receipt, now, hosted=hosted):
            return


def _moved(message: Message, receipt: Receipt, now: datetime, *, hosted: bool) -> bool:
    changes: dict[str, Any] = {}
    if receipt.state is not State.SENT:
        changes["finished_at"] = receipt.at or now
    if receipt.code:
        changes["error"] = f"{receipt.carrier}:{receipt.code}"
    if receipt.why is Why.OPTED_OUT:
        return _taken_back(message, now, changes, hosted=hosted)
    after = replace(message, state=receipt.state, error=changes.get("error"))
    told = [telling.of_status(after, now)] if hosted else []
    also = [deliveries.writing(one) for one in told]
    if message.state in (State.SENDING, State.UNCERTAIN):
        changes |= {"carrier": receipt.carrier, "carrier_id": receipt.carrier_id}
        moved = messages.record(message, receipt.state, *also, **changes)
    else:
        moved = messages.report(message, receipt.state, *also, **changes)
    for one in told if moved else []:
        telling.enqueue(one)
    return moved


def _taken_back(message: Message, now: datetime, changes: dict[str, Any], *, hosted: bool) -> bool:
    taken_back = messages.take_back(message, now, **changes)
    ended = messages.get(message.account, message.id) if taken_back and hosted else None
    if ended:
        telling.again(ended, now)
    return taken_back
