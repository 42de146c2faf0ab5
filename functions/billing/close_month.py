"""On the 1st at 03:00 America/Chicago: one job for each account, to bill the month before (facts S14)."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from longcode import months
from longcode.aws import clock, queues
from longcode.aws.settings import is_on_this_machine
from longcode.aws.telemetry import logger
from longcode.errors import MonthNotOver
from longcode.jobs import Bill
from longcode.table import accounts

_AT_ONCE = 1000


def close(month: str, ids: Iterable[str], now: datetime, *, as_of: datetime | None = None) -> int:
    """Queue the invoices of a month that has ended; gives how many. Doing it again changes nothing.

    `as_of` is the time that it is for somebody who tries a month's close before its end. Raises `MonthNotOver`.
    The log tells how far it is: from there on the rest can be queued, should this die.
    """
    check_over(month, as_of or now)
    queued = 0
    for some in _many(iter(ids)):
        queues.send(*(Bill(account=account, month=month, as_of=as_of) for account in some))
        queued += len(some)
        logger.info("queued to be billed", extra={"month": month, "accounts": queued, "up_to": some[-1]})
    return queued


def check_over(month: str, now: datetime) -> None:
    """Refuse a month that has not ended; raises `MonthNotOver`."""
    if not months.is_over(month, now):
        ends_at = months.bounds(month)[1]
        raise MonthNotOver(f"{month} ends at {ends_at.isoformat()}: it cannot be closed before.", field="month")


def _many(ids: Iterator[str]) -> Iterator[list[str]]:
    while some := list(islice(ids, _AT_ONCE)):
        yield some


def scheduled_time(event: dict[str, Any], now: datetime) -> datetime:
    """Read when the schedule meant to call: a call that comes late still closes the month that it was for.

    A time that cannot be read raises `ValueError`: to close another month than the one meant would tell nobody.
    """
    return datetime.fromisoformat(event["time"]).astimezone(UTC) if event.get("time") else now


def close_before(event: dict[str, Any], now: datetime) -> int:
    """Close the month before the one that the schedule called in.

    On AWS no schedule calls before its time; on one machine a month's close can be tried in the midst of it.
    """
    at = scheduled_time(event, now)
    month = months.previous(months.month_of(at))
    return close(month, accounts.everyone(), now, as_of=at if at > now and is_on_this_machine() else None)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    return {"accounts": close_before(event, clock.now())}
