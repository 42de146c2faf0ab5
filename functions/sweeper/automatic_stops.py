"""Acts on a day that leaves its account's habit (longcode/usage/habit.py): stops the account, or tells its owner."""

from datetime import datetime, timedelta

from longcode import months
from longcode.accounts import owner_notices
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus, NoticeKind, StatusChange
from longcode.aws.telemetry import count, logger
from longcode.changes import store as changes
from longcode.changes.change import THE_SERVICE, ChangeKind, Detail, short
from longcode.plans import store as price_list
from longcode.plans.plans import Plan
from longcode.table.store import ConditionFailed
from longcode.usage import habit
from longcode.usage import store as usage
from longcode.usage.habit import Stop


def check_day(account: Account, plan: Plan, now: datetime) -> None:
    """Suspend an account whose day has left its habit, or tell its owner of a day with far more replies than usual.

    A cause stops an account once a day: after the operator's `accounts.restore` it may finish what it sends. A stop
    is told to the owner, and counted for the alarm.
    """
    if account.status is AccountStatus.CLOSED:
        return
    day = months.day_of(now)
    if not habit.may_be_unusual(usage.activity_on(account.id, day)):
        return
    first_month, month = habit.first_day(day)[:7], day[:7]
    read = {month, first_month, months.previous(month)}  # 35 days before 1 March begin in January
    days = {name: sent for each in sorted(read) for name, sent in usage.activity_by_day(account.id, each).items()}
    if habit.has_many_replies(day, days):
        _tell_of_replies(account, days[day].units_received, now)
    if account.status is not AccountStatus.ACTIVE:
        return
    earlier = {change.cause for change in account.status_changes if months.day_of(change.at) == day}
    included = _smallest_included(account, plan, now)
    stops = [stop for stop in habit.stops(day, days, included) if stop.cause not in earlier]
    if stops:
        _stop(account, stops[0], now)


def _tell_of_replies(account: Account, units: int, now: datetime) -> None:
    if owner_notices.tell_once_a_day(account.id, NoticeKind.REPLIES, now, f"{units:,}"):
        count("ManyReplies")
        logger.error("many replies", extra={"account": account.id, "units": units})


def _smallest_included(account: Account, plan: Plan, now: datetime) -> int:
    """Return the units that the smallest plan of the days of the habit includes in a month.

    A larger plan counts for the pace only when it is as old as the habit, because anybody with the password can
    choose it at once.
    """
    since = now - timedelta(days=habit.DAYS)
    later = [change for change in account.plan_changes if change.at > since]
    first = account.plan_changes[: len(account.plan_changes) - len(later)][-1:]
    prices = price_list.of_month(months.month_of(now))
    chosen = [prices.get(change.plan, plan) for change in (*first, *later)]
    return min((each.included_units for each in chosen), default=plan.included_units)


def _stop(account: Account, stop: Stop, now: datetime) -> None:
    at = max([now, *(change.at for change in account.status_changes)])  # clocks differ
    change = StatusChange(at=at, to=AccountStatus.SUSPENDED, reason=stop.reason, cause=stop.cause)
    notice = owner_notices.new(account.id, NoticeKind.STOPPED, at, stop.reason)
    details = [Detail("reason", after=short(stop.reason))]
    record = changes.new(account.id, ChangeKind.STOPPED, at, THE_SERVICE, details=details)
    try:
        accounts.set_status(account, change, notice, record)
    except ConditionFailed:  # an order of the operator came first; the next check looks again
        return
    count("AutomaticStops")
    logger.error(
        "account suspended automatically", extra={"account": account.id, "cause": stop.cause, "why": stop.reason}
    )
