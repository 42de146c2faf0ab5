"""Hands queued texts to the carrier: claim, one call, record. Ten at once, each on its own."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

import msgspec
from aws_lambda_powertools.utilities.batch import EventType, async_process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from longcode import patience
from longcode.aws import clock, queues
from longcode.aws.batch import SideBySide
from longcode.aws.carrier import carrier as configured_carrier
from longcode.aws.telemetry import logger
from longcode.carriers.carrier import Carrier
from longcode.jobs import Send
from longcode.message import Kind, Message, State, may_become
from longcode.route import Route
from longcode.table import messages, routes, sending
from longcode.table.codec import Attributes, read
from send import halting
from send.handover import hand_over
from send.pacing import Turns

_AT_ONCE = 10
_STALE = timedelta(seconds=1)
_CROWDED = 3  # a number with more texts than its pace allows has time for them in some minutes
T = TypeVar("T")
R = TypeVar("R")

processor = SideBySide(EventType.SQS)
_pool = ThreadPoolExecutor(_AT_ONCE)


class NoSuchMessage(Exception):
    """A job names a message that is not in the table."""


def deliver(message: Message, carrier: Carrier, now: datetime, *, refusal: str | None) -> None:
    """Bring a text to the carrier, or to the reason why not. Whatever another worker has claimed is left alone."""
    if refusal:
        messages.settle(message, State.REFUSED, error=refusal, finished_at=now)
        return
    if patience.is_over(message, now):
        messages.settle(message, State.EXPIRED, error="expired", finished_at=now)
        return
    if patience.is_quiet(message, now):
        from send import timing  # noqa: PLC0415 - few texts come so late in the day

        timing.hold(message, now)
        return
    claimed = messages.claim(message, uuid4().hex[:8], now, now + patience.LEASE)
    if claimed:
        hand_over(claimed, carrier, now)


def prepare(bodies: list[str], carrier: Carrier, now: datetime) -> Callable[[str], None]:
    """Read what a batch needs in two calls, note its routes in one, and give what delivers each of its jobs.

    The pace of our numbers is kept by a third.
    """
    items = sending.messages(_each(lambda body: queues.read(Send, body), bodies))
    current = _each(lambda job: _current(job, items[job]), items)
    readable = [message for message in current if message]
    stops = sending.stops(readable)
    going = [message for message in readable if _will_go(message, stops, now)]
    turns = Turns(going, now)

    def deliver_job(body: str) -> None:
        job = queues.read(Send, body)
        if job not in items:
            raise NoSuchMessage(job.message_id)
        message = _current(job, items[job])
        if message in going:
            if _within_hourly_limit(message, stops, now):
                deliver_in_turn(message, carrier, now, turns)
            else:
                messages.settle(message, State.REFUSED, error="too_many_to_phone", finished_at=now)
        elif message and message.state is State.UNCERTAIN:
            from send import uncertain  # noqa: PLC0415 - few texts are

            uncertain.resolve(message, carrier, now, stopped=stops.stop(message))
        elif message and not halting.halt(message, stops, now):
            deliver(message, carrier, now, refusal=stops.refusal(message))

    return deliver_job


def deliver_in_turn(message: Message, carrier: Carrier, now: datetime, turns: Turns) -> None:
    """Deliver a text when the pace of its number lets it go; one whose turn is far off waits for the sweeper."""
    at = turns.wait(message)
    if at is None:
        messages.put_off(message, State.QUEUED, patience.retry_at(now, _CROWDED, random.random()))  # noqa: S311
        return
    # A STOP, a cancel or a suspension may have come while the text waited; the service's own answers pass.
    stops = sending.stops([message] if at > now + _STALE else [])
    if not halting.halt(message, stops, at):
        deliver(message, carrier, at, refusal=stops.refusal(message))


def _current(job: Send, item: Attributes) -> Message | None:
    """Read the message of a job; None for a copy of a job that was done: each attempt has its own time and job."""
    message = read(Message, item)
    return message if job.attempt == message.attempt and not message.held else None


def _each(make: Callable[[T], R], of: Iterable[T]) -> list[R]:
    """Make what can be made: what cannot fails by itself, in its own turn."""
    made = []
    for one in of:
        with suppress(msgspec.DecodeError):
            made.append(make(one))
    return made


def _will_go(message: Message, stops: sending.Stops, now: datetime) -> bool:
    ready = may_become(message.state, State.SENDING) and not patience.is_over(message, now)
    return ready and not patience.is_quiet(message, now) and not stops.stop(message)


def _within_hourly_limit(message: Message, stops: sending.Stops, now: datetime) -> bool:
    """Record a text as the last to its phone; return False if the phone has had its account's most of the hour."""
    # The service's own answers are not recorded: a reply to one is a reply to the studio before.
    if message.kind is Kind.SERVICE:
        return True
    text = Route(
        account=message.account,
        phone=message.phone,
        number=message.number,
        message_id=message.id,
        client_id=message.client_id,
        at=now,
    )
    before = stops.last_texts.get((text.account, text.phone, text.number))
    return routes.record(text, stops.most_an_hour[text.account], before)


def record_handler(event: dict[str, Any], carrier: Carrier, now: datetime) -> Callable[[SQSRecord], Awaitable[None]]:
    """Prepare a batch, and give what handles each of its records beside the others."""
    deliver_job = prepare([record["body"] for record in event["Records"]], carrier, now)

    async def handle(record: SQSRecord) -> None:
        await asyncio.get_running_loop().run_in_executor(_pool, deliver_job, record.body)

    return handle


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return async_process_partial_response(
        event, record_handler(event, configured_carrier(), clock.now()), processor, context
    )
