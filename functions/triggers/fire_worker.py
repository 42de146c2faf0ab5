"""Accepts the due texts of triggers if their conditions still hold; otherwise drops them, or creates a call task."""

import json
from datetime import datetime, timedelta
from typing import Any

from longcode import jobs
from longcode.accounts import store as accounts
from longcode.aws import batches, clients, queues
from longcode.aws.telemetry import logger
from longcode.clients.client import Client
from longcode.errors import NoNumberTicked, RequestError
from longcode.messages import accept, timing
from longcode.messages import store as messages
from longcode.numbers import choose as choose_number
from longcode.triggers import call_tasks
from longcode.triggers import store as triggers
from longcode.triggers.facts import OccurrenceFacts, read_facts
from longcode.triggers.planning import OccurrenceState, call_for
from longcode.webhooks import call_created
from longcode.webhooks import store as webhooks
from longcode.webhooks.tell import enqueue
from triggers import away_texts, texts

_CLOCKS_DIFFER = timedelta(seconds=30)  # between this worker and the API, which planned a text for "at once"


def fire(job: jobs.FireTrigger, now: datetime) -> None:
    """Accept the texts of an occurrence or drop it with the reason; a repeated job does nothing.

    In quiet hours the occurrence stays planned and is checked again after them, because it may change until then.
    """
    planned = triggers.get_occurrence(job.account, job.kind, job.record_id, job.trigger, job.day)
    if planned is None or planned.state is not OccurrenceState.PLANNED or now < planned.fires_at - _CLOCKS_DIFFER:
        return
    [facts] = read_facts(accounts.get_or_raise(job.account), [planned], now)
    if facts.sent:  # by a worker that stopped before it marked the occurrence as done
        triggers.mark_done(planned, now)
        return
    try:
        drafts = texts.drafts(facts, now)
        if opens_at := timing.all_held_until(drafts):
            triggers.postpone(planned, opens_at)
            return
        numbered = choose_number.with_own_number(facts.account, drafts)
        accept.write(facts.account, numbered, now, [triggers.done_write(planned, now)])
    except messages.RequestOvertaken:  # somebody has cancelled it, or an event has changed it, since it was read
        fire(job, now)
        return
    except messages.AlreadyAccepted:
        logger.info("accepted before", extra={"trigger": job.trigger})
        triggers.mark_done(planned, now)
    except RequestError as refusal:
        _drop_or_create_call(facts, refusal, now)
        return
    _note_fired(facts, now)


def _note_fired(facts: OccurrenceFacts, now: datetime) -> None:
    if facts.trigger:
        triggers.note_fired(facts.trigger, now)


def _drop_or_create_call(facts: OccurrenceFacts, refusal: RequestError, now: datetime) -> None:
    """Drop an occurrence, or create a call task if its trigger wants that for a client without a ticked number."""
    trigger, record, client = facts.trigger, facts.record, facts.client
    if isinstance(refusal, NoNumberTicked) and trigger and record and client and trigger.sms_else_call:
        _create_call(facts, client, texts.render_text(trigger, record, facts), now)
        return
    logger.info("occurrence dropped", extra={"trigger": facts.occurrence.trigger, "reason": refusal.code})
    triggers.drop(facts.occurrence, refusal.code, refusal.detail, now)


def _create_call(facts: OccurrenceFacts, client: Client, text: str, now: datetime) -> None:
    """Write a call task, in one transaction with its webhook delivery if the studio wants one."""
    planned, account = facts.occurrence, facts.account
    _note_fired(facts, now)
    call = call_for(planned, client, text)
    created = call_created.deliveries(account, [call], now)
    if call_tasks.put(planned, call, now, *map(webhooks.creation_write, created)):
        enqueue(account.id, created)


def handle(body: str) -> None:
    """Fire the occurrence of one job, or answer a reply with the away text."""
    if "trigger" in json.loads(body):
        fire(queues.read(jobs.FireTrigger, body), clients.now())
    else:
        away_texts.answer(queues.read(jobs.SendAwayText, body), clients.now())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return batches.run_in_order(event, handle)
