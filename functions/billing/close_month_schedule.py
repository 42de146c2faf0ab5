"""On the 1st at 03:00 America/Chicago: one job for each account, to bill the month before (facts S14)."""

from datetime import UTC, datetime
from typing import Any

from longcode import months
from longcode.accounts import store as accounts
from longcode.aws import clients
from longcode.aws.settings import is_on_this_machine
from longcode.aws.telemetry import logger
from longcode.billing import month_end


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
    return month_end.close(month, accounts.all_ids(), now, as_of=at if at > now and is_on_this_machine() else None)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    return {"accounts": close_before(event, clients.now())}
