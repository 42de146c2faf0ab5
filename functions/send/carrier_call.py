"""Calls the carrier for a claimed text and records the answer; looks up a text whose send was uncertain."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from longcode import windows
from longcode.accounts import store as accounts
from longcode.accounts.account import SERVICE, OnUncertain
from longcode.aws.telemetry import count
from longcode.carriers import refusals
from longcode.carriers.carrier import Carrier, Receipt, RefusalReason, Refused, Sent, Text, Uncertain
from longcode.message import HoldReason, Message, MessageKind, MessageState
from longcode.messages import folders, lookup, sending
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from longcode.webhooks.tell import end_unsent
from send.pacing import Turns, give_segments_back, take_segments
from send.receipts import apply_receipt
from send.refused import act_on, count_refusal, may_send_from, next_attempt, number_after_start

_ACCEPTED_BEFORE = timedelta(days=1)  # how long before its claim another text to the phone can have been accepted


def call_carrier(claimed: Message, carrier: Carrier, now: datetime) -> None:
    """Call the carrier once and record its answer."""
    text = Text(
        reference=_reference(claimed),
        to=claimed.phone,
        origin=claimed.number,
        body=claimed.body,
        valid_seconds=windows.seconds_left(claimed, now),
    )
    answer = carrier.send(text)
    if isinstance(answer, Refused) and claimed.kind is not MessageKind.SERVICE:
        give_segments_back(claimed.segments)
    match answer:
        case Sent(carrier_id):
            messages.record(claimed, MessageState.SENT, carrier=carrier.name, carrier_id=carrier_id)
        case Refused(reason, code) if reason.goes_again:
            _try_again(claimed, carrier, reason, code, now)
        case Refused(RefusalReason.TRY_ONCE_LATER as reason, code) if claimed.attempt == 1:
            _try_again(claimed, carrier, reason, code, now)
        case Refused(RefusalReason.OPTED_OUT, code) if number := number_after_start(claimed, now):
            if may_send_from(claimed, number) and not claimed.resent:
                until = next_attempt(claimed, RefusalReason.TRY_AGAIN, now)
                messages.reschedule(claimed, MessageState.QUEUED, until, error=_error(carrier, code), number=number)
            else:
                _fail(claimed, carrier, code, now)
        case Refused(reason, code):
            act_on(claimed, reason, code, now)
            _fail(claimed, carrier, code, now)
            count_refusal(claimed, reason)
        case Uncertain(reason):
            count("UncertainSends")
            deadline = windows.receipt_deadline(now, carrier.name)
            check_at = windows.next_check(now, deadline, carrier.name)
            changes = {"deadline": deadline, "carrier": carrier.name}
            messages.reschedule(claimed, MessageState.UNCERTAIN, check_at, why=reason, **changes)


def _fail(claimed: Message, carrier: Carrier, code: str, now: datetime) -> None:
    end_unsent(claimed, MessageState.FAILED, now, error=_error(carrier, code))


def _error(carrier: Carrier, code: str) -> str:
    return f"{carrier.name}:{code}"


def _try_again(claimed: Message, carrier: Carrier, reason: RefusalReason, code: str, now: datetime) -> None:
    """Schedule another attempt of a refused text, or park it until the operator releases it.

    If the refused attempt was its second, the text is uncertain again, because the first one was.
    """
    act_on(claimed, reason, code, now)
    until = next_attempt(claimed, reason, now)
    changes: dict[str, Any] = {"error": _error(carrier, code)}
    if reason is RefusalReason.PARKED:
        changes["held"] = HoldReason.PARKED
    if claimed.resent:
        # A refused attempt was certainly not sent, so the second attempt can be repeated.
        messages.reschedule(claimed, MessageState.UNCERTAIN, until, why=code, deadline=now, resent=False)
        return
    messages.reschedule(claimed, MessageState.QUEUED, until, **changes)


def resolve(message: Message, carrier: Carrier, now: datetime, *, stopped: bool) -> None:
    """Look an uncertain text up at the carrier; at its deadline, send it again if the studio wants that, or fail it.

    A text that is `stopped`, has expired or was sent a second time already is not sent again.
    """
    if _record_found(message, carrier, now) or (message.deadline and now < message.deadline):
        return
    if stopped or not _may_resend(message, now):
        end_unsent(message, MessageState.FAILED, now, error=lookup.UNCERTAIN)
        return
    at = Turns([message], now, {}).wait(message)
    # A STOP may have come during the look-up or the wait. A text that is stopped now, or has to wait too long for
    # its number, is left to the sweeper, which enqueues it again.
    if at is None or sending.send_checks([message], now).stops(message):
        return
    if not take_segments(message.segments, at):
        return
    claimed = messages.claim_again(message, uuid4().hex[:8], at, at + windows.LEASE)
    if claimed:
        call_carrier(claimed, carrier, at)


def _record_found(message: Message, carrier: Carrier, now: datetime) -> bool:
    """Look a text up at the carrier and apply what it lists as a receipt; return whether it is there."""
    since, _ = lookup.window(message)
    listed = carrier.find(message.phone, message.number, since)
    others = _others(message, since, now) if listed and not message.carrier_id else []
    found = lookup.match(message, listed, others) if listed else None
    if found is None:
        return False
    receipt = Receipt(
        carrier=carrier.name,
        reference=_reference(message),
        carrier_id=found.carrier_id,
        state=found.state,
        code=found.code,
        reason=refusals.meaning_of(carrier.name, found.code).reason if found.code else None,
    )
    apply_receipt(receipt, now)
    return True


def _reference(message: Message) -> str:
    """Return our id of a text at the carrier, which every receipt contains."""
    return f"{message.account}.{message.id}"


def _others(message: Message, since: datetime, now: datetime) -> list[Message]:
    """Return our other texts to the phone, of all accounts and of the service itself, from a day before `since`."""
    # The service's own texts are not recorded as last texts.
    accounts_texting = {last.account for last in numbers.last_texts_to(message.phone, message.number)}
    texts = [
        text
        for account in sorted(accounts_texting | {message.account, SERVICE})
        for text in folders.sent_to(message.phone, account, since - _ACCEPTED_BEFORE, now)
    ]
    return [text for text in texts if (text.account, text.id) != (message.account, message.id)]


def _may_resend(message: Message, now: datetime) -> bool:
    """Return whether to send a text a second and last time: its account wants that, and the text has not expired."""
    if message.resent or not windows.seconds_left(message, now):
        return False
    account = accounts.get(message.account)
    return account is not None and account.on_uncertain is OnUncertain.RESEND
