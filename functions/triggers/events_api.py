"""POST /events: what happens in the studio's software; what its triggers will send for it; and the calls to make."""

import re
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, field_validator

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients, queues
from longcode.aws.telemetry import logger
from longcode.clients import store as client_store
from longcode.errors import BadTime, NoNumberTicked, NotFound, RequestError
from longcode.message import Message, MessageState
from longcode.messages import compose
from longcode.template import FIELDS, OF_CLIENT_AND_STUDIO, plain
from longcode.triggers import store as triggers
from longcode.triggers.planning import REASONS, SENT, OccurrenceState, RecordEvent, explain, fire_job
from longcode.triggers.store import OccurrenceFacts
from longcode.triggers.trigger import Record, RecordKind, To, check_trigger_edition, record_statuses, record_word
from longcode.web import resolver as web
from triggers import texts

_SHOWN_FOR = timedelta(days=1)

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCKS_DIFFER = timedelta(minutes=5)

CALL_INSTEAD = "call_instead"

app = web.resolver()


def _written_date(value: object) -> object:
    if value is not None and not (isinstance(value, str) and _DATE.fullmatch(value)):
        raise ValueError("write a date as 2026-12-03")
    return value


Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31)), BeforeValidator(_written_date)]
Text = Annotated[str, Field(max_length=200), AfterValidator(plain)]


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


class EventForm(web.Body):
    """The whole state of one thing of the studio's after something happened to it; `at` is when, if not now."""

    kind: RecordKind
    id: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\s/#]+$")]
    client_id: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    status: Annotated[str | None, Field(max_length=50)] = None
    type: Annotated[str | None, Field(max_length=50), AfterValidator(lambda one: one and plain(one))] = None
    session_date: Day | None = None
    session_time: Annotated[str | None, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = None
    due_date: Day | None = None
    values: Annotated[dict[str, Text], Field(max_length=20)] = {}
    cancelled: bool = False
    at: web.Instant | None = None

    @field_validator("kind")
    @classmethod
    def _can_be_told(cls, kind: RecordKind) -> RecordKind:
        if kind is RecordKind.KEYWORD:
            raise ValueError("a keyword comes in a client's reply")
        return kind


@app.post("/events", responses=web.responses({202: ToldEvent}))
def post_event(form: EventForm, idempotency_key: web.IdempotencyKey = None) -> Response[ToldEvent]:
    """Tell what happened to a session, an order and so on; the same Idempotency-Key tells it once."""
    key = str(uuid4()) if idempotency_key is None else idempotency_key
    return Response(202, "application/json", take_event(web.caller(app), form, key, clients.now()))


class Upcoming(BaseModel):
    """A text that a trigger has planned. As things are now it will go, or a reason is in its way.

    It is checked again at `fires_at`, and after the quiet hours that may hold it until `goes_at`.
    """

    trigger: str
    kind: RecordKind
    record_id: str
    date: date
    fires_at: datetime
    goes_at: datetime | None
    will_go: bool
    why: str
    reason: str | None
    to: To | None
    client_id: str | None
    phones: tuple[str, ...]
    text: str | None


@app.get("/upcoming")
def list_upcoming(limit: web.Limit = 50, cursor: web.Cursor = None) -> web.Page[Upcoming]:
    """List what triggers will send and why, by time; and what they will not, from a day back."""
    account, now = accounts.need(web.caller(app)), clients.now()
    page = triggers.upcoming(account.id, now - _SHOWN_FOR, limit=limit, cursor=cursor)
    known = triggers.look_up(account, page.occurrences)
    return web.Page(items=[shown_upcoming(one, now) for one in known], next_cursor=page.next_cursor)


@app.get("/calls")
def list_calls(limit: web.Limit = 50, cursor: web.Cursor = None) -> web.Page[CallTask]:
    """List the calls to make, oldest first; delete each that the studio's software has picked up."""
    found = [
        CallTask.model_validate(asdict(one) | {"date": one.day})
        for one in triggers.call_page(web.caller(app), cursor, limit + 1)
    ]
    return web.page_of(found, limit, lambda one: one.id)


@app.delete("/calls/<call_id>", responses=web.responses({204: None}))
def delete_call(call_id: Annotated[str, Path(max_length=100)]) -> Response[str]:
    """Take a call off the list."""
    if not triggers.delete_call(web.caller(app), call_id):
        raise NotFound(f"There is no call {call_id!r}.")
    return Response(204, body="")


def take_event(account_id: str, form: EventForm, idempotency_key: str, now: datetime) -> ToldEvent:
    """Take an event in, once, and hand on what goes at once."""
    event_id = compose.request_id(account_id, idempotency_key)
    fingerprint = compose.fingerprint(form.model_dump(exclude_defaults=True))
    event, new = triggers.get_event(account_id, event_id, now), False
    if event is None:
        account = accounts.need(account_id)
        check_trigger_edition(account)
        told = record_of_form(account, form, event_id, now)
        zone = ZoneInfo(account.time_zone)
        event, new = triggers.take_in_event(told, fingerprint, triggers.of_account(account_id), zone, now)
    compose.check_repeated(event.fingerprint, fingerprint)
    if new:
        _hand_on(event, now)
    return _answer(event)


def _hand_on(event: RecordEvent, now: datetime) -> None:
    with queues.best_effort(event_id=event.id):
        queues.send(*(fire_job(one) for one in event.plan.planned if one.fires_at <= now))


def _answer(event: RecordEvent) -> ToldEvent:
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


def record_of_form(account: Account, form: EventForm, event_id: str, now: datetime) -> Record:
    """Make the record that an event tells of; raises what cannot be so, with the field."""
    at = form.at or now
    if at > now + _CLOCKS_DIFFER:
        raise BadTime("This has not happened yet: the time is in the future.", field="at")
    unknown = sorted(form.values.keys() - (FIELDS - OF_CLIENT_AND_STUDIO))
    if unknown:
        raise RequestError(f"No event fills {', '.join(unknown)}.", field=f"values.{unknown[0]}")
    return Record(
        account=account.id,
        kind=form.kind,
        id=form.id,
        at=at,
        event_id=event_id,
        changed_at=at,
        client_id=_client(account, form),
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


def _client(account: Account, form: EventForm) -> str | None:
    """Tell whose it is. The record of a client is under the client's own id."""
    client_id = form.client_id or (form.id if form.kind is RecordKind.CLIENT else None)
    if form.kind is RecordKind.CLIENT and client_id != form.id:
        raise RequestError("The event of a client has the client's own id.", field="client_id")
    if client_id is not None and client_store.get(account.id, client_id) is None:
        raise NotFound(f"There is no client {client_id!r}.", field="client_id" if form.client_id else "id")
    return client_id


def shown_upcoming(known: OccurrenceFacts, now: datetime) -> Upcoming:
    """Show a planned text as it would go if all stays as it is now."""
    one, trigger, record = known.occurrence, known.trigger, known.record
    reason, why, made = _outlook(known, max(now, one.fires_at))
    return Upcoming(
        trigger=one.trigger,
        kind=one.kind,
        record_id=one.record_id,
        date=one.day,
        fires_at=one.fires_at,
        goes_at=min((_goes_at(draft) for draft in made), default=None),
        will_go=reason is None,
        why=why,
        reason=reason,
        to=trigger.to if trigger else None,
        client_id=record.client_id if record else None,
        phones=tuple(draft.phone for draft in made),
        text=made[0].body if made else None,
    )


def _outlook(known: OccurrenceFacts, at: datetime) -> tuple[str | None, str, list[Message]]:
    """Tell the reason why not, or None; a sentence on either; and the texts that go."""

    one, trigger, record = known.occurrence, known.trigger, known.record
    if one.state is OccurrenceState.DROPPED:
        reason = one.reason or ""
        return reason, one.detail or REASONS[reason], []
    if known.sent:  # and not yet noted as done
        return SENT, REASONS[SENT], []
    try:
        made = texts.drafts(known, at)
    except NoNumberTicked as refusal:
        return (CALL_INSTEAD if trigger and trigger.sms_else_call else refusal.code), refusal.detail, []
    except RequestError as refusal:
        return refusal.code, refusal.detail, []
    return None, explain(trigger, record) if trigger and record else "", made


def _goes_at(draft: Message) -> datetime:
    held = draft.state is MessageState.SCHEDULED and draft.due_at
    return held or draft.created_at


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
