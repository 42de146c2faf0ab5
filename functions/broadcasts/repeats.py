"""Whether a broadcast repeats another one: the same words to some of the same clients within a day."""

from datetime import datetime, timedelta
from itertools import islice

from broadcasts import planning
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast
from longcode.clients.client import Audience, is_in_audience
from longcode.clients.store import ClientEntry
from longcode.errors import RepeatedBroadcast
from longcode.folded import fold
from longcode.message import BroadcastState
from longcode.months import time_in_words

_WITHIN = timedelta(days=1)
_MOST_BROADCASTS = 50  # the newest, of which nearly all are older than a day
_MOST_CLIENTS = 5_000  # are compared
_NOT_SENT = {BroadcastState.CANCELLED, BroadcastState.REFUSED}


def refusal(new: Broadcast, audience: Audience, now: datetime) -> RepeatedBroadcast | None:
    """Return the refusal of a broadcast that repeats another one, or None."""
    earlier = _find_repeated(new, audience, now)
    if earlier is None:
        return None
    at = earlier.send_at or earlier.created_at
    same = f"The broadcast {earlier.id} of {time_in_words(at)} has the same words for some of the same clients."
    return RepeatedBroadcast(
        f"{same} Leave refuse_repeat out to send them again.",
        field="refuse_repeat",
        broadcast_id=earlier.id,
        at=at,
    )


def _find_repeated(new: Broadcast, audience: Audience, now: datetime) -> Broadcast | None:
    """Return the newest broadcast within a day of a new one, with the same words to some of the same clients."""
    page, _ = broadcasts.page(new.account, limit=_MOST_BROADCASTS, cursor=None)
    same_words = [one for one in page if _has_same_words(one, new) and _is_near(one, new, now)]
    if not same_words:
        return None
    some = list(islice(planning.all_clients(new.account, audience), _MOST_CLIENTS))
    return next((one for one in same_words if _is_for_any(one, some)), None)


def _has_same_words(one: Broadcast, new: Broadcast) -> bool:
    same = fold(one.body) == fold(new.body) and one.values == new.values
    return same and one.id != new.id and one.state not in _NOT_SENT


def _is_near(one: Broadcast, new: Broadcast, now: datetime) -> bool:
    return abs((one.send_at or one.created_at) - (new.send_at or now)) < _WITHIN


def _is_for_any(one: Broadcast, entries: list[ClientEntry]) -> bool:
    audience = broadcasts.audience(one)
    return any(entry.client and is_in_audience(audience, entry.client) for entry in entries)
