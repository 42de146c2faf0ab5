"""Looks at what is used of a month, and tells the studio by mail and webhook of 80 % and of all: once each."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from longcode import limits, months, notice
from longcode.account import Account
from longcode.aws.telemetry import logger
from longcode.limits import MONTH, Limits
from longcode.notice import CHARGED, Notice
from longcode.plans import Plan
from longcode.standing import AccountStatus
from longcode.table import accounts, allowances, due, usage
from longcode.table.codec import Attributes
from send.acceptance import plan_at

_WHILE_USED = timedelta(minutes=5)
_WHILE_IDLE = timedelta(hours=1)
_AFTERWARDS = timedelta(days=1)  # a mail is tried, and a text that quiet hours held has gone by then


def look(item: Attributes, now: datetime) -> None:
    """Look at what is used of a month, and for a day when it is over, and tell what the studio does not know yet.

    Killed between telling and its note, the next look tells again: by mail twice then, by webhook once.
    """
    begins_at, ends_at = months.bounds(item["month"])
    if now < begins_at:
        due.again(item, begins_at)  # texts for then are reserved already
        return
    account = accounts.need(item["account"])
    at = min(now, ends_at - timedelta(milliseconds=1))
    plan = plan_at(account, at)
    held = limits.of(account, plan, at)
    used = _used(held, plan, item, now)
    gone = tuple(limits.past_days(item, held.day))  # a month of them would make each write cost double
    if not due.again(item, _next_look(item, used, now, ends_at), remove=gone, seen=used):
        return
    # One that is closed is billed for what it used, and has nothing to choose any more.
    to_know = [] if account.standing is AccountStatus.CLOSED else notice.due(held, plan, used)
    told = not to_know or _tell(account, item, held, to_know, now)
    if now >= ends_at and ((_goes_on(account, item["month"], now) and told) or now >= ends_at + _AFTERWARDS):
        allowances.unschedule(item)


def _used(held: Limits, plan: Plan, item: Attributes, now: datetime) -> dict[str, int]:
    used = {name: item.get(name, 0) for name in notice.limits_of(held, plan)}
    if MONTH in used:
        used[MONTH] = allowances.level(held, item, now)
    if CHARGED in used:
        used[CHARGED] = usage.of_month(held.account, held.month).units
    return used


def _next_look(item: Attributes, used: dict[str, int], now: datetime, ends_at: datetime) -> datetime:
    again = now + (_WHILE_IDLE if used == item.get("seen") else _WHILE_USED)
    return again if now >= ends_at else min(ends_at, again)


def _tell(account: Account, item: Attributes, held: Limits, to_know: Sequence[Notice], now: datetime) -> bool:
    """Tell what is not told yet; False when a mail could not be sent, which keeps no webhook from going."""
    from send import warning  # noqa: PLC0415 - few looks find anything to tell

    known = set(item.get("noticed", ()))
    known -= limits.past_days(known, held.day)
    new = [one for one in to_know if one.name not in known]
    warning.call(account, new, now)
    try:
        for one in new:
            warning.mail_to(account, one, now)
            known.add(one.name)
            allowances.note_noticed(item, known)
    except (BotoCoreError, ClientError) as error:  # whose words may quote the address
        reason = type(error).__name__
        logger.error("not mailed: the next look will", extra={"account": account.id, "reason": reason})
        return False
    return True


def _goes_on(account: Account, month: str, now: datetime) -> bool:
    """Tell whether the month after is looked at. It begins to be when it has units, though all went past the end."""
    following = months.following(month)
    if usage.of_month(account.id, following).units:
        allowances.begin_watch(account, following, now)
        return True
    return account.watched_month is not None and account.watched_month >= following
