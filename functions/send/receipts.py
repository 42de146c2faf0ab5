"""Applies a carrier's receipt to its text, whether it came by webhook or through SNS."""

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from longcode.accounts.account import Account, WebhookEvent
from longcode.aws.telemetry import count, logger
from longcode.carriers.carrier import Receipt, RefusalReason
from longcode.message import Message, MessageState, may_become
from longcode.messages import store as messages
from longcode.optouts.report import report_carrier_opt_out
from longcode.webhooks import delivery
from longcode.webhooks import store as webhooks
from longcode.webhooks.tell import enqueue_new


def apply_receipt(receipt: Receipt, now: datetime) -> None:
    """Set a text to the state of its receipt, and send a webhook to a studio that wants `message.status`.

    If the receipt comes before the worker has recorded the carrier's answer, it takes the place of that record.
    """
    account, _, message_id = receipt.reference.partition(".")
    if receipt.reason is RefusalReason.PARKED:
        count("ParkedSends")
    while True:
        message, studio = messages.with_account(account, message_id)
        if message is None:
            logger.warning("receipt for an unknown text")
            return
        if receipt.reason is RefusalReason.OPTED_OUT:
            # The opt-out has the time of the text, so that a START since then counts as newer.
            report_carrier_opt_out(message, receipt.code, message.claimed_at or message.created_at)
        hosted = studio if studio and delivery.wants(studio, WebhookEvent.MESSAGE_STATUS) else None
        if not may_become(message.state, receipt.state):
            if hosted and message.state is receipt.state:  # our own record or another copy came first
                enqueue_new(hosted, [delivery.of_status(message, now)])
            return
        if _apply(message, receipt, now, hosted):
            _count_failure(receipt)
            return


def _count_failure(receipt: Receipt) -> None:
    if receipt.state is MessageState.UNDELIVERED and receipt.reason is not RefusalReason.OPTED_OUT:
        count("RefusedTexts")
    if receipt.reason is RefusalReason.FILTERED:
        count("FilteredTexts")


def _apply(message: Message, receipt: Receipt, now: datetime, hosted: Account | None) -> bool:
    changes: dict[str, Any] = {}
    if receipt.state is not MessageState.SENT:
        changes["finished_at"] = receipt.at or now
    if receipt.code:
        changes["error"] = f"{receipt.carrier}:{receipt.code}"
    refused = receipt.reason is RefusalReason.OPTED_OUT
    to = MessageState.FAILED if refused and message.state is not MessageState.SENT else receipt.state
    status = delivery.of_status(replace(message, state=to, error=changes.get("error")), now)
    webhook_writes = [webhooks.creation_write(status)] if hosted else []
    if refused:
        moved = messages.record_late_refusal(message, to, now, *webhook_writes, **changes)
    elif message.state in (MessageState.SENDING, MessageState.UNCERTAIN):
        changes |= {"carrier": receipt.carrier, "carrier_id": receipt.carrier_id}
        moved = messages.record(message, to, *webhook_writes, **changes)
    else:
        moved = messages.record_receipt(message, to, *webhook_writes, **changes)
    if hosted and moved:
        enqueue_new(hosted, [status], written=True)
    return moved
