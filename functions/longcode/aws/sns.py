"""What SNS puts on a queue: a message of AWS's own in an envelope, which says when it came."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)  # any zone can tell these


@dataclass(frozen=True, slots=True)
class Notification:
    """A message, and when SNS had it."""

    message: dict[str, Any]
    at: datetime


def read(body: str, otherwise_at: datetime) -> Notification:
    """Read a notification; ValueError for what is none. A time that cannot be read is the one given."""
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
