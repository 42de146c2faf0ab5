"""Sends queued texts: claim, one carrier call, record. The texts of a batch are sent in threads."""

import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from longcode import months, windows
from longcode.accounts import store as accounts
from longcode.aws import batches, clients, queues
from longcode.aws.telemetry import count, logger
from longcode.broadcasts import store as broadcasts
from longcode.carriers.carrier import Carrier
from longcode.carriers.choose import configured_carrier
from longcode.jobs import Send
from longcode.message import HoldReason, Message, MessageKind, MessageState, may_become
from longcode.messages import sending, timing
from longcode.messages import store as messages
from longcode.messages.checks import SendChecks
from longcode.numbers import choose as choose_number
from longcode.numbers import store as numbers
from longcode.numbers.conversations import TextRefusal, free_number
from longcode.numbers.routing import LastText, last_text_of
from longcode.table.writes import Attributes, read
from longcode.usage import store as quotas
from longcode.usage.habit import may_be_unusual
from longcode.webhooks.tell import end_unsent
from send.carrier_call import call_carrier, resolve
from send.pacing import Turns, take_segments

_STALE = timedelta(seconds=1)  # after which the checks are made again
_CROWDED_ATTEMPT = 3  # a text that gets no turn waits as long as after a third failed attempt
_CHECK_HELD_AFTER = timedelta(hours=1)  # then the sweeper enqueues a held text, and the worker checks it again
_WATCH_AFTER = timedelta(minutes=1)
_ENDED_BADLY = (MessageState.REFUSED, MessageState.FAILED, MessageState.EXPIRED, MessageState.UNDELIVERED)
_ENDED = (*_ENDED_BADLY, MessageState.CANCELLED)
T = TypeVar("T")
R = TypeVar("R")


class NoSuchMessage(Exception):
    """The message that a job names is not in the table."""


def prepare(
    bodies: list[str], carrier: Carrier, now: datetime, turns_type: type[Turns] = Turns
) -> Callable[[str], None]:
    """Read what a batch needs, in two calls, and return the function that delivers one of its jobs.

    That function raises `NoSuchMessage` for a job whose message does not exist.
    """
    items = sending.message_items(_decodable(lambda body: queues.read(Send, body), bodies).values())
    current = _decodable(lambda job: _current(job, items[job]), items)
    checks = sending.send_checks([message for message in current.values() if message], now)
    _watch_unusual(checks, now)
    current = {
        job: _with_number_and_abroad(message, checks, now) if message else None for job, message in current.items()
    }
    sendable = {job: message for job, message in current.items() if message and _may_go_now(message, checks, now)}
    units_today = {name: sent.units_handed_over for name, sent in checks.sent_today.items()}
    turns = turns_type(sendable.values(), now, units_today)

    def deliver_job(body: str) -> None:
        job = queues.read(Send, body)
        if job not in items:
            raise NoSuchMessage(job.message_id)
        message = current[job] if job in current else _current(job, items[job])  # which raises: it cannot be decoded
        if message and job in sendable:
            _record_and_deliver(message, checks, carrier, now, turns)
        elif message and message.state is MessageState.UNCERTAIN:
            resolve(message, carrier, now, stopped=checks.stops(message))
        elif message and not hold_or_cancel(message, checks, now):
            deliver(message, carrier, now, refusal=checks.refusal(message))

    return deliver_job


def _decodable(convert: Callable[[T], R], values: Iterable[T]) -> dict[T, R]:
    """Return what each value is converted to, without those that cannot be decoded: only their own jobs must fail."""
    converted: dict[T, R] = {}
    for value in values:
        with suppress(msgspec.DecodeError):
            converted[value] = convert(value)
    return converted


def _current(job: Send, item: Attributes) -> Message | None:
    """Return the message of a job; None if it is held, or if the job's attempt is over."""
    message = read(Message, item)
    return message if job.attempt == message.attempt and not message.held else None


def _may_go_now(message: Message, checks: SendChecks, now: datetime) -> bool:
    ready = may_become(message.state, MessageState.SENDING) and not windows.is_expired(message, now)
    return ready and not windows.is_quiet(message, now) and not checks.stops(message)


def _with_number_and_abroad(message: Message, checks: SendChecks, now: datetime) -> Message:
    """Return a text with the number that it would be sent from, and with whether it goes to another country."""
    abroad = (message.account, message.phone) in checks.abroad
    return _with_number(replace(message, abroad=True) if abroad else message, checks, now)


def _with_number(message: Message, checks: SendChecks, now: datetime) -> Message:
    """Return a text that may be sent with the number that it would be sent from; without one if none is free."""
    may_be_sent = may_become(message.state, MessageState.SENDING) and message.kind is not MessageKind.SERVICE
    if not may_be_sent or not choose_number.is_shared(message.number):
        return message
    if own := checks.own_numbers.get(message.account):
        return replace(message, number=own)
    choice = choose_number.shared_choice(message.account, message.phone, checks.parked)
    return replace(
        message, number=free_number(checks.conversations[message.phone], message.account, choice, now) or ""
    )


def _record_and_deliver(message: Message, checks: SendChecks, carrier: Carrier, now: datetime, turns: Turns) -> None:
    """Record a text as its account's last to the phone and deliver it, or refuse it.

    A shared number is the account's for the phone from this moment, and no longer if the text ends or is held.
    """
    recorded = _record(message, checks, now)
    if isinstance(recorded, TextRefusal):
        end_unsent(message, MessageState.REFUSED, now, error=recorded)
    elif not deliver_in_turn(recorded, carrier, now, turns):
        sending.end_conversation(recorded)


def _record(message: Message, checks: SendChecks, now: datetime) -> Message | TextRefusal:
    """Record a text as the last to its phone; return it with its number, or why it may not go."""
    # The service's own answers are not recorded: a reply to one of them is for the studio that texted before.
    if message.kind is MessageKind.SERVICE:
        return message
    text, most_an_hour = last_text_of(message, now), checks.most_an_hour[message.account]
    recorded: LastText | TextRefusal
    if choose_number.is_shared(message.number):
        choice = choose_number.shared_choice(message.account, message.phone, checks.parked)
        recorded = numbers.take_number(text, most_an_hour, choice, checks.conversations[message.phone])
    else:
        before = checks.last_texts.get((text.account, text.phone, text.number))
        recorded = numbers.record_last(text, most_an_hour, before) or TextRefusal.TOO_MANY_TO_PHONE
    if isinstance(recorded, LastText):
        _note_filled_hour(message, checks, now, is_filled=len(recorded.lately) >= most_an_hour)
        return replace(message, number=recorded.number)
    _note_filled_hour(message, checks, now, is_filled=recorded is TextRefusal.TOO_MANY_TO_PHONE)
    return recorded


def _note_filled_hour(message: Message, checks: SendChecks, now: datetime, *, is_filled: bool) -> None:
    """Note that a phone has an hour's texts of the account, so that further ones are refused when they are posted."""
    if is_filled and message.account not in checks.filled_hours:
        accounts.note_filled_hour(message.account, now)


def deliver_in_turn(message: Message, carrier: Carrier, now: datetime, turns: Turns) -> bool:
    """Deliver a text when its number's throughput allows, or leave it to the sweeper if it would wait too long.

    Return False if the text has ended or is held.
    """
    at = turns.wait(message)
    if at is None:
        until = windows.retry_at(now, _CROWDED_ATTEMPT, random.random())  # noqa: S311
        return messages.reschedule(message, MessageState.QUEUED, until) or not _has_ended(message)
    if at <= now + _STALE:
        return deliver(message, carrier, at, refusal=None)
    # A STOP, a cancellation or a suspension may have come while the text waited.
    checks = sending.send_checks([message], at)
    return not hold_or_cancel(message, checks, at) and deliver(message, carrier, at, refusal=checks.refusal(message))


def hold_or_cancel(message: Message, checks: SendChecks, now: datetime) -> bool:
    """Cancel a text of a cancelled broadcast, or hold one that has to wait; return False for any other.

    A broadcast whose account may not send is paused by the first of its texts.
    """
    if checks.is_cancelled(message):
        end_unsent(message, MessageState.CANCELLED, now)
        return True
    held = checks.held(message)
    has_ended = checks.refusal(message) or windows.is_expired(message, now)
    if held is None or has_ended or not may_become(message.state, MessageState.SENDING):
        return False
    if checks.pauses_broadcast(message) and message.broadcast:
        broadcasts.pause_if_not_allowed(accounts.get_or_raise(message.account), message.broadcast)
    _hold(message, held, now)
    return True


def _hold(message: Message, held: HoldReason, now: datetime) -> None:
    """Hold a text until its broadcast is resumed, the question about its phone is answered, or it expires."""
    if held is HoldReason.CEILING:
        _hold_at_ceiling(message, now)
        return
    check_at = min(now + _CHECK_HELD_AFTER, message.valid_until or now + _CHECK_HELD_AFTER)
    if not messages.reschedule(message, MessageState.QUEUED, check_at, held=held):
        return
    # A resume or an answer releases only the texts that are held at that moment. If it came between our checks and
    # our write, it missed this text, so make the text due now: the sweeper enqueues it.
    if sending.send_checks([message], now).held(message):
        return
    missed = messages.get(message.account, message.id)
    if missed and missed.held:
        messages.reschedule(missed, MessageState.QUEUED, now)


def _hold_at_ceiling(message: Message, now: datetime) -> None:
    """Hold a text until the day is over, or until the operator has raised the ceiling.

    A text of staff to one client expires with the day: at midnight, nobody expects it any more. Bulk and automatic
    texts then wait for the recipient's morning.
    """
    day_ends, expires = months.end_of_day(months.day_of(now)), windows.ends_at(message)
    changes: dict[str, Any] = {"held": HoldReason.CEILING}
    if message.kind is MessageKind.INDIVIDUAL:
        changes["valid_until"] = min(day_ends, expires)
    check_at = min(now + _CHECK_HELD_AFTER, day_ends, expires)
    if messages.reschedule(message, MessageState.QUEUED, check_at, **changes):
        count("HeldAtCeiling")


def _watch_unusual(checks: SendChecks, now: datetime) -> None:
    """Have the sweeper check soon the accounts whose day may be unusual; otherwise it may come an hour later."""
    for account, sent in checks.sent_today.items():
        if may_be_unusual(sent) and account not in checks.may_not_send:
            quotas.schedule_check(account, months.month_of(now), now + _WATCH_AFTER)


def deliver(message: Message, carrier: Carrier, now: datetime, *, refusal: str | None) -> bool:
    """Claim a text and send it, or end or hold it; return False if it has ended or is held.

    `refusal` is the code of the reason not to send it, or None.
    """
    if refusal:
        end_unsent(message, MessageState.REFUSED, now, error=refusal)
        return False
    if windows.is_expired(message, now):
        end_unsent(message, MessageState.EXPIRED, now, error="expired")
        return False
    if windows.is_quiet(message, now):
        timing.hold(message, now)
        return False
    if message.kind is not MessageKind.SERVICE and not take_segments(message.segments, now):
        _hold_at_ceiling(message, now)
        return False
    claimed = messages.claim(message, uuid4().hex[:8], now, now + windows.LEASE)
    if claimed is None:
        return not _has_ended(message)
    call_carrier(claimed, carrier, now)
    return True


def _has_ended(message: Message) -> bool:
    """Return whether a text that has changed was ended; if not, another worker has claimed it."""
    current = messages.get(message.account, message.id)
    return current is None or current.state in _ENDED


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    deliver_job = prepare(batches.bodies(event), configured_carrier(), clients.now())
    return batches.run_at_once(event, deliver_job)
