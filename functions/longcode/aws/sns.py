"""The notifications that SNS puts on a queue: a message in an envelope with a timestamp."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)  # in range for every time zone


@dataclass(frozen=True, slots=True)
class Notification:
    """A message, and when SNS received it."""

    message: dict[str, Any]
    at: datetime


def read(body: str, otherwise_at: datetime) -> Notification:
    """Return a notification, at `otherwise_at` if its timestamp is unreadable; raise `ValueError` if it is none."""
    envelope = json.loads(body)
    message = json.loads(envelope["Message"]) if isinstance(envelope, dict) and "Message" in envelope else None
    if not isinstance(message, dict):
        raise ValueError("no notification")
    return Notification(message, _instant(envelope.get("Timestamp")) or otherwise_at)


def _instant(written: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    if at.tzinfo is None or not _FIRST <= at <= _LAST:
        return None
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)
