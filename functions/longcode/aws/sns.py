"""Notifications that SNS puts on a queue: a message in an envelope with a timestamp."""

import json
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)  # valid in every time zone


class Notification(Struct, frozen=True):
    """A message, and when SNS received it."""

    message: dict[str, Any]
    at: datetime


def read(body: str, fallback_at: datetime) -> Notification:
    """Return a notification; raise `ValueError` for another body. `fallback_at` replaces an unreadable timestamp."""
    envelope = json.loads(body)
    message = json.loads(envelope["Message"]) if isinstance(envelope, dict) and "Message" in envelope else None
    if not isinstance(message, dict):
        raise ValueError("not a notification of SNS")
    return Notification(message, _instant(envelope.get("Timestamp")) or fallback_at)


def _instant(timestamp: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(timestamp))
    except ValueError:
        return None
    if at.tzinfo is None or not _FIRST <= at <= _LAST:
        return None
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)
