"""Tells a studio how much of its limit or plan is used: its software by webhook, and people by mail."""

from collections.abc import Iterable
from datetime import datetime

from longcode import comparison, forecast, months, notice
from longcode.account import Account, HookEvent
from longcode.aws import mail
from longcode.notice import Notice
from longcode.table import price_list, usage
from longcode.usage import Usage
from longcode.webhooks import delivery
from longcode.webhooks.tell import tell


def call(account: Account, notices: Iterable[Notice], now: datetime) -> None:
    """Tell a studio's software of notices, each once; whether it takes them holds up nothing."""
    event = HookEvent.USAGE_NOTICE
    tell(
        account,
        [delivery.new(account.id, event, f"{one.month}\n{one.name}", notice.shown(one), now) for one in notices],
    )


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
