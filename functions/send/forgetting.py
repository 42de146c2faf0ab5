"""Takes words away that are past their account's days; the messages stay for the bill."""

from datetime import datetime, timedelta

from longcode import retention
from longcode.table import accounts, due, retentions
from longcode.table.codec import Attributes

_MOST_WAITING = 1000
_DAILY = timedelta(days=1)


def look(item: Attributes, now: datetime, most: int = 500) -> None:
    """Forget the words of an account's next messages; look again at once while there are more, else in a day.

    Killed anywhere, or twice at once, the next look goes over them again. What was passed by because it had not gone
    yet is looked at every day.
    """
    account = accounts.get(item["account"])
    if account is None or account.retention_days is None:
        retentions.unschedule(item["account"])
        return
    before = now - timedelta(days=account.retention_days)
    passed, further = retentions.walk(account.id, item.get("walked"), before, most)
    waiting = []
    for message in [*retentions.some(account.id, item.get("waiting", ())), *passed]:
        if not retention.is_over(message, account.retention_days, now):
            waiting.append(message.id)
        elif not message.body_expired:
            retentions.forget(message)
    if len(waiting) > _MOST_WAITING:  # far ahead of all that may be scheduled: the walk waits, and nothing is shown
        due.again(item, now + _DAILY)
        return
    # A message that moved between lists as they were read was in neither: each walk begins a day before the last end.
    walked = further or retentions.place(before - _DAILY)
    due.again(item, now if further else now + _DAILY, walked=walked, waiting=sorted(set(waiting)))
