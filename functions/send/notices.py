"""Tells a studio by mail that four fifths of a limit are used, and that all of it is: once each."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from longcode import limits, months
from longcode.account import Account
from longcode.aws import mail
from longcode.aws.telemetry import logger
from longcode.limits import Limits, Notice
from longcode.table import accounts, allowances, due
from longcode.table.codec import Attributes
from send.acceptance import plan_at

_WHILE_USED = timedelta(minutes=5)
_WHILE_IDLE = timedelta(hours=1)


def look(item: Attributes, now: datetime) -> None:
    """Look at what is used of an allowance. Killed between a mail and its note, the next look mails it again."""
    account = accounts.need(item["account"])
    held = limits.of(account, plan_at(account, now), now)
    if held.period != item["period"]:
        _wait(item, now)
        return
    used = {name: item.get(name, 0) for name in held.counters}
    pause = _WHILE_IDLE if used == item.get("seen") else _WHILE_USED
    if not due.again(item, now + pause, remove=allowances.past_days(item, held.day), seen=used):
        return
    try:
        _mail(account, item, held, held.notices(used))
    except (BotoCoreError, ClientError):
        logger.exception("not mailed: the next look will", extra={"account": account.id})


def _mail(account: Account, item: Attributes, held: Limits, to_know: Sequence[Notice]) -> None:
    known = {notice.name for notice in to_know} & set(item.get("noticed", ()))
    for notice in to_know:
        if notice.name not in known:
            mail.send(account.email, *_worded(notice, held))
            known.add(notice.name)
            allowances.note_noticed(item, known)


def _wait(item: Attributes, now: datetime) -> None:
    """Leave an allowance alone until its month begins, which a text for then is held against, or for good."""
    begins_at, _ = months.bounds(item["month"])
    if now < begins_at:
        due.again(item, begins_at)
    else:
        allowances.rest(item)


def _worded(notice: Notice, held: Limits) -> tuple[str, str]:
    of_month = notice.counter == limits.MONTH
    limit, when = ("your plan", held.month) if of_month else ("your limit of a day", held.day)
    subject = f"{notice.percent} % of {limit} are used for {when}"
    text = f"""{notice.used:,} of the {notice.limit:,} units of {limit} are used for {when} (in Chicago).

When all are used, texts are refused until {"the next month" if of_month else "the next day"}. {
        "A bigger plan takes effect at once." if of_month else "The limit is units_a_day in the settings."
    }
"""
    return subject, text
