"""The clock, to the millisecond, as the table keeps instants."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the time in UTC, to the millisecond, as the table keeps instants."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
