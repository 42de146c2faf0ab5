"""What is going to be sent: planned texts of triggers and scheduled texts, as a list by day and as a calendar."""

import re
from calendar import Calendar
from collections import Counter
from datetime import date, datetime, time, timedelta
from itertools import groupby
from urllib.parse import quote, urlencode

from msgspec import Struct
from pydantic import ValidationError

from hub import words
from hub.site import Page, form_of_studio, go_to, name_of_person, page_of_studio, show, site
from longcode import months
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.aws.at_once import at_once
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast
from longcode.clients import store as client_store
from longcode.errors import NotFound
from longcode.message import BroadcastState, Message, MessageState
from longcode.messages import folders, waiting
from longcode.messages import store as messages
from longcode.phone import in_words
from longcode.template import full_name
from longcode.triggers import store as triggers
from longcode.triggers.facts import OccurrenceFacts, read_facts
from longcode.triggers.planning import OccurrenceState
from send import api as send
from triggers import forecast, staff_actions
from triggers.forms import CancelForm

_ROWS = 40
_BEYOND = timedelta(days=400)  # a text can be scheduled a year ahead
_DAY = timedelta(days=1)
_MONTHS_AHEAD = 14
_DATE = r"20[0-9]{2}-[0-9]{2}-[0-9]{2}"
_MONTH = r"20[0-9]{2}-(0[1-9]|1[0-2])"


class UpcomingRow(Struct, frozen=True, kw_only=True):
    """A text that is going to be sent, or why it is not; or a broadcast.

    `link`, `link_of_origin` and `cancel` are pages: about it, about what planned it, and to cancel it.
    """

    place: str
    at: datetime
    who: str
    text: str
    why: str
    will_go: bool
    is_call: bool
    origin: str
    link: str
    link_of_origin: str
    cancel: str


class DayOfMonth(Struct, frozen=True, kw_only=True):
    """A day of the calendar. `count` is how many texts are going to be sent on it, None for a day that is past."""

    day: date
    count: int | None
    is_today: bool
    in_month: bool


@site.get("/hub/upcoming")
@page_of_studio
def show_upcoming(account: Account) -> Page:
    """Show what is going to be sent from today on, or from a chosen day on."""
    query, now = site.current_event.query_string_parameters or {}, clients.now()
    zone = months.time_zone(account.time_zone)
    today = months.local_day(now, zone)
    first = _day(query.get("day", "")) or today
    begin = months.instant(months.instant_of(first, time(0), zone))
    cursor = query.get("after", "")
    place = cursor if _is_place(cursor) else begin
    rows, following = _rows(account, place, now)
    days = [(day, list(of_day)) for day, of_day in groupby(rows, lambda row: months.local_day(row.at, zone))]
    return show(
        "automatic/upcoming",
        account,
        days=[(_day_ahead(day, today), of_day) for day, of_day in days],
        following=following,
        is_from_today=first == today and place == begin,
        day=first,
        cancelled="cancelled" in query,
        now=now,
    )


@site.get("/hub/upcoming/calendar")
@page_of_studio
def show_calendar(account: Account) -> Page:
    """Show a month with the number of texts of each day."""
    query, now = site.current_event.query_string_parameters or {}, clients.now()
    zone = months.time_zone(account.time_zone)
    today = months.local_day(now, zone)
    month = query.get("month", "")
    month = month if re.fullmatch(_MONTH, month) else f"{today:%Y-%m}"
    year, number = int(month[:4]), int(month[5:])
    sunday_first = account.country_code == "1"
    weeks = Calendar(6 if sunday_first else 0).monthdatescalendar(year, number)
    counted = _counted(account, [day for week in weeks for day in week if day >= today and day.month == number])
    last = f"{today + _MONTHS_AHEAD * timedelta(days=30):%Y-%m}"
    return show(
        "automatic/calendar",
        account,
        weeks=[[_day_of_month(day, counted.get(day), today, number) for day in week] for week in weeks],
        names=[f"{day:%a}" for day in weeks[0]],
        month=month,
        before=months.previous(month) if month > f"{today:%Y-%m}" else "",
        after=months.following(month) if month < last else "",
        total=sum(counted.values()),
    )


@site.get("/hub/upcoming/cancel")
@page_of_studio
def ask_to_cancel(account: Account) -> Page:
    """Ask whether a text shall be cancelled."""
    query = site.current_event.query_string_parameters or {}
    row = _row_to_cancel(account, query)
    return show("automatic/cancel", account, row=row, fields=_named(query), now=clients.now())


@site.post("/hub/upcoming/cancel")
@form_of_studio
def cancel(account: Account, fields: dict[str, str]) -> Page:
    """Cancel a planned or scheduled text; a second click changes nothing."""
    now, by = clients.now(), name_of_person()
    if message_id := fields.get("message_id"):
        send.cancel(account.id, message_id, now, by)
    else:
        staff_actions.cancel_planned(account.id, _cancel_form(fields), now, by)
    return go_to("upcoming?cancelled=1")


def _is_place(cursor: str) -> bool:
    try:
        datetime.fromisoformat(cursor.partition("#")[0])
    except ValueError:
        return False
    return re.fullmatch(folders.CURSOR, cursor) is not None


def _rows(account: Account, place: str, now: datetime) -> tuple[list[UpcomingRow], str | None]:
    """Return the rows from a place on, and the place of the next page."""
    since = datetime.fromisoformat(place.partition("#")[0])
    page, texts, sent_to_many = at_once(
        lambda: triggers.upcoming(account.id, since, limit=_ROWS, cursor=place),
        lambda: waiting.between(account.id, since, now + _BEYOND, since=account.created_at),
        lambda: _broadcasts(account, since, now + _BEYOND),
    )
    facts, names = at_once(
        lambda: read_facts(account, page.occurrences, now),
        lambda: _names(account, texts),
    )
    rows = [_row_of_trigger(account, each, now) for each in facts]
    others = [_row_of_text(account, text, names) for text in texts] + [_row_of_many(each) for each in sent_to_many]
    rows += [
        row for row in others if place <= row.place and (page.next_cursor is None or row.place < page.next_cursor)
    ]
    rows.sort(key=lambda row: row.place)
    following = rows[_ROWS].place if len(rows) > _ROWS else page.next_cursor
    return rows[:_ROWS], following


def _cancel_page(named: dict[str, str]) -> str:
    return f"upcoming/cancel?{urlencode(named)}"


def _names(account: Account, texts: list[Message]) -> dict[str, str]:
    ids = {text.client_id for text in texts if text.client_id}
    return client_store.names(account.id, ids) if ids else {}


def _row_of_trigger(account: Account, facts: OccurrenceFacts, now: datetime) -> UpcomingRow:
    occurrence, client = facts.occurrence, facts.client
    found = forecast.shown(facts, now)
    at = found.goes_at or occurrence.fires_at
    named = {"kind": occurrence.kind.value, "record_id": occurrence.record_id, "trigger": occurrence.trigger}
    can_cancel = occurrence.state is OccurrenceState.PLANNED and not facts.sent
    name = full_name(client.first_name, client.last_name) if client else ""
    is_later = at > occurrence.fires_at
    return UpcomingRow(
        place=triggers.place_of(occurrence),
        at=occurrence.fires_at,
        who=name or ", ".join(in_words(phone, account.country_code) for phone in found.phones) or "Nobody",
        text=found.text or "",
        why=f"Waits until {words.at(at, now, account.time_zone).removeprefix('at ')}: it is night there."
        if found.will_go and is_later
        else ("" if found.will_go else found.why),
        will_go=found.will_go,
        is_call=found.reason == forecast.CALL_INSTEAD,
        origin=f"{occurrence.trigger.replace('-', ' ')}: {occurrence.kind} {occurrence.record_id}",
        link=f"clients/{quote(client.id)}" if client else "",
        link_of_origin=f"triggers/{quote(occurrence.trigger, safe='')}" if facts.trigger else "",
        cancel=_cancel_page(named | {"date": occurrence.day.isoformat()}) if can_cancel else "",
    )


def _row_of_text(account: Account, text: Message, names: dict[str, str]) -> UpcomingRow:
    at = text.send_at or text.created_at
    return UpcomingRow(
        place=waiting.place_of(text),
        at=at,
        who=names.get(text.client_id or "", "") or in_words(text.phone, account.country_code),
        text=text.body,
        why="",
        will_go=True,
        is_call=False,
        origin=f"scheduled by {text.by}" if text.by else "scheduled",
        link=f"messages/{text.phone.removeprefix('+')}",
        link_of_origin="",
        cancel=_cancel_page({"message_id": text.id}),
    )


def _row_of_many(broadcast: Broadcast) -> UpcomingRow:
    at = broadcast.send_at or broadcast.created_at
    return UpcomingRow(
        place=waiting.place(at, broadcast.id),
        at=at,
        who="Broadcast",
        text=words.with_fields(broadcast.body),
        why="",
        will_go=True,
        is_call=False,
        origin="scheduled for many clients",
        link=f"broadcasts/{broadcast.id}",
        link_of_origin="",
        cancel=f"broadcasts/{broadcast.id}/cancel",
    )


def _broadcasts(account: Account, begin: datetime, until: datetime) -> list[Broadcast]:
    """Return the broadcasts that are scheduled for a time from `begin` on and before `until`."""
    waiting = broadcasts.in_states(account.id, [BroadcastState.SCHEDULED])
    return [each for each in waiting if each.send_at and begin <= each.send_at < until]


def _row_to_cancel(account: Account, query: dict[str, str]) -> UpcomingRow:
    """Return the text that a query names; raise `NotFound`."""
    now = clients.now()
    if message_id := query.get("message_id"):
        text = messages.get(account.id, message_id)
        if text is None or text.state is not MessageState.SCHEDULED:
            raise NotFound("This text is no longer scheduled.")
        return _row_of_text(account, text, _names(account, [text]))
    form = _cancel_form(query)
    occurrence = triggers.get_occurrence(account.id, form.kind, form.record_id, form.trigger, form.date)
    if occurrence is None:
        raise NotFound(staff_actions.NO_PLANNED_TEXT)
    return _row_of_trigger(account, read_facts(account, [occurrence], now)[0], now)


def _named(fields: dict[str, str]) -> dict[str, str]:
    return {name: fields[name] for name in ("message_id", "kind", "record_id", "trigger", "date") if name in fields}


def _cancel_form(fields: dict[str, str]) -> CancelForm:
    try:
        return CancelForm.model_validate(
            {name: value for name, value in _named(fields).items() if name != "message_id"}
        )
    except ValidationError as error:
        raise NotFound(staff_actions.NO_PLANNED_TEXT) from error


def _counted(account: Account, days: list[date]) -> dict[date, int]:
    """Return how many texts are going to be sent on each day."""
    if not days:
        return {}
    zone = months.time_zone(account.time_zone)
    spans = [(months.instant_of(day, time(0), zone), months.instant_of(day + _DAY, time(0), zone)) for day in days]
    planned, texts, sent_to_many = at_once(
        lambda: triggers.count_planned(account.id, spans),
        lambda: waiting.between(account.id, spans[0][0], spans[-1][1], since=account.created_at),
        lambda: _broadcasts(account, spans[0][0], spans[-1][1]),
    )
    of_texts = Counter(months.local_day(each.send_at, zone) for each in (*texts, *sent_to_many) if each.send_at)
    return {day: count + of_texts[day] for day, count in zip(days, planned, strict=True)}


def _day_of_month(day: date, count: int | None, today: date, number: int) -> DayOfMonth:
    return DayOfMonth(day=day, count=count, is_today=day == today, in_month=day.month == number)


def _day(text: str) -> date | None:
    if not re.fullmatch(_DATE, text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _day_ahead(day: date, today: date) -> str:
    """Return a day as people say it: `Today`, `Tomorrow`, `Tue 24 Nov` or `Mon 24 Jan 2028`."""
    if day in (today, today + _DAY):
        return "Today" if day == today else "Tomorrow"
    return f"{day:%a} {day.day} {day:%b}" + ("" if day.year == today.year else f" {day.year}")
