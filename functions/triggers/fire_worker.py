"""A planned text's time has come: what it depends on is read and checked again, and the text is accepted."""

from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from longcode import jobs
from longcode.accounts import store as accounts
from longcode.accounts.account import WebhookEvent
from longcode.aws import clients, queues
from longcode.aws.telemetry import OneByOne, logger
from longcode.clients.client import Client
from longcode.errors import NoNumberTicked, RequestError
from longcode.messages import accept, timing
from longcode.messages import store as messages
from longcode.numbers import choose as choose_number
from longcode.triggers import store as triggers
from longcode.triggers.planning import Call, OccurrenceState, call_instead_of
from longcode.triggers.store import OccurrenceFacts
from longcode.webhooks import delivery
from longcode.webhooks import store as webhooks
from longcode.webhooks.tell import tell
from triggers import texts

_CLOCKS_DIFFER = timedelta(seconds=30)  # the API's, which planned a text at once, and this one

processor = OneByOne(EventType.SQS)


def fire(job: jobs.Fire, now: datetime) -> None:
    """Send what was planned, or drop it with the reason: once, however often the job comes.

    In quiet hours it stays planned, and is checked again after them: a session may be moved in the night.
    """
    planned = triggers.get_occurrence(job.account, job.kind, job.record_id, job.trigger, job.day)
    if planned is None or planned.state is not OccurrenceState.PLANNED or now < planned.fires_at - _CLOCKS_DIFFER:
        return
    [known] = triggers.look_up(accounts.need(job.account), [planned])
    if known.sent:  # and then we were killed
        triggers.note_done(planned, now)
        return
    try:
        made = texts.drafts(known, now)
        if opens_at := timing.wait_until(made):
            triggers.put_off(planned, opens_at)
            return
        accept.write(known.account, choose_number.with_numbers(known.account, made), now)
    except messages.AlreadyAccepted:
        logger.info("accepted before", extra={"trigger": job.trigger})
    except RequestError as refusal:
        _leave(known, refusal, now)
        return
    triggers.note_done(planned, now)


def _leave(known: OccurrenceFacts, refusal: RequestError, now: datetime) -> None:
    """Drop what cannot be sent; a client without a number for texts may be called instead."""
    trigger, record, client = known.trigger, known.record, known.client
    if isinstance(refusal, NoNumberTicked) and trigger and record and client and trigger.sms_else_call:
        leave_call(known, client, texts.words(trigger, record, known), now)
        return
    logger.info("dropped", extra={"trigger": known.occurrence.trigger, "reason": refusal.code})
    triggers.drop(known.occurrence, refusal.code, refusal.detail, now)


def leave_call(known: OccurrenceFacts, client: Client, text: str, now: datetime) -> None:
    """Write a call task for what was planned, in one transaction with its delivery if the studio wants one."""
    planned, account = known.occurrence, known.account
    call = call_instead_of(planned, client, text)
    if not delivery.wants(account, WebhookEvent.CALL_CREATED):
        triggers.leave_call(planned, call, now)
        return
    created = delivery.new(account.id, WebhookEvent.CALL_CREATED, call.id, _data(call), now)
    if triggers.leave_call(planned, call, now, webhooks.creation(created)):
        tell(account, [created], written=True)


def _data(call: Call) -> dict[str, Any]:
    """Return a call task as `GET /calls` shows it."""
    return {
        "id": call.id,
        "at": call.at.isoformat(),
        "trigger": call.trigger,
        "kind": call.kind,
        "record_id": call.record_id,
        "client_id": call.client_id,
        "phones": list(call.phones),
        "text": call.text,
    }


def record_handler(record: SQSRecord) -> None:
    """Fire what one job names."""
    fire(queues.read(jobs.Fire, record.body), clients.now())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, record_handler, processor, context)
