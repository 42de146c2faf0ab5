"""Brings broadcasts on, one step a job: planning, then the texts of one chunk of clients after another."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from longcode import broadcast, jobs
from longcode.aws import clock, queues
from longcode.aws.batch import OneByOne
from longcode.aws.telemetry import logger
from longcode.broadcast import Broadcast, State, Walk
from longcode.table import broadcasts
from send import origins, steps, writing

processor = OneByOne(EventType.SQS)
Work = Callable[[Broadcast, datetime], bool]


def advance(job: jobs.Broadcast, now: datetime) -> None:
    """Do the step of a job. A copy of a job that was done does nothing, and neither does one for a step in work."""
    there = broadcasts.get(job.account, job.broadcast_id)
    if there is None or there.step != job.step:
        return
    work = _work(there, now)
    if work is None:
        if there.paused:
            broadcasts.unschedule(there)
        return
    taken = broadcasts.take(there, uuid4().hex[:8], now, begin=work is writing.write)
    if taken is None:
        return
    if not work(taken, now):
        broadcasts.free(taken)
    next_step = broadcasts.get(job.account, job.broadcast_id)
    if next_step and broadcast.next_texts_at(next_step, now, origins.segments_a_second(job.account)) is None:
        steps.enqueue(next_step)


def _work(there: Broadcast, now: datetime) -> Work | None:
    """Tell what is to be done next; None when there is nothing, or not now."""
    if there.walk is Walk.CANCEL or (there.walk is Walk.WAKE and not there.paused):
        return _walking(there.walk)
    if there.paused or (there.state is State.SCHEDULED and not broadcast.is_due(there, now)):
        return None
    return writing.write if there.state is State.SENDING else _planning(there.state)


# Most steps write texts: a start does without what the others need.


def _walking(walk: Walk) -> Work:
    from send import recalling  # noqa: PLC0415

    return {Walk.CANCEL: recalling.cancel, Walk.WAKE: recalling.wake}[walk]


def _planning(state: State) -> Work | None:
    from send import planning  # noqa: PLC0415

    return {State.SCHEDULED: planning.begin, State.PLANNING: planning.plan}.get(state)


def handle(record: SQSRecord) -> None:
    """Bring on the broadcast of one record."""
    advance(queues.read(jobs.Broadcast, record.body), clock.now())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, handle, processor, context)
