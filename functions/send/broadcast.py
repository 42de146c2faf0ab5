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
from send import origins, planning, recalling, steps, writing

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
            broadcasts.rest(there)
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
    match there.state, there.walk:
        case _, Walk.CANCEL:
            return recalling.cancel
        case _ if there.paused:
            return None
        case _, Walk.WAKE:
            return recalling.wake
        case State.SCHEDULED, _:
            return planning.begin if broadcast.is_due(there, now) else None
        case State.PLANNING, _:
            return planning.plan
        case State.SENDING, _:
            return writing.write
    return None


def handle(record: SQSRecord) -> None:
    """Bring on the broadcast of one record."""
    advance(queues.read(jobs.Broadcast, record.body), clock.now())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, handle, processor, context)
