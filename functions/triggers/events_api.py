"""The events API: receive what happens in the studio's software, show upcoming texts, and list the calls to make."""

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import uuid4

from longcode.web import account_resolver
from longcode.web import resolver as web
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from msgspec.structs import asdict
from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from longcode import months
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients, queues
from longcode.aws.telemetry import logger
from longcode.clients import store as client_store
from longcode.errors import BadTime, NoNumberTicked, NotFound, RequestError
from longcode.message import Message, MessageState
from longcode.messages import compose
from longcode.template import CLIENT_AND_STUDIO_FIELDS, FIELDS, check_no_braces
from longcode.triggers import store as triggers
from longcode.triggers.planning import REASONS, SENT, OccurrenceState, RecordEvent, explain, fire_job
from longcode.triggers.store import OccurrenceFacts
from longcode.triggers.trigger import (
    Record,
    RecordKind,
    TextTo,
    UnmetCondition,
    check_trigger_edition,
    record_statuses,
    record_word,
)
from triggers import texts

CALL_INSTEAD = "call_instead"
"""The reason of a text that a call task replaces."""

_SHOWN_FOR = timedelta(days=1)  # after its time, a planned or dropped text stays in the list
_CLOCKS_DIFFER = timedelta(minutes=5)  # between the studio's software and us
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _check_date(value: object) -> object:
    # Pydantic alone would take a number, or a date with a time, for a date.
    if value is not None and not (isinstance(value, str) and _DATE.fullmatch(value)):
        raise ValueError("write a date as 2026-12-03")
    return value


def _in_range(day: date) -> date:
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise ValueError("is before 2000 or after 2199")
    return day


Day = Annotated[date, AfterValidator(_in_range), BeforeValidator(_check_date)]
Text = Annotated[str, Field(max_length=200), AfterValidator(check_no_braces)]


class EventForm(web.Body):
    """The complete state of a record of the studio after an event; `at` is when it happened, if not now."""

    kind: RecordKind
    id: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\s/#]+$")]
    client_id: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    status: Annotated[str | None, Field(max_length=50)] = None
    type: Annotated[
        str | None, Field(max_length=50), AfterValidator(lambda value: value and check_no_braces(value))
    ] = None
    session_date: Day | None = None
    session_time: web.TimeOfDay | None = None
    due_date: Day | None = None
    values: Annotated[dict[str, Text], Field(max_length=20)] = {}
    cancelled: bool = False
    at: web.StoredInstant | None = None

    @field_validator("kind")
    @classmethod
    def _is_a_record(cls, kind: RecordKind) -> RecordKind:
        if kind is RecordKind.KEYWORD:
            raise ValueError("cannot be keyword: keywords come in clients' replies, not in events")
        return kind


class PlannedText(web.Answer):
    """A text that a trigger will send, unless something changes; `date` is the record's date that it refers to."""

    trigger: str
    date: date
    fires_at: web.Instant


class UnplannedTrigger(web.Answer):
    """A trigger that watches this kind of record and sends nothing, and the reason."""

    trigger: str
    reason: UnmetCondition | Literal["sent", "too_late"]
    why: str


class EventResult(web.Answer):
    """The texts that an event plans.

    `newest` is false if an event that happened later was received first: then this one changes nothing.
    """

    id: str
    kind: RecordKind
    record_id: str
    newest: bool
    planned: list[PlannedText]
    not_planned: list[UnplannedTrigger]


class Upcoming(web.Answer):
    """A text that a trigger has planned, and whether it would be sent as things are now.

    Its conditions are checked again at `fires_at`, and again at `goes_at` if quiet hours hold it until then.
    """

    trigger: str
    kind: RecordKind
    record_id: str
    date: date
    fires_at: web.Instant
    goes_at: web.Instant | None
    will_go: bool
    why: str
    reason: str | None
    to: TextTo | None
    client_id: str | None
    phones: tuple[str, ...]
    text: str | None


class CallTask(web.Answer):
    """A task to call a client who has no number for the text of a trigger, or did not get that of a `broadcast`."""

    id: str
    at: web.Instant
    client_id: str
    phones: tuple[str, ...]
    text: str
    trigger: str | None
    kind: RecordKind | None
    record_id: str | None
    date: date | None
    broadcast: str | None


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
    items = [shown_upcoming(facts, now) for facts in triggers.read_facts(account, page.occurrences, now)]
    return web.Page(items=items, next_cursor=page.next_cursor)


@app.get("/calls")
def list_calls(limit: web.Limit = 50, cursor: web.Cursor = None) -> web.Page[CallTask]:
    """List the calls to make, oldest first; delete each one that the studio's software has picked up."""
    page = triggers.call_page(web.caller(app), cursor, limit + 1)
    tasks = [CallTask.model_validate(asdict(call) | {"date": call.day}) for call in page]
    return web.page_of(tasks, limit, lambda task: task.id)


@app.delete("/calls/<call_id>", responses=web.responses({204: None}))
def delete_call(call_id: Annotated[str, Path(max_length=100)]) -> Response[str]:
    """Delete a call from the list."""
    if not triggers.delete_call(web.caller(app), call_id):
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


def shown_upcoming(facts: OccurrenceFacts, now: datetime) -> Upcoming:
    """Return a planned text as it would be sent if nothing changes before its time."""
    occurrence, trigger, record = facts.occurrence, facts.trigger, facts.record
    reason, why, drafts = _outlook(facts, max(now, occurrence.fires_at))
    return Upcoming(
        trigger=occurrence.trigger,
        kind=occurrence.kind,
        record_id=occurrence.record_id,
        date=occurrence.day,
        fires_at=occurrence.fires_at,
        goes_at=min((_goes_at(draft) for draft in drafts), default=None),
        will_go=reason is None,
        why=why,
        reason=reason,
        to=trigger.to if trigger else None,
        client_id=record.client_id if record else None,
        phones=tuple(draft.phone for draft in drafts),
        text=drafts[0].body if drafts else None,
    )


def _outlook(facts: OccurrenceFacts, at: datetime) -> tuple[str | None, str, list[Message]]:
    """Return the reason not to send, or None; a sentence that explains either; and the texts to send."""
    occurrence, trigger, record = facts.occurrence, facts.trigger, facts.record
    if occurrence.state is OccurrenceState.DROPPED:
        reason = occurrence.reason or ""
        return reason, occurrence.detail or REASONS[reason], []
    if facts.sent:  # but not marked as done yet
        return SENT, REASONS[SENT], []
    try:
        drafts = texts.drafts(facts, at)
    except NoNumberTicked as refusal:
        return (CALL_INSTEAD if trigger and trigger.sms_else_call else refusal.code), refusal.detail, []
    except RequestError as refusal:
        return refusal.code, refusal.detail, []
    return None, explain(trigger, record) if trigger and record else "", drafts


def _goes_at(draft: Message) -> datetime:
    held_until = draft.due_at if draft.state is MessageState.SCHEDULED else None
    return held_until or draft.created_at


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
