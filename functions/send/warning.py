"""Tells a studio how much of its limit or plan is used: its software by webhook, and people by mail."""

from collections.abc import Iterable
from datetime import datetime

from longcode import comparison, forecast, months, notice
from longcode.account import Account, HookEvent
from longcode.aws import hooks, mail
from longcode.delivery import wants
from longcode.notice import Notice
from longcode.table import deliveries, price_list, usage
from longcode.usage import Usage
from send import telling


def call(account: Account, notices: Iterable[Notice], now: datetime) -> None:
    """Write what a studio's software is told, once, and put it on its queue: whether it is taken holds up nothing."""
    if not wants(account, HookEvent.USAGE_NOTICE):
        return
    made = [
        telling.made(account.id, HookEvent.USAGE_NOTICE, f"{one.month}\n{one.name}", notice.shown(one), now)
        for one in notices
    ]
    hooks.enqueue(account.id, [one for one in made if deliveries.tell(one)])


def mail_to(account: Account, one: Notice, now: datetime) -> None:
    """Mail one notice."""
    cheaper = _advice(account, one, now) if one.goes_on and now <= months.plan_cutoff(one.month) else ""
    mail.send(account.email, notice.subject(one), notice.words(one, cheaper))


def _advice(account: Account, one: Notice, now: datetime) -> str:
    used = usage.by_day(account.id, months.previous(one.month)) | usage.by_day(account.id, one.month)
    ahead = forecast.of(one.plan, used, account.created_at, now)
    if ahead is None:
        return ""
    expected = Usage(units_sent=ahead.units_sent, units_received=ahead.units_received)
    compared = comparison.compare(one.month, one.plan, price_list.of_month(one.month).values(), expected)
    return notice.advice(expected, compared, one.plan.currency)
