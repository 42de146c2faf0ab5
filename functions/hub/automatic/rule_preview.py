"""What a trigger would do, in words: its sentence, a sample of its text, the next week, a trial with a record."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from hub import words
from hub.automatic.triggers import in_a_sentence
from hub.texting import previews
from longcode.accounts.account import Account
from longcode.clients import store as client_store
from longcode.errors import RequestError
from longcode.phone import in_words
from longcode.segments import measure
from longcode.template import full_name
from longcode.triggers import search
from longcode.triggers import store as triggers
from longcode.triggers.sentences import status_in_words
from longcode.triggers.trigger import Record, RecordKind, TextTo, Trigger
from triggers import forecast

_MOST_CHOICES, _MOST_READ = 40, 200
_LATELY = timedelta(days=7)


class ForecastText(Struct, frozen=True, kw_only=True):
    """What a trigger would do for a record. `why` it would not, or when quiet hours let it go."""

    about: str
    who: str
    client_id: str | None
    at: datetime | None
    will_go: bool
    is_call: bool
    why: str
    text: str
    phones: list[str]
    is_planned: bool


class RulePreview(Struct, frozen=True, kw_only=True):
    """What a trigger would do; or why it is refused. `lines` is None if that cannot be foreseen.

    `records` are those of the lines.
    """

    refused: str = ""
    sentence: str = ""
    sample: str = ""
    length: str = ""
    lines: list[ForecastText] | None = None
    records: list[Record] = []
    note: str = ""
    unplanned: int = 0


class Trial(Struct, frozen=True, kw_only=True):
    """The result of a trial of a trigger with a record, None while none was chosen; or why it cannot be tried."""

    line: ForecastText | None = None
    wrong: str = ""


def of(account: Account, trigger: Trigger, now: datetime) -> RulePreview:
    """Return what a trigger, stored or not, would do."""
    sentence = in_a_sentence(account, trigger)
    try:
        sample = forecast.sample_text(account, trigger, now)
    except RequestError as refusal:
        return RulePreview(sentence=sentence, refused=refusal.detail)
    week = forecast.week(account, trigger, now)
    forecasts = week.forecasts if week else []
    unnamed = {each.record.client_id for each in forecasts if each.client is None and each.record.client_id}
    names = client_store.names(account.id, unnamed) if unnamed else {}
    return RulePreview(
        sentence=sentence,
        sample=sample,
        length=_length(account, trigger, sample),
        lines=[_line(account, each, names, now) for each in forecasts] if week else None,
        records=[each.record for each in forecasts],
        note=_note(week) if week else "",
        unplanned=sum(each.will_go and not each.is_planned for each in forecasts),
    )


def _length(account: Account, trigger: Trigger, sample: str) -> str:
    length = previews.length_of(sample, measure(sample).units)
    note = previews.dearer_with_name(account, sample) if trigger.to is TextTo.CLIENT else ""
    return f"{length}. {note}" if note else length


def trial(account: Account, trigger: Trigger, query: Mapping[str, str], now: datetime) -> Trial | None:
    """Return the trial of a trigger with the record that a page's query names; None for a keyword."""
    if trigger.watches is RecordKind.KEYWORD:
        return None
    wanted = query.get("pasted", "").split() or query.get("record", "").split()
    if not wanted:
        return Trial()
    kind = wanted[0] if len(wanted) > 1 else trigger.watches.value
    record = triggers.get_record(account.id, kind, wanted[-1])
    if record is None:
        return Trial(wrong=f"Your software has reported no {kind} with the id “{wanted[-1]}”.")
    if record.kind is not trigger.watches:
        return Trial(wrong=f"It would not go: this trigger does not watch a {record.kind}.")
    names = client_store.names(account.id, [record.client_id]) if record.client_id else {}
    return Trial(line=_line(account, forecast.try_record(account, trigger, record, now), names, now))


def choices(account: Account, trigger: Trigger, shown: RulePreview | None, now: datetime) -> dict[str, str]:
    """Return records to try a trigger with, by id: those of its next seven days, then those reported last."""
    if trigger.watches is RecordKind.KEYWORD:
        return {}
    records = {record.id: record for record in shown.records if record.kind is trigger.watches} if shown else {}
    if len(records) < _MOST_CHOICES:
        some = search.reported_since(account.id, trigger.watches, now - _LATELY, _MOST_CHOICES)
        some = some or triggers.record_page(account.id, trigger.watches, None, _MOST_READ)
        for record in sorted(some, key=lambda record: record.at, reverse=True):
            records.setdefault(record.id, record)
    listed = [*records.values()][:_MOST_CHOICES]
    names = {line.client_id: line.who for line in shown.lines or () if line.client_id} if shown else {}
    unnamed = {record.client_id for record in listed if record.client_id} - names.keys()
    names |= client_store.names(account.id, unnamed) if unnamed else {}
    return {record.id: _choice(record, names.get(record.client_id or "", "")) for record in listed}


def _line(account: Account, found: forecast.RecordForecast, names: Mapping[str, str], now: datetime) -> ForecastText:
    client = found.client
    name = full_name(client.first_name, client.last_name) if client else names.get(found.record.client_id or "", "")
    later = found.goes_at and found.at and found.goes_at > found.at
    why = (
        f"It waits until {words.ahead(found.goes_at, now, account.time_zone)}: it is night there."
        if later and found.goes_at
        else ""
    )
    return ForecastText(
        about=about(found.record),
        who=name or found.record.client_id or "",
        client_id=client.id if client else None,
        at=found.at,
        will_go=found.will_go,
        is_call=found.is_call,
        why=why if found.will_go else found.why,
        text=found.text or "",
        phones=[in_words(phone, account.country_code) for phone in found.phones],
        is_planned=found.is_planned,
    )


def about(record: Record) -> str:
    """Return a record in words: `session s-1, confirmed, 3 December 14:30`."""
    day = record.session_date or record.due_date
    parts = [f"{record.kind} {record.id}"]
    parts += [status_in_words(record.status)] if record.status else []
    parts += [record.of_type] if record.of_type else []
    parts += ["cancelled"] if record.cancelled else []
    if day:
        parts.append(words.short_day(day.isoformat()) + (f" {record.session_time}" if record.session_time else ""))
    return ", ".join(parts)


def _choice(record: Record, name: str) -> str:
    return f"{name}: {about(record)}" if name else about(record)


def _note(week: forecast.Week) -> str:
    """Return how many texts are not listed, and how far the records were looked at, if that was not all of them."""
    hidden = week.total - len(week.forecasts)
    notes = [f"And {words.number(hidden)} more."] if hidden > 0 else []
    if not week.is_all:
        notes.append(
            f"Some may be missing: this page has looked at {words.number(week.looked_at)} of your records, in the "
            "order of their ids, and at those of the texts that are planned next."
        )
    return " ".join(notes)
