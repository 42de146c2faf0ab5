"""What may be told with POST /events, and the record that it makes."""

import re
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from longcode import record as records
from longcode import template
from longcode.account import Account
from longcode.aws import web
from longcode.errors import BadTime, NotFound, RequestError
from longcode.record import Record, RecordKind, word
from longcode.table import clients

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCKS_DIFFER = timedelta(minutes=5)


def _written_date(value: object) -> object:
    if value is not None and not (isinstance(value, str) and _DATE.fullmatch(value)):
        raise ValueError("write a date as 2026-12-03")
    return value


Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31)), BeforeValidator(_written_date)]
Text = Annotated[str, Field(max_length=200), AfterValidator(template.plain)]


class EventForm(web.Body):
    """The whole state of one thing of the studio's after something happened to it; `at` is when, if not now."""

    kind: RecordKind
    id: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\s/#]+$")]
    client_id: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    status: Annotated[str | None, Field(max_length=50)] = None
    type: Annotated[str | None, Field(max_length=50), AfterValidator(lambda one: one and template.plain(one))] = None
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


def record(account: Account, form: EventForm, event_id: str, now: datetime) -> Record:
    """Make the record that an event tells of; raises what cannot be so, with the field."""
    at = form.at or now
    if at > now + _CLOCKS_DIFFER:
        raise BadTime("This has not happened yet: the time is in the future.", field="at")
    unknown = sorted(form.values.keys() - (template.FIELDS - template.OF_CLIENT_AND_STUDIO))
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
    known = records.statuses(form.kind, account.statuses)
    status = word(form.status)
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
    if client_id is not None and clients.get(account.id, client_id) is None:
        raise NotFound(f"There is no client {client_id!r}.", field="client_id" if form.client_id else "id")
    return client_id
