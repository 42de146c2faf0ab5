"""The throughput (MPS) of an origination number: from when on its time is free for another segment."""

from datetime import UTC, datetime, timedelta

from boto3.dynamodb.conditions import Attr

from longcode.table import keys, store
from longcode.table.writes import Update

_EPOCH = datetime.fromtimestamp(0, UTC)
_MILLISECOND = timedelta(milliseconds=1)
_JUMPED = timedelta(minutes=1)  # nobody reserves that far ahead: a clock that jumped wrote it


def reserve(number: str, takes: timedelta, now: datetime, ahead: timedelta) -> datetime | None:
    """Reserve the next stretch of a number's time; return its beginning, or None if that is later than `ahead`.

    No two stretches overlap, however many workers ask at once.
    """
    start = at = _milliseconds(now)
    free = (
        Attr("free_from").not_exists()
        | Attr("free_from").lte(at)
        | Attr("free_from").gt(at + _JUMPED // _MILLISECOND)
    )
    while start <= at + ahead // _MILLISECOND:
        changes = {"type": "pace", "free_from": start + -(-takes // _MILLISECOND)}
        try:
            store.write(Update(keys.pace(number), changes=changes, when=free))
        except store.ConditionFailed as failed:
            found = int(failed.found[0]["free_from"])
            start, free = max(found, at), Attr("free_from").eq(found)
        else:
            return _EPOCH + start * _MILLISECOND
    return None


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND
