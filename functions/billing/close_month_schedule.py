"""Queue a bill of the last month for each account, on the 1st at 03:00 in Chicago (facts S14)."""

from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from longcode import months
from longcode.accounts import store as accounts
from longcode.aws import clients, orders
from longcode.aws.settings import is_on_this_machine
from longcode.aws.telemetry import logger
from longcode.billing import month_end
from longcode.message import Instant


class CloseMonthOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The time for which the call was scheduled; without one, now."""

    time: Instant | UnsetType = UNSET


def close_before(order: CloseMonthOrder, now: datetime) -> int:
    """Close the month before the scheduled time, however late the call is, and return how many bills were queued.

    On AWS the scheduled time is never in the future. On this machine (`make up`) it may be, to try a month's close.
    Raise `MonthNotOver`.
    """
    at = now if order.time is UNSET else order.time.astimezone(UTC)
    month = months.previous(months.month_of(at))
    return month_end.queue_bills(
        month, accounts.all_ids(), now, as_of=at if at > now and is_on_this_machine() else None
    )


def act(event: Any, now: datetime) -> dict[str, Any]:
    """Carry out an order, unless it is malformed: then no other month is closed in its place."""
    return orders.carry_out_on_schedule(event, CloseMonthOrder, lambda order: {"accounts": close_before(order, now)})


@logger.inject_lambda_context
def handler(event: Any, context: Any) -> dict[str, Any]:
    return act(event, clients.now())
