"""Tells studios' hosted software what happened, studios side by side: one that hangs keeps no other waiting."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec
from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from inbox import trying
from inbox.trying import Post, Request
from longcode import delivery
from longcode.aws import clock, queues
from longcode.aws.batch import OneByOne
from longcode.aws.post import post as post_webhook
from longcode.aws.telemetry import logger
from longcode.delivery import Delivery, DeliveryState
from longcode.jobs import Deliver
from longcode.table import deliveries, receivers
from longcode.webhook import Verdict

processor = OneByOne(EventType.SQS)
_AT_ONCE = 10
_AGAIN_SECONDS = 5  # when a line of the receiver may be free again


def deliver(account: str, told: Sequence[Deliver], post: Post, now: datetime) -> None:
    """Tell one studio's software of some things, unless its receiver failed lately; what is told by now is left."""
    known = deliveries.look_up(account, [job.delivery_id for job in told])
    meant = {(job.delivery_id, job.attempt) for job in told}
    every = known.deliveries.values()
    waiting = [one for one in every if one.state is DeliveryState.PENDING and (one.id, one.attempt) in meant]
    if not waiting:
        return
    if known.account is None or not delivery.is_on(known.account):
        _give_up(waiting, now)
        return
    worker = uuid4().hex[:8]
    try:
        line = receivers.begin(known.receiver, worker, now)
    except receivers.Paused as paused:
        _put_off(waiting, paused.until, now)
        return
    except receivers.Busy:
        again = [Deliver(account=account, delivery_id=one.id, attempt=one.attempt) for one in waiting]
        queues.send(*again, delay_seconds=_AGAIN_SECONDS)
        return
    verdicts, left = _tell(trying.requests(known.account, waiting, now), post, now)
    line = receivers.end(line, worker, now, random.random(), took=Verdict.FAILED not in verdicts)  # noqa: S311
    if Verdict.GONE in verdicts:
        _give_up(left, now)
    else:
        _put_off(left, line.paused_until or now, now)


def _tell(requests: Sequence[Request], post: Post, now: datetime) -> tuple[set[Verdict], list[Delivery]]:
    """Make one request alone, and the others side by side if that one is taken; gives what is left of them."""
    first, others = requests[:1], requests[1:]
    verdicts = {trying.attempt(one, post, now) for one in first}
    if verdicts - {Verdict.TAKEN}:
        return verdicts, [one.delivery for one in others]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        verdicts |= set(pool.map(lambda one: trying.attempt(one, post, now), others))
    return verdicts, []


def _put_off(waiting: Iterable[Delivery], until: datetime, now: datetime) -> None:
    for one in waiting:
        deliveries.change(one, delivery.put_off(one, until, now))


def _give_up(waiting: Iterable[Delivery], now: datetime) -> None:
    for one in waiting:
        deliveries.change(one, delivery.failed(one, delivery.WEBHOOK_OFF, now))


def prepare(bodies: Iterable[str], post: Post, now: datetime) -> Callable[[str], None]:
    """Begin the jobs of a batch, those of each studio together; gives what waits for the one that a body is of."""
    of_account: dict[str, list[Deliver]] = defaultdict(list)
    for body in bodies:
        try:
            job = queues.read(Deliver, body)
        except msgspec.DecodeError:
            continue  # it fails by itself
        of_account[job.account].append(job)
    with ThreadPoolExecutor(max(1, len(of_account))) as pool:
        began = {name: pool.submit(deliver, name, jobs, post, now) for name, jobs in of_account.items()}
    return lambda body: began[queues.read(Deliver, body).account].result()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    wait_for = prepare([record["body"] for record in event["Records"]], post_webhook, clock.now())

    def record_handler(record: SQSRecord) -> None:
        wait_for(record.body)

    return process_partial_response(event, record_handler, processor, context)
