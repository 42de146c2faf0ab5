"""Queue a bill of the last month for each account, on the 1st at 03:00 in Chicago (facts S14)."""

from datetime import UTC, datetime
from typing import Any

from longcode import months
from longcode.accounts import store as accounts
from longcode.aws import clients
from longcode.aws.settings import is_on_this_machine
from longcode.aws.telemetry import logger
from longcode.billing import month_end


def scheduled_time(event: dict[str, Any], now: datetime) -> datetime:
    """Return the time for which the call was scheduled, so that a late call still closes the right month.

    Raise `ValueError` for a time that cannot be read, rather than close another month without notice.
    """
    return datetime.fromisoformat(event["time"]).astimezone(UTC) if event.get("time") else now


def close_before(event: dict[str, Any], now: datetime) -> int:
    """Close the month before the scheduled time, and return how many bills were queued.

    On AWS the scheduled time is never in the future. On this machine (`make up`) it may be, to try a month's close.
    """
    at = scheduled_time(event, now)
    month = months.previous(months.month_of(at))
    return month_end.queue_bills(
        month, accounts.all_ids(), now, as_of=at if at > now and is_on_this_machine() else None
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    return {"accounts": close_before(event, clients.now())}
