"""Local times of a zone as instants, on the days too when the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Tell, in UTC, when a clock of the zone shows that time on that day.

    One that the clocks skip is the first instant after the gap, one that they show twice is the first of the two.
    """
    first = datetime.combine(day, at, zone)  # fold 0: the first of the two
    instant = first.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == first.replace(tzinfo=None):
        return instant
    return _first_after_gap(first.replace(fold=1).astimezone(UTC), instant, zone)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """Tell the local day of an instant."""
    return at.astimezone(zone).date()


def _first_after_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Find the second at which the clocks change, between an instant before and one after it."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + ((after - before) // (2 * _SECOND)) * _SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after
