"""The clock, to the millisecond: what the table keeps is what was said."""

from datetime import UTC, datetime


def now() -> datetime:
    """Tell the time in UTC."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
