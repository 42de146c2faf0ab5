"""Opening hours in requests, with their checks."""

from datetime import date
from typing import Annotated, Self

from longcode.web import resolver as web
import msgspec
from pydantic import Field, model_validator

from longcode.errors import BadTemplate
from longcode.quiet_hours import opening_hours
from longcode.quiet_hours.opening_hours import MOST_DATES, MOST_SPANS, WEEKDAYS, OpenSpan

_CLOSES = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"


class OpenSpanForm(web.Body):
    """Hours of a day, as clocks show them at the studio."""

    opens: web.TimeOfDay
    closes: Annotated[str, Field(pattern=_CLOSES)]


_Spans = Annotated[tuple[OpenSpanForm, ...], Field(max_length=MOST_SPANS)]


class SpecialDayForm(web.Body):
    """A date with its own hours; without any, the studio is closed on it."""

    date: date
    hours: _Spans = ()


class OpeningHoursForm(web.Body):
    """Opening hours by day of the week, and the dates with other hours. A day that is left out is closed."""

    monday: _Spans = ()
    tuesday: _Spans = ()
    wednesday: _Spans = ()
    thursday: _Spans = ()
    friday: _Spans = ()
    saturday: _Spans = ()
    sunday: _Spans = ()
    dates: Annotated[tuple[SpecialDayForm, ...], Field(max_length=MOST_DATES)] = ()

    @model_validator(mode="after")
    def _check_spans(self) -> Self:
        for name in WEEKDAYS:
            _check(name.capitalize(), getattr(self, name))
        for day in self.dates:
            _check(day.date.isoformat(), day.hours)
        if len({day.date for day in self.dates}) < len(self.dates):
            raise ValueError("a date is in the list twice")
        return self


def _check(day: str, spans: tuple[OpenSpanForm, ...]) -> None:
    read = [msgspec.convert(span.model_dump(), OpenSpan) for span in spans]
    try:
        opening_hours.check_spans(read)
    except ValueError as error:
        raise ValueError(f"{day}: {error}") from error


def checked_away_text(text: str) -> str:
    """Return an away text; raise `ValueError` with what is wrong with its merge fields."""
    try:
        return opening_hours.check_away_text(text)
    except BadTemplate as error:
        raise ValueError(error.detail) from error
