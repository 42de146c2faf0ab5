"""The events API: receive what happens in the studio's software; planned texts and calls to make, and their end."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import uuid4

from longcode.web import account_resolver
from longcode.web import resolver as web
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from longcode import months
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients, queues
from longcode.aws.telemetry import logger
from longcode.clients import store as client_store
from longcode.errors import BadTime, NotFound, RequestError
from longcode.messages import compose
from longcode.template import CLIENT_AND_STUDIO_FIELDS, FIELDS
from longcode.triggers import call_tasks
from longcode.triggers import store as triggers
from longcode.triggers.facts import read_facts
from longcode.triggers.planning import REASONS, RecordEvent, fire_job
from longcode.triggers.trigger import (
    Record,
    RecordKind,
    check_trigger_edition,
    record_statuses,
    record_word,
)
from triggers import forecast, staff_actions
from triggers.forms import (
    CallTask,
    CancelForm,
    DoneForm,
    EventForm,
    EventResult,
    PlannedText,
    UnplannedTrigger,
    Upcoming,
)

_SHOWN_FOR = timedelta(days=1)  # after its time, a planned or dropped text stays in the list
_CLOCKS_DIFFER = timedelta(minutes=5)  # between the studio's software and us
app = account_resolver.resolver()


@app.post("/events", responses=web.responses({202: EventResult}))
def post_event(form: EventForm, idempotency_key: web.IdempotencyKey = None) -> Response[EventResult]:
    """Report what happened to a session, an order and so on; the same Idempotency-Key reports it once."""
    key = idempotency_key or str(uuid4())
    return Response(202, web.JSON, accept_event(web.caller(app), form, key, clients.now()))


@app.get("/upcoming")
def list_upcoming(limit: web.Limit = 50, cursor: web.Cursor = None) -> web.Page[Upcoming]:
    """List planned and dropped texts of triggers with the reason, by time; each stays for a day after its time."""
    account, now = accounts.get_or_raise(web.caller(app)), clients.now()
    page = triggers.upcoming(account.id, now - _SHOWN_FOR, limit=limit, cursor=cursor)
    items = [forecast.shown(facts, now) for facts in read_facts(account, page.occurrences, now)]
    return web.Page(items=items, next_cursor=page.next_cursor)


@app.post("/upcoming/cancel")
def cancel_upcoming(form: CancelForm) -> Upcoming:
    """Cancel a planned text: it is not sent for this record and date, whatever events follow."""
    return staff_actions.cancel_planned(web.caller(app), form, clients.now())


@app.get("/calls")
def list_calls(done: bool = False, limit: web.Limit = 50, cursor: web.Cursor = None) -> web.Page[CallTask]:
    """List the calls to make, oldest first, or with `done=true` those that were made, newest first, for 90 days."""
    account = web.caller(app)
    if done:
        made, next_cursor = call_tasks.done_calls(account, clients.now(), limit=limit, cursor=cursor)
        return web.Page(items=list(map(staff_actions.shown_call, made)), next_cursor=next_cursor)
    tasks = list(map(staff_actions.shown_call, call_tasks.call_page(account, cursor, limit + 1)))
    return web.page_of(tasks, limit, lambda task: task.id)


@app.put("/calls/<call_id>/done")
def put_call_done(call_id: Annotated[str, Path(max_length=100)], form: DoneForm) -> CallTask:
    """Mark a call as made, with a note. The first note stays."""
    return staff_actions.shown_call(staff_actions.finish_call(web.caller(app), call_id, form.note, clients.now()))


@app.delete("/calls/<call_id>", responses=web.responses({204: None}))
def delete_call(call_id: Annotated[str, Path(max_length=100)]) -> Response[str]:
    """Delete a call from the list, such as one that the studio's software has picked up."""
    if not call_tasks.delete_call(web.caller(app), call_id):
        raise NotFound(f"There is no call {call_id!r}.")
    return Response(204, body="")


def accept_event(account_id: str, form: EventForm, idempotency_key: str, now: datetime) -> EventResult:
    """Write an event once for each idempotency key, and enqueue the texts that are due immediately."""
    event_id = compose.request_id(account_id, idempotency_key)
    fingerprint = compose.fingerprint(form.model_dump(exclude_defaults=True))
    event, is_new = triggers.get_event(account_id, event_id, now), False
    if event is None:
        account = accounts.get_or_raise(account_id)
        check_trigger_edition(account)
        record = _record_of_form(account, form, event_id, now)
        zone = months.time_zone(account.time_zone)
        event, is_new = triggers.write_event(record, fingerprint, triggers.of_account(account_id), zone, now)
    compose.check_repeated(event.fingerprint, fingerprint)
    if is_new:
        with queues.best_effort(event_id=event.id):
            queues.send(*(fire_job(planned) for planned in event.plan.planned if planned.fires_at <= now))
    return _shown_event(event)


def _record_of_form(account: Account, form: EventForm, event_id: str, now: datetime) -> Record:
    """Return the record that an event describes; raise `RequestError` with the field that is wrong."""
    at = form.at or now
    if at > now + _CLOCKS_DIFFER:
        raise BadTime("This has not happened yet: the time is in the future.", field="at")
    unknown = sorted(form.values.keys() - (FIELDS - CLIENT_AND_STUDIO_FIELDS))
    if unknown:
        raise RequestError(
            f"An event cannot set the merge fields {', '.join(unknown)}.", field=f"values.{unknown[0]}"
        )
    return Record(
        account=account.id,
        kind=form.kind,
        id=form.id,
        at=at,
        event_id=event_id,
        changed_at=at,
        client_id=_client_id(account, form),
        status=_status(account, form),
        of_type=form.type or None,
        session_date=form.session_date,
        session_time=form.session_time,
        due_date=form.due_date,
        values=form.values,
        cancelled=form.cancelled,
    )


def _status(account: Account, form: EventForm) -> str | None:
    if not form.status:
        return None
    known = record_statuses(form.kind, account.statuses)
    status = record_word(form.status)
    if status not in known:
        raise RequestError(
            f"Unknown status: {form.status}. A {form.kind} can be {', '.join(sorted(known))}.", field="status"
        )
    return status


def _client_id(account: Account, form: EventForm) -> str | None:
    # The record of a client has the client's own id.
    client_id = form.client_id or (form.id if form.kind is RecordKind.CLIENT else None)
    if form.kind is RecordKind.CLIENT and client_id != form.id:
        raise RequestError(
            "For an event of a client, leave client_id out, or make it equal to id.", field="client_id"
        )
    if client_id is not None and client_store.get(account.id, client_id) is None:
        raise NotFound(f"There is no client {client_id!r}.", field="client_id" if form.client_id else "id")
    return client_id


def _shown_event(event: RecordEvent) -> EventResult:
    return EventResult(
        id=event.id,
        kind=event.record.kind,
        record_id=event.record.id,
        newest=event.newest,
        planned=[
            PlannedText(trigger=planned.trigger, date=planned.day, fires_at=planned.fires_at)
            for planned in event.plan.planned
        ],
        not_planned=[
            UnplannedTrigger.model_validate(
                {"trigger": unplanned.trigger, "reason": unplanned.reason, "why": REASONS[unplanned.reason]}
            )
            for unplanned in event.plan.unplanned
        ],
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
