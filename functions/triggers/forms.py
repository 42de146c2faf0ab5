"""The bodies of the requests and responses of events, planned texts and call tasks."""

import re
from datetime import date
from typing import Annotated, Literal

from longcode.web import resolver as web
from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from longcode.template import check_no_braces
from longcode.triggers.trigger import RecordKind, TextTo, UnmetCondition

LONGEST_NOTE = 1_000
"""The characters of a note on a call, at most."""

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
    reason: UnmetCondition | Literal["sent", "too_late", "cancelled_by_staff"]
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
    cancelled_by: str | None


class CancelForm(web.Body):
    """The planned text to cancel, as `GET /upcoming` names it."""

    kind: RecordKind
    record_id: Annotated[str, Field(min_length=1, max_length=100)]
    trigger: Annotated[str, Field(min_length=1, max_length=100)]
    date: Day


class DoneForm(web.Body):
    """What to note about a call that was made."""

    note: Annotated[str | None, Field(max_length=LONGEST_NOTE)] = None


class CallTask(web.Answer):
    """A task to call a client who has no number for the text of a trigger, or did not get that of a `broadcast`.

    `done_by` and `note` are those of a call that was made.
    """

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
    done_at: web.Instant | None
    done_by: str | None
    note: str | None
