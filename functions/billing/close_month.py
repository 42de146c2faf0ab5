"""On the 1st at 03:00 America/Chicago: one job for each account, to bill the month before (facts S14)."""

from datetime import UTC, datetime
from typing import Any

from longcode import months
from longcode.aws import clock, queues
from longcode.aws.settings import settings
from longcode.aws.telemetry import logger
from longcode.jobs import Bill
from longcode.table import accounts


def close(now: datetime) -> int:
    """Queue the invoices of the month before `now`; gives how many. Doing it again changes nothing."""
    month = months.previous(months.month_of(now))
    bills = [Bill(account=account, month=month) for account in accounts.everyone()]
    queues.put(settings().bill_queue_url, bills)
    logger.info("month closed", extra={"month": month, "accounts": len(bills)})
    return len(bills)


def scheduled_time(event: dict[str, Any]) -> datetime:
    """Read when the schedule meant to call: a call that comes late still closes the month that it was for.

    A time that cannot be read raises `ValueError`: to close another month than the one meant would tell nobody.
    """
    return datetime.fromisoformat(event["time"]).astimezone(UTC) if event.get("time") else clock.now()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    return {"accounts": close(scheduled_time(event))}
