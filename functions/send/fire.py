"""A planned text's time has come: what it depends on is read and checked again, and the text is accepted."""

from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from longcode import jobs
from longcode.aws import clock, queues
from longcode.aws.batch import OneByOne
from longcode.aws.telemetry import logger
from longcode.errors import NoNumberTicked, RequestError
from longcode.occurrence import State
from longcode.table import accounts, firing, messages, occurrences
from longcode.table.firing import Known
from send import acceptance, choosing, timing, triggered

processor = OneByOne(EventType.SQS)
_CLOCKS_DIFFER = timedelta(seconds=30)  # the API's, which planned a text at once, and this one


def fire(job: jobs.Fire, now: datetime) -> None:
    """Send what was planned, or drop it with the reason: once, however often the job comes.

    In quiet hours it stays planned, and is checked again after them: a session may be moved in the night.
    """
    planned = occurrences.get(job.account, job.kind, job.record_id, job.trigger, job.day)
    if planned is None or planned.state is not State.PLANNED or now < planned.fires_at - _CLOCKS_DIFFER:
        return
    [known] = firing.look_up(accounts.need(job.account), [planned])
    if known.sent:  # and then we were killed
        occurrences.note_done(planned, now)
        return
    try:
        made = triggered.drafts(known, now)
        if opens_at := timing.wait_until(made):
            occurrences.put_off(planned, opens_at)
            return
        acceptance.write(known.account, choosing.over(known.account, made), now)
    except messages.AlreadyAccepted:
        logger.info("accepted before", extra={"trigger": job.trigger})
    except RequestError as refusal:
        _leave(known, refusal, now)
        return
    occurrences.note_done(planned, now)


def _leave(known: Known, refusal: RequestError, now: datetime) -> None:
    """Drop what cannot be sent; a client without a number for texts may be called instead."""
    trigger, record, client = known.trigger, known.record, known.client
    if isinstance(refusal, NoNumberTicked) and trigger and record and client and trigger.sms_else_call:
        from send import calling  # noqa: PLC0415 - few texts become calls

        calling.leave(known, client, triggered.words(trigger, record, known), now)
        return
    logger.info("dropped", extra={"trigger": known.occurrence.trigger, "reason": refusal.code})
    occurrences.drop(known.occurrence, refusal.code, refusal.detail, now)


def record_handler(record: SQSRecord) -> None:
    """Fire what one job names."""
    fire(queues.read(jobs.Fire, record.body), clock.now())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, record_handler, processor, context)
