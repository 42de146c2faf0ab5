"""POST /events: what happens in the studio's software; what its triggers will send for it; and the calls to make."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import BaseModel

from longcode import outgoing
from longcode.aws import clock, queues, web
from longcode.aws.telemetry import logger
from longcode.errors import NotFound
from longcode.event import Event
from longcode.occurrence import job_of
from longcode.reasons import REASONS
from longcode.record import RecordKind
from longcode.table import accounts, calls, events, firing, occurrences, triggers
from longcode.trigger import check_edition
from send import upcoming
from send.event_form import EventForm, record

_SHOWN_FOR = timedelta(days=1)

app = web.resolver()


class PlannedText(BaseModel):
    """A text that a trigger will send, unless things change; `date` is what the text is about."""

    trigger: str
    date: date
    fires_at: datetime


class SilentTrigger(BaseModel):
    """A trigger that watches this kind of thing, and why it sends nothing."""

    trigger: str
    reason: str
    why: str


class ToldEvent(BaseModel):
    """What an event means. One that is older than what is known (`newest` is false) changes nothing."""

    id: str
    kind: RecordKind
    record_id: str
    newest: bool
    planned: list[PlannedText]
    not_planned: list[SilentTrigger]


class CallTask(BaseModel):
    """Somebody should call this client, who has no number for texts."""

    id: str
    at: datetime
    client_id: str
    phones: tuple[str, ...]
    text: str
    trigger: str
    kind: RecordKind
    record_id: str
    date: date


@app.post("/events", responses=web.told({202: ToldEvent}))
def post_event(form: EventForm, idempotency_key: web.IdempotencyKey = None) -> Response[ToldEvent]:
    """Tell what happened to a session, an order and so on; the same Idempotency-Key tells it once."""
    key = str(uuid4()) if idempotency_key is None else idempotency_key
    return Response(202, "application/json", tell(web.caller(app), form, key, clock.now()))


@app.get("/upcoming")
def list_upcoming(limit: web.Limit = 50, cursor: web.Cursor = None) -> web.Listed[upcoming.Upcoming]:
    """List what triggers will send and why, by time; and what they will not, from a day back."""
    account, now = accounts.need(web.caller(app)), clock.now()
    page = occurrences.upcoming(account.id, now - _SHOWN_FOR, limit=limit, cursor=cursor)
    known = firing.look_up(account, page.occurrences)
    return web.Listed(items=[upcoming.shown(one, now) for one in known], next_cursor=page.next_cursor)


@app.get("/calls")
def list_calls(limit: web.Limit = 50, cursor: web.Cursor = None) -> web.Listed[CallTask]:
    """List the calls to make, oldest first; delete each that the studio's software has picked up."""
    found = [
        CallTask.model_validate(asdict(one) | {"date": one.day})
        for one in calls.page(web.caller(app), cursor, limit + 1)
    ]
    return web.listed(found, limit, lambda one: one.id)


@app.delete("/calls/<call_id>", responses=web.told({204: None}))
def delete_call(call_id: Annotated[str, Path(max_length=100)]) -> Response[str]:
    """Take a call off the list."""
    if not calls.delete(web.caller(app), call_id):
        raise NotFound(f"There is no call {call_id!r}.")
    return Response(204, body="")


def tell(account_id: str, form: EventForm, idempotency_key: str, now: datetime) -> ToldEvent:
    """Take an event in, once, and hand on what goes at once."""
    event_id = outgoing.request_id(account_id, idempotency_key)
    fingerprint = outgoing.fingerprint(form.model_dump(exclude_defaults=True))
    event, new = events.get(account_id, event_id, now), False
    if event is None:
        account = accounts.need(account_id)
        check_edition(account)
        told = record(account, form, event_id, now)
        zone = ZoneInfo(account.time_zone)
        event, new = events.take_in(told, fingerprint, triggers.of_account(account_id), zone, now)
    outgoing.check_repeated(event.fingerprint, fingerprint)
    if new:
        _hand_on(event, now)
    return _answer(event)


def _hand_on(event: Event, now: datetime) -> None:
    with queues.best_effort(event_id=event.id):
        queues.send(*(job_of(one) for one in event.plan.planned if one.fires_at <= now))


def _answer(event: Event) -> ToldEvent:
    return ToldEvent(
        id=event.id,
        kind=event.record.kind,
        record_id=event.record.id,
        newest=event.newest,
        planned=[PlannedText(trigger=o.trigger, date=o.day, fires_at=o.fires_at) for o in event.plan.planned],
        not_planned=[
            SilentTrigger(trigger=one.trigger, reason=one.reason, why=REASONS[one.reason])
            for one in event.plan.unplanned
        ],
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
