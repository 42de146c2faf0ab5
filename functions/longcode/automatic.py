"""When the service may still answer a keyword by itself: soon enough, and seldom enough."""

from collections.abc import Mapping
from datetime import datetime, timedelta

CONFIRMED_WITHIN = timedelta(minutes=5)
"""How soon after a STOP or START its confirmation must go; later it would be a text to somebody who opted out."""

_AN_HOUR_SECONDS = 3600
_MOST_AN_HOUR = 3


def after_one_more(lately: Mapping[str, int], message_id: str, now: datetime) -> dict[str, int] | None:
    """Add an answer to those that a phone got in the last hour, by their epoch seconds; None when it got its most.

    One that is repeated is counted once.
    """
    second = int(now.timestamp())
    in_the_hour = {one: at for one, at in lately.items() if abs(second - at) < _AN_HOUR_SECONDS}
    if message_id not in in_the_hour and len(in_the_hour) >= _MOST_AN_HOUR:
        return None
    return {message_id: second, **in_the_hour}
