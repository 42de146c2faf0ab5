"""Queue the invoices of a month that has ended.

Separate from `closing.py`, because the function that queues the bills may only read the table and send to that queue.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from longcode import months
from longcode.aws import queues
from longcode.aws.telemetry import logger
from longcode.errors import MonthNotOver
from longcode.jobs import Bill

_AT_ONCE = 1000


def queue_bills(month: str, ids: Iterable[str], now: datetime, *, as_of: datetime | None = None) -> int:
    """Queue a bill for each account, and return how many; repeating it is harmless. Raise `MonthNotOver`.

    `as_of` is the time that the jobs use as now, to try a month's close before its end.
    Each log line has the last account that was queued: if this stops, continue after that account.
    """
    check_over(month, as_of or now)
    queued = 0
    rest = iter(ids)
    while some := list(islice(rest, _AT_ONCE)):
        queues.send(*(Bill(account=account, month=month, as_of=as_of) for account in some))
        queued += len(some)
        logger.info("queued to be billed", extra={"month": month, "accounts": queued, "up_to": some[-1]})
    return queued


def check_over(month: str, now: datetime) -> None:
    """Raise `MonthNotOver` for a month that has not ended."""
    if not months.has_ended(month, now):
        ends_at = months.bounds(month)[1]
        raise MonthNotOver(
            f"{month} ends on {months.utc(ends_at):%Y-%m-%d %H:%M} UTC, and cannot be closed before.", field="month"
        )
