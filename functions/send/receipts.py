"""Applies a carrier's receipt to its text, whether it came by webhook, through SNS or from the carrier's list."""

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from longcode import windows
from longcode.accounts.account import Account
from longcode.aws.telemetry import logger
from longcode.carriers import refusals
from longcode.carriers.carrier import Receipt, RefusalReason
from longcode.message import HoldReason, Message, MessageState, may_become
from longcode.messages import sending
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from longcode.webhooks import delivery
from longcode.webhooks.tell import change_state, enqueue_new
from send.refused import act_on, count_refusal, may_send_from, next_attempt, number_after_start


def apply_receipt(receipt: Receipt, now: datetime) -> None:
    """Set a text to the state of its receipt, and send a webhook to a studio that wants `message.status`.

    If the receipt comes before the worker has recorded the carrier's answer, it takes the place of that record.
    A text that the carrier gives back because of its limits or our registration is queued again.
    """
    account, _, message_id = receipt.reference.partition(".")
    while True:
        message, studio = messages.with_account(account, message_id)
        if message is None:
            logger.warning("receipt for an unknown text")
            return
        if receipt.carrier_id in message.returned:
            return  # a copy, or a late receipt, of an attempt that is over
        if receipt.carrier_id and message.carrier_id not in (None, receipt.carrier_id) and not message.resent:
            logger.warning("receipt of another text", extra={"message_id": message.id})
            return
        number = number_after_start(message, now) if receipt.reason is RefusalReason.OPTED_OUT else None
        if receipt.reason and not number:
            # An opt-out has the time of the text, so that a START since then counts as newer.
            act_on(message, receipt.reason, receipt.code, message.claimed_at or message.created_at)
        if not may_become(message.state, receipt.state):
            if studio and message.state is receipt.state:  # our own record or another copy came first
                enqueue_new(studio, [delivery.of_status(message, now)])
            return
        if receipt.reason is RefusalReason.PARKED and refusals.parks_number(receipt.code):
            numbers.park(message.number, receipt.code or "", message.claimed_at or message.created_at)
        if _goes_again(message, receipt, number, now):
            moved = _put_back(message, receipt, number or message.number, now, studio)
        else:
            moved = _apply(message, receipt, now, studio)
        if moved:
            if receipt.reason:
                count_refusal(message, receipt.reason)
            return


def _goes_again(message: Message, receipt: Receipt, number: str | None, now: datetime) -> bool:
    """Return whether a text is sent again, because the carrier gave it back and has no other attempt of it.

    `number` is where the phone texted START to, if the carrier blocks the text's own number since before that.

    A text with an uncertain first attempt is not, nor one whose receipt does not say which attempt it is about.
    """
    may_again = receipt.reason is not None and receipt.reason.goes_again
    may_again |= number is not None and may_send_from(message, number)
    is_only_attempt = not message.resent and message.carrier_id in (None, receipt.carrier_id)
    return may_again and receipt.carrier_id is not None and is_only_attempt and not windows.is_expired(message, now)


def _put_back(message: Message, receipt: Receipt, number: str, now: datetime, studio: Account | None) -> bool:
    reason, carrier_id = receipt.reason or RefusalReason.UNKNOWN, receipt.carrier_id or ""
    changes: dict[str, Any] = {"error": _error(receipt), "number": number}
    if reason is RefusalReason.PARKED:
        changes["held"] = HoldReason.PARKED
    until = next_attempt(message, reason, now)
    returned = (*message.returned, carrier_id)
    after = replace(message, state=MessageState.QUEUED, error=changes["error"], returned=returned)
    return change_state(
        studio, after, now, lambda *also: messages.put_back(message, carrier_id, until, *also, **changes)
    )


def _apply(message: Message, receipt: Receipt, now: datetime, studio: Account | None) -> bool:
    changes: dict[str, Any] = {}
    if receipt.state is not MessageState.SENT:
        changes["finished_at"] = receipt.at or now
    if receipt.code:
        changes["error"] = _error(receipt)
    after = replace(message, state=receipt.state, error=changes.get("error"))
    charged = receipt.reason is None or receipt.reason.is_charged
    record = messages.record_receipt
    if message.state in (MessageState.SENDING, MessageState.UNCERTAIN):
        changes |= {"carrier": receipt.carrier, "carrier_id": receipt.carrier_id}
        record = messages.record
    moved = change_state(
        studio, after, now, lambda *also: record(message, receipt.state, *also, charged=charged, **changes)
    )
    if moved and receipt.state in (MessageState.UNDELIVERED, MessageState.FAILED):
        sending.end_conversation(message)
    elif moved and message.state is MessageState.UNDELIVERED:
        sending.resume_conversation(message)
    return moved


def _error(receipt: Receipt) -> str | None:
    return f"{receipt.carrier}:{receipt.code}" if receipt.code else None
