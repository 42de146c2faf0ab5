"""The page of the opening hours, and of the text that answers clients outside them."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from hub.settings import changes
from hub.settings.changes import changed, save
from hub.site import Page, form_of_studio, go_to, page_of_studio, show, site
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.errors import RequestError, SettingsChanged
from longcode.months import local_day, time_zone
from longcode.quiet_hours.opening_hours import (
    MOST_SPANS,
    WEEKDAYS,
    OpeningHours,
    SpecialDay,
    away_text,
    is_closed,
    opening_in_words,
    opens_at,
)
from longcode.template import render

_FEWEST_SPANS, _FREE_DATES, _MOST_DATES = 2, 2, 20
_MIDNIGHT, _ZERO = "24:00", "00:00"  # a field for a time of day knows the second only
_HALVES = "1"
_SAMPLE = {"client.first_name": "Zoë", "client.last_name": "Müller", "client.name": "Zoë Müller"}
_LONE = "{}: write both when you open and when you close."
_SUGGESTED = "Thank you for your text. We are closed now and open again {{studio.opens}}."


class DayLine(Struct, frozen=True, kw_only=True):
    """A line of the form: a day of the week or a date, with its hours and some empty fields."""

    name: str
    title: str
    date: str
    spans: list[tuple[str, str]]


@site.get("/hub/hours")
@page_of_studio
def show_hours(account: Account) -> Page:
    """Show the opening hours and the away text."""
    return _page(account, site.current_event.query_string_parameters or {})


@site.post("/hub/hours")
@form_of_studio
def change_hours(account: Account, fields: dict[str, str]) -> Page:
    """Write the days that were changed, and the away text if it was."""
    settings: dict[str, Any] = {}
    if words := changed(fields, "away_text"):
        settings["away_text"] = words["away_text"] or None
    now = account.opening_hours or OpeningHours()
    days = {name: spans for name in WEEKDAYS if (spans := _typed_spans(fields, name)) != _was(fields, name)}
    dates = _typed_dates(fields)
    if _shown_dates(dates) != fields.get("was_dates", ""):
        later = _upcoming(account, now)[_MOST_DATES:]
        days["dates"] = [*dates, *msgspec.to_builtins(later)]
    for day, spans in [*days.items(), *((each["date"], each["hours"]) for each in dates)]:
        if day != "dates" and not all(all(span.values()) for span in spans):
            return _page(account, fields, RequestError(_LONE.format(day.capitalize()), field="opening_hours"))
    if days:
        after = msgspec.to_builtins(now) | days
        settings["opening_hours"] = after if any(after.values()) else None
    try:
        changes.check_unchanged(_current(account), _composed(fields))
        save(account, settings)
    except RequestError as refusal:
        return _page(account, fields, refusal)
    return go_to("hours?saved=1")


def _typed_spans(fields: Mapping[str, str], name: str) -> list[dict[str, str]]:
    """Return the hours of a day that were typed, as the API takes them. A span may lack one of its ends."""
    ends = ((fields.get(f"{name}_{at}_opens", ""), fields.get(f"{name}_{at}_closes", "")) for at in range(MOST_SPANS))
    return [
        {"opens": opens, "closes": _MIDNIGHT if closes == _ZERO else closes}
        for opens, closes in ends
        if opens or closes
    ]


def _was(fields: Mapping[str, str], name: str) -> list[dict[str, str]]:
    """Return the hours of a day that the page showed."""
    spans = (span.partition("-") for span in fields.get(f"was_{name}", "").split())
    return [{"opens": opens, "closes": closes} for opens, _, closes in spans]


def _typed_dates(fields: Mapping[str, str]) -> list[dict[str, Any]]:
    names = [f"date_{at}" for at in range(_MOST_DATES + _FREE_DATES)]
    days = {fields[name]: _typed_spans(fields, name) for name in names if fields.get(name)}
    return [{"date": day, "hours": days[day]} for day in sorted(days)]


def _shown_dates(dates: list[dict[str, Any]]) -> str:
    return ";".join(f"{day['date']} {_shown_spans(day['hours'])}".strip() for day in dates)


def _shown_spans(spans: list[dict[str, str]]) -> str:
    return " ".join(f"{span['opens']}-{span['closes']}" for span in spans)


def _upcoming(account: Account, hours: OpeningHours) -> list[SpecialDay]:
    """Return the dates with hours of their own, from today on: those before have had their effect."""
    today = local_day(clients.now(), time_zone(account.time_zone)).isoformat()
    return sorted((day for day in hours.dates if day.date >= today), key=lambda day: day.date)


def _dates(account: Account, hours: OpeningHours) -> list[dict[str, Any]]:
    dates: list[dict[str, Any]] = msgspec.to_builtins(_upcoming(account, hours)[:_MOST_DATES])
    return dates


def _current(account: Account) -> dict[str, str]:
    """Return the settings as the marks of the form have them: each day's hours are one."""
    hours = account.opening_hours or OpeningHours()
    days = {name: _shown_spans(msgspec.to_builtins(getattr(hours, name))) for name in WEEKDAYS}
    return days | {"dates": _shown_dates(_dates(account, hours)), "away_text": account.away_text or ""}


def _composed(fields: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed, also as the marks of the form have it."""
    days = {name: _shown_spans(_typed_spans(fields, name)) for name in WEEKDAYS}
    return {**fields, **days, "dates": _shown_dates(_typed_dates(fields))}


def _page(account: Account, typed: Mapping[str, str], wrong: RequestError | None = None) -> Page:
    hours, now = account.opening_hours or OpeningHours(), clients.now()
    dates = _dates(account, hours)
    values, was = changes.shown(_current(account), _composed(typed), wrong)
    is_typed = any(name.startswith("was_") for name in typed)
    current = dict(_fields(hours, dates))
    if isinstance(wrong, SettingsChanged):
        lines = _lines(_typed_over(current, typed))
    else:
        lines = _lines(typed if is_typed else current)
    return show(
        "settings/hours",
        account,
        wrong.status if wrong else 200,
        values=values,
        was=was,
        week=lines[: len(WEEKDAYS)],
        dates=lines[len(WEEKDAYS) :],
        suggested=_SUGGESTED,
        said=_said(account, now),
        state=_state(account, now),
        wrong=wrong,
        saved="saved" in typed and wrong is None,
    )


def _fields(hours: OpeningHours, dates: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield the fields of the form as they are before anything is typed."""
    days = [(name, msgspec.to_builtins(getattr(hours, name))) for name in WEEKDAYS]
    for place, day in enumerate(dates):
        yield f"date_{place}", day["date"]
        days.append((f"date_{place}", day["hours"]))
    for name, spans in days:
        for at, span in enumerate(spans):
            yield f"{name}_{at}_opens", span["opens"]
            yield f"{name}_{at}_closes", _ZERO if span["closes"] == _MIDNIGHT else span["closes"]


def _typed_over(current: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    """Return the fields as they are now, but the days that were changed as they were typed."""
    mine = changed(_composed(typed), *WEEKDAYS, "dates")
    of_mine = tuple("date_" if name == "dates" else f"{name}_" for name in mine)
    kept = {name: value for name, value in current.items() if not name.startswith(of_mine)}
    return kept | {name: value for name, value in typed.items() if name.startswith(of_mine)}


def _lines(fields: Mapping[str, str]) -> list[DayLine]:
    """Return the lines of the form: the days of the week, then the dates with some free lines."""
    used = [f"date_{at}" for at in range(_MOST_DATES) if fields.get(f"date_{at}")]
    free = [f"date_{len(used) + at}" for at in range(_FREE_DATES)]
    return [
        *(DayLine(name=name, title=name.capitalize(), date="", spans=_spans(fields, name)) for name in WEEKDAYS),
        *(
            DayLine(name=name, title="Date", date=fields.get(name, ""), spans=_spans(fields, name))
            for name in used + free
        ),
    ]


def _spans(fields: Mapping[str, str], name: str) -> list[tuple[str, str]]:
    ends = [(fields.get(f"{name}_{at}_opens", ""), fields.get(f"{name}_{at}_closes", "")) for at in range(MOST_SPANS)]
    filled = [both for both in ends if any(both)]
    return filled + [("", "")] * (_FEWEST_SPANS - len(filled))


def _state(account: Account, now: datetime) -> str:
    """Return whether the studio is open now, for its people; "" without opening hours."""
    hours, zone = account.opening_hours, time_zone(account.time_zone)
    if hours is None:
        return ""
    opens = opens_at(hours, zone, now)
    if opens == now:
        return "You are open now."
    if opens is None:
        return "You are closed, and no opening follows within a year."
    return f"You are closed now, and open {_in_words(account, opens, now)}."


def _in_words(account: Account, opens: datetime, now: datetime) -> str:
    return opening_in_words(opens, now, time_zone(account.time_zone), halves=account.country_code == _HALVES)


def _said(account: Account, now: datetime) -> str:
    """Return the away text as a client called Zoë would get it next, or why none is sent; "" without one."""
    hours, zone = account.opening_hours, time_zone(account.time_zone)
    if hours is None or account.away_text is None:
        return ""
    closed = next((then for then in _soon(now) if is_closed(hours, zone, then)), None)
    if closed is None:
        return ""
    text = away_text(
        account.away_text, opens_at(hours, zone, closed), closed, zone, halves=account.country_code == _HALVES
    )
    try:
        return render(text, _SAMPLE | {"studio.name": account.name, "studio.phone": account.phone or ""})
    except RequestError as refusal:
        return f"No text is sent. {refusal.detail}"


def _soon(now: datetime) -> Iterator[datetime]:
    """Yield an instant in each half hour of the next week."""
    return (now + timedelta(minutes=30 * ahead) for ahead in range(7 * 48))
