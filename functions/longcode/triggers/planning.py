"""The plan of an event: which texts triggers plan, move and drop, and why a planned text may not be sent when due."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from longcode import months
from longcode.clients.client import Client
from longcode.jobs import FireTrigger
from longcode.message import Instant
from longcode.messages.compose import request_id
from longcode.triggers.trigger import Record, RecordKind, Trigger, UnmetCondition, day_for, unmet
from longcode.windows import SWEEP_AFTER, VALIDITY

SENT = "sent"
MOVED = "moved"
TOO_LATE = "too_late"
EXPIRED = "expired"
CANCELLED_BY_STAFF = "cancelled_by_staff"

REASONS: Mapping[str, str] = {
    UnmetCondition.DELETED: "The trigger was deleted.",
    UnmetCondition.DISABLED: "The trigger is disabled.",
    UnmetCondition.CANCELLED: "It was cancelled.",
    UnmetCondition.CONDITIONS: "Its status or type is not one that the trigger watches.",
    UnmetCondition.NO_DATE: "It has no date to count the trigger's days from.",
    UnmetCondition.NO_CLIENT: "It names no client to text.",
    SENT: "Its text was sent: a trigger sends one text for each record and date.",
    MOVED: "It was moved to another date.",
    TOO_LATE: "The day on which the text should have been sent is past.",
    EXPIRED: "The text waited for hours, and then it was too late to send it.",
    CANCELLED_BY_STAFF: "Your staff cancelled it.",
}
"""Why a trigger sends no text, as a sentence for people, by reason."""


class OccurrenceState(StrEnum):
    """The state of an occurrence: planned until its time; then done, for good, or dropped with a reason."""

    PLANNED = "planned"
    DONE = "done"
    DROPPED = "dropped"


class Occurrence(Struct, frozen=True, kw_only=True):
    """A trigger's text for a record and a date, which is sent at most once, whatever events follow.

    `event_id` is the last event that planned it: a worker that read the record before that event cannot drop it.
    """

    account: str
    trigger: str
    kind: RecordKind
    record_id: str
    day: date
    event_id: str
    fires_at: Instant
    state: OccurrenceState
    reason: str | None = None
    detail: str | None = None
    due_at: Instant | None = None
    finished_at: Instant | None = None
    cancelled_by: str | None = None

    @property
    def is_settled(self) -> bool:
        """Return whether no later event can plan it again: its text was sent, or a person cancelled it."""
        return self.state is OccurrenceState.DONE or self.reason == CANCELLED_BY_STAFF


class Unplanned(Struct, frozen=True, kw_only=True):
    """A trigger that watches this kind of record but will not text, with the reason, and the date if there is one."""

    trigger: str
    reason: str
    day: date | None = None


class EventPlan(Struct, frozen=True, kw_only=True):
    """What an event means: the texts that will be sent, and the triggers that will not text."""

    planned: tuple[Occurrence, ...]
    unplanned: tuple[Unplanned, ...]


class RecordEvent(Struct, frozen=True, kw_only=True):
    """An event as it was received. If the record had a later one already, `newest` is False and nothing changed."""

    account: str
    id: str
    fingerprint: str
    received_at: Instant
    record: Record
    newest: bool
    plan: EventPlan


class Call(Struct, frozen=True, kw_only=True):
    """A task for staff to call a client. Its id begins with the time at which the text would have been sent.

    It is for a trigger and a record's date, or for the text of a broadcast that did not arrive. `done_by` is the name
    of the person who called, if that was noted in the hub.
    """

    account: str
    id: str
    at: Instant
    trigger: str | None = None
    kind: RecordKind | None = None
    record_id: str | None = None
    day: date | None = None
    broadcast: str | None = None
    client_id: str
    phones: tuple[str, ...]
    text: str
    done_at: Instant | None = None
    done_by: str | None = None
    note: str | None = None


def plan(triggers: Iterable[Trigger], record: Record, zone: ZoneInfo, now: datetime) -> EventPlan:
    """Return what an event means for the triggers that watch its kind of record."""
    decisions = [decide(trigger, record, zone, now) for trigger in triggers if trigger.watches is record.kind]
    return EventPlan(
        planned=tuple(decision for decision in decisions if isinstance(decision, Occurrence)),
        unplanned=tuple(decision for decision in decisions if isinstance(decision, Unplanned)),
    )


def decide(trigger: Trigger, record: Record, zone: ZoneInfo, now: datetime) -> Occurrence | Unplanned:
    """Return the text that a trigger plans for a record of the kind that it watches, or why it plans none."""
    reason, day = unmet(trigger, record), day_for(trigger, record, zone)
    if reason or day is None:
        return Unplanned(trigger=trigger.name, reason=reason or UnmetCondition.NO_DATE)
    fires_on, fires_at = day, now
    if trigger.timing:
        fires_on = day + timedelta(days=trigger.timing.days)
        fires_at = max(now, months.instant_of(fires_on, time.fromisoformat(trigger.timing.at), zone))
    # Later on the same day a text is still right; a day later, "tomorrow at ten" would be wrong.
    if fires_on < months.local_day(now, zone):
        return Unplanned(trigger=trigger.name, reason=TOO_LATE, day=day)
    return Occurrence(
        account=record.account,
        trigger=trigger.name,
        kind=record.kind,
        record_id=record.id,
        day=day,
        event_id=record.event_id,
        fires_at=fires_at,
        state=OccurrenceState.PLANNED,
        due_at=fires_at if fires_at > now else now + SWEEP_AFTER,
    )


def without_settled(event_plan: EventPlan, stored: Iterable[Occurrence]) -> EventPlan:
    """Return a plan without the texts that were sent, one for each record and date at most, or cancelled by staff."""
    settled = {
        _trigger_and_day(occurrence): SENT if occurrence.state is OccurrenceState.DONE else CANCELLED_BY_STAFF
        for occurrence in stored
        if occurrence.is_settled
    }
    return EventPlan(
        planned=tuple(each for each in event_plan.planned if _trigger_and_day(each) not in settled),
        unplanned=(
            *event_plan.unplanned,
            *(
                Unplanned(trigger=each.trigger, reason=settled[_trigger_and_day(each)], day=each.day)
                for each in event_plan.planned
                if _trigger_and_day(each) in settled
            ),
        ),
    )


def occurrence_changes(
    event_plan: EventPlan,
    stored: Iterable[Occurrence],
    triggers: Mapping[str, Trigger],
    record: Record,
    now: datetime,
) -> list[tuple[Occurrence | None, Occurrence]]:
    """Return the occurrences of a record that an event changes, each as it is stored and as it must become.

    A dropped occurrence can be planned again, since nothing was sent for it.
    """
    before = {_trigger_and_day(occurrence): occurrence for occurrence in stored}
    kept: set[tuple[str, date | None]] = {_trigger_and_day(occurrence) for occurrence in event_plan.planned}
    # A text that is too late to be planned now may be about to be sent.
    kept |= {(late.trigger, late.day) for late in event_plan.unplanned if late.reason == TOO_LATE}
    dropped = [
        (old, dropped_occurrence(old, unmet(triggers.get(old.trigger), record) or MOVED, now))
        for trigger_and_day, old in before.items()
        if old.state is OccurrenceState.PLANNED and trigger_and_day not in kept
    ]
    wanted = [(before.get(_trigger_and_day(occurrence)), occurrence) for occurrence in event_plan.planned]
    planned = [(old, _planned(old, new, now)) for old, new in wanted]
    return dropped + [(old, new) for old, new in planned if old != new]


def _trigger_and_day(occurrence: Occurrence) -> tuple[str, date]:
    return occurrence.trigger, occurrence.day


def _planned(old: Occurrence | None, wanted: Occurrence, now: datetime) -> Occurrence:
    if old is None or old.state is not OccurrenceState.PLANNED:
        return wanted
    if old.fires_at <= now:  # keep its time: otherwise each event would delay the text a little more
        return replace(old, event_id=wanted.event_id, due_at=now + SWEEP_AFTER)
    return old if old.fires_at == wanted.fires_at else wanted


def dropped_occurrence(occurrence: Occurrence, reason: str, now: datetime, detail: str | None = None) -> Occurrence:
    """Return the occurrence as dropped; `detail` is the sentence for a reason that `REASONS` does not have."""
    return replace(
        occurrence, state=OccurrenceState.DROPPED, reason=reason, detail=detail, due_at=None, finished_at=now
    )


def cancelled_occurrence(occurrence: Occurrence, by: str | None, now: datetime) -> Occurrence:
    """Return the occurrence as cancelled by a person, whose name is None if it is not known."""
    detail = f"{by} cancelled it." if by else None
    return replace(dropped_occurrence(occurrence, CANCELLED_BY_STAFF, now, detail), cancelled_by=by)


def reason_to_drop(
    occurrence: Occurrence, trigger: Trigger | None, record: Record | None, zone: ZoneInfo, now: datetime
) -> str | None:
    """Return why a planned occurrence must not be sent any more, from the present trigger and record, or None."""
    if record is None:
        return UnmetCondition.CANCELLED
    reason = unmet(trigger, record)
    if reason or trigger is None:
        return reason
    if day_for(trigger, record, zone) != occurrence.day:
        return MOVED
    return EXPIRED if now >= occurrence.fires_at + VALIDITY else None


def occurrence_id(occurrence: Occurrence) -> str:
    """Return an occurrence's id. The ids of its texts are made from it, so a repeated job sends no second text."""
    parts = (occurrence.kind, occurrence.record_id, occurrence.trigger, occurrence.day.isoformat())
    return request_id(occurrence.account, "\n".join(("trigger", *parts)))


def fire_job(occurrence: Occurrence) -> FireTrigger:
    """Return the job that sends the texts of an occurrence."""
    return FireTrigger(
        account=occurrence.account,
        kind=occurrence.kind,
        record_id=occurrence.record_id,
        trigger=occurrence.trigger,
        day=occurrence.day,
    )


def call_for(occurrence: Occurrence, client: Client, text: str) -> Call:
    """Return the call task that replaces an occurrence's text."""
    return Call(
        account=occurrence.account,
        id=f"{occurrence.fires_at.astimezone(UTC):%Y%m%dT%H%M%S}-{occurrence_id(occurrence)}",
        at=occurrence.fires_at,
        trigger=occurrence.trigger,
        kind=occurrence.kind,
        record_id=occurrence.record_id,
        day=occurrence.day,
        client_id=client.id,
        phones=tuple(dict.fromkeys(phone.number for phone in client.phones)),
        text=text,
    )


def explain(trigger: Trigger, record: Record) -> str:
    """Return a sentence for people that says why, and when, a trigger texts for a record."""
    when = "at once"
    if trigger.timing:
        days, date_name = trigger.timing.days, trigger.timing.of.replace("_", " ")
        count = f"{abs(days)} {'day' if abs(days) == 1 else 'days'}"
        relation = f"{count} {'before' if days < 0 else 'after'}" if days else "on"
        when = f"{relation} its {date_name}, at {trigger.timing.at}"
    if record.kind is RecordKind.KEYWORD:
        return f"a client texted {record.status!r}; {when}"
    state = f"is {record.status}" if record.status else "exists"
    of_type = f" ({record.of_type})" if record.of_type else ""
    return f"{record.kind} {record.id} {state}{of_type}; {when}"
