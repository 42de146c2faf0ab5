"""Counts of what comes from one source within an hour or another time, such as forms from an internet address."""

from datetime import datetime, timedelta

from boto3.dynamodb.conditions import Attr

from longcode.table import credential_keys, store
from longcode.table.writes import Put, Update

_HOUR = timedelta(hours=1)


def count(source: str, most: int, now: datetime, within: timedelta = _HOUR) -> bool:
    """Count one more of a source; return False if it has had `most` within the time that began with its first."""
    place = credential_keys.form_source(source)
    has_room = ~store.absent_or_expired(now) & Attr("forms").lt(most)
    one_more = Update(place, add={"forms": 1}, when=has_room)
    first = {"type": "form-source", "forms": 1, **store.expires(now + within)}
    begun = Put(place, first, store.absent_or_expired(now))
    # The last write is for one that comes at the same moment as the first.
    return any(store.try_write(write) for write in (one_more, begun, one_more))
