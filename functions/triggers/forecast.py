"""What triggers will do: each planned text as it would be sent now, and the next week of a trigger."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from longcode import months, segments
from longcode.accounts.account import Account
from longcode.clients.client import Client, client_merge_values
from longcode.errors import NoNumberTicked, RequestError
from longcode.message import Message, MessageState
from longcode.template import render
from longcode.templates import store as template_store
from longcode.triggers import search
from longcode.triggers import store as triggers
from longcode.triggers.facts import OccurrenceFacts, read_facts
from longcode.triggers.planning import REASONS, SENT, Occurrence, OccurrenceState, Unplanned, decide, explain
from longcode.triggers.trigger import Record, Timing, Trigger, record_date, record_merge_values
from triggers import texts
from triggers.forms import Upcoming

CALL_INSTEAD = "call_instead"
"""The reason of a text that a call task replaces."""

WEEK = timedelta(days=7)
_MOST_PLANNED = 200  # whose records are looked at as well, if not all records are
_MOST_SHOWN = 40
_SAMPLE_VALUES = {
    "order.number": "A-17",
    "invoice.number": "2026-104",
    "invoice.balance": "$120.00",
    "task.name": "Choose your pictures",
}


class RecordForecast(Struct, frozen=True, kw_only=True):
    """What a trigger would do for a record, and when; `why` it would not, or the sentence that explains the text.

    `is_call` says that a call task would replace the text. `is_planned` is False if the trigger has no text planned
    for the record yet.
    """

    record: Record
    at: datetime | None
    will_go: bool
    why: str
    is_call: bool = False
    is_planned: bool = False
    client: Client | None = None
    phones: tuple[str, ...] = ()
    text: str | None = None
    goes_at: datetime | None = None


class Week(Struct, frozen=True, kw_only=True):
    """What a trigger would do within seven days for the records that were reported, the first ones by time.

    `total` is how many of them the week concerns. If not all records could be looked at (`is_all`), it was
    `looked_at` of them, in the order of their ids, and those of the texts that are planned next.
    """

    forecasts: list[RecordForecast]
    looked_at: int
    is_all: bool
    total: int


def week(account: Account, trigger: Trigger, now: datetime, page: int = search.RECORDS_OF_A_CALL) -> Week | None:
    """Return what a trigger, stored or not, would do within seven days; None if that cannot be foreseen.

    `page` is how many records a call to the table looks at.
    """
    if trigger.timing is None:
        return None
    zone = months.time_zone(account.time_zone)
    # A text whose time has passed today is sent at once when it is planned.
    begin, end = months.instant_of(months.local_day(now, zone), time(0), zone), now + WEEK
    before = timedelta(days=trigger.timing.days)
    days = months.local_day(begin, zone) - before, months.local_day(end, zone) - before
    found = search.find_dated(account.id, trigger.watches, trigger.timing.of, days, page)
    dates = {str(item["id"]): date.fromisoformat(item[trigger.timing.of]) for item in found.items}
    if not found.is_all:
        planned = triggers.next_planned(account.id, now, _MOST_PLANNED)
        others = {each.record_id for each in planned if each.kind is trigger.watches} - dates.keys()
        dates |= _dates(triggers.get_records(account.id, trigger.watches, others), trigger.timing)
    at = {day: _at(trigger.timing, day, zone) for day in {*dates.values()}}
    in_week = sorted((at[day], record_id) for record_id, day in dates.items() if begin <= at[day] < end)
    return Week(
        forecasts=_forecasts(account, trigger, [record_id for _, record_id in in_week[:_MOST_SHOWN]], now),
        looked_at=found.looked_at,
        is_all=found.is_all,
        total=len(in_week),
    )


def try_record(account: Account, trigger: Trigger, record: Record, now: datetime) -> RecordForecast:
    """Return what a trigger would do for a record; without a timing, if its status changed now. Nothing is sent."""
    tried = record if trigger.timing else replace(record, changed_at=now)
    return _of_records(account, trigger, [tried], now)[0]


def sample_text(account: Account, trigger: Trigger, now: datetime) -> str:
    """Return a trigger's text with sample values; raise `RequestError` if it cannot be written."""
    template = template_store.get_template(account.id, trigger.template) if trigger.template else None
    day = months.local_day(now, months.time_zone(account.time_zone)) + WEEK
    own = account.client_fields
    client = Client(account=account.id, id="sample", updated_at=now, first_name="Ann", last_name="Lee", fields=own)
    record = Record(
        account=account.id,
        kind=trigger.watches,
        id="sample",
        at=now,
        event_id="sample",
        changed_at=now,
        of_type=trigger.types[0] if trigger.types else "portrait",
        session_date=day,
        session_time="14:30",
        due_date=day,
        values=_SAMPLE_VALUES,
    )
    values = client_merge_values(account, client) | record_merge_values(record)
    return segments.normalise(render(template.body if template else trigger.body or "", values))


def _dates(records: Iterable[Record], timing: Timing) -> dict[str, date]:
    days = ((record.id, record_date(record, timing.of)) for record in records)
    return {record_id: day for record_id, day in days if day}


def _forecasts(account: Account, trigger: Trigger, ids: list[str], now: datetime) -> list[RecordForecast]:
    """Return what a trigger would do for records, in their order, as they are now."""
    records = {record.id: record for record in triggers.get_records(account.id, trigger.watches, ids)}
    return _of_records(account, trigger, [records[record_id] for record_id in ids if record_id in records], now)


def _of_records(account: Account, trigger: Trigger, records: list[Record], now: datetime) -> list[RecordForecast]:
    zone = months.time_zone(account.time_zone)
    decisions = [decide(trigger, record, zone, now) for record in records]
    wanted = [decision for decision in decisions if isinstance(decision, Occurrence)]
    stored = triggers.get_occurrences(wanted)
    occurrences = [_as_stored(each, stored.get((each.record_id, each.trigger, each.day))) for each in wanted]
    by_id = {record.id: record for record in records}
    read = read_facts(account, occurrences, now, trigger=trigger)
    facts = {each.occurrence.record_id: replace(each, record=by_id[each.occurrence.record_id]) for each in read}
    return [
        _of_unplanned(trigger, record, decision, zone)
        if isinstance(decision, Unplanned)
        else _of_facts(record, facts[record.id], stored.get((record.id, trigger.name, decision.day)), now)
        for record, decision in zip(records, decisions, strict=True)
    ]


def _as_stored(wanted: Occurrence, stored: Occurrence | None) -> Occurrence:
    """Return an occurrence with the end that it has in the table, if no event can plan it again."""
    return stored if stored and stored.is_settled else wanted


def _of_unplanned(trigger: Trigger, record: Record, unplanned: Unplanned, zone: ZoneInfo) -> RecordForecast:
    at = _time_for(trigger, record, zone)
    return RecordForecast(record=record, at=at, will_go=False, why=REASONS[unplanned.reason])


def _of_facts(record: Record, facts: OccurrenceFacts, stored: Occurrence | None, now: datetime) -> RecordForecast:
    found = shown(facts, now)
    return RecordForecast(
        record=record,
        at=found.fires_at,
        will_go=found.will_go,
        why=found.why,
        is_call=found.reason == CALL_INSTEAD,
        is_planned=stored is not None and stored.state is OccurrenceState.PLANNED,
        client=facts.client,
        phones=found.phones,
        text=found.text,
        goes_at=found.goes_at,
    )


def _time_for(trigger: Trigger, record: Record, zone: ZoneInfo) -> datetime | None:
    """Return when a timed trigger would text for a record; None without a timing or the date that it counts from."""
    day = record_date(record, trigger.timing.of) if trigger.timing else None
    return _at(trigger.timing, day, zone) if trigger.timing and day else None


def _at(timing: Timing, day: date, zone: ZoneInfo) -> datetime:
    return months.instant_of(day + timedelta(days=timing.days), time.fromisoformat(timing.at), zone)


def shown(facts: OccurrenceFacts, now: datetime) -> Upcoming:
    """Return a planned text as it would be sent if nothing changes before its time."""
    occurrence, trigger, record = facts.occurrence, facts.trigger, facts.record
    reason, why, drafts = _result(facts, max(now, occurrence.fires_at))
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
        cancelled_by=occurrence.cancelled_by,
    )


def _result(facts: OccurrenceFacts, at: datetime) -> tuple[str | None, str, list[Message]]:
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
