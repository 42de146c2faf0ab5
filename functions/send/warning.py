"""Tells a studio how much of its limit or plan is used: its software by webhook, and people by mail."""

from collections.abc import Iterable
from datetime import datetime

from longcode import notice
from longcode.account import Account, HookEvent
from longcode.aws import hooks, mail
from longcode.delivery import wants
from longcode.notice import Notice
from longcode.table import deliveries
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


def mail_to(account: Account, one: Notice) -> None:
    """Mail one notice."""
    mail.send(account.email, notice.subject(one), notice.words(one))
