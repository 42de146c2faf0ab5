"""Looks at what is used of a month, and tells the studio by mail and webhook of 80 % and of all: once each."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from longcode import months
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus, WebhookEvent
from longcode.aws import mail
from longcode.aws.telemetry import logger
from longcode.billing import notices as billing_notices
from longcode.billing.estimates import compare_plans, forecast
from longcode.billing.notices import CHARGED, Notice
from longcode.messages.accept import plan_at
from longcode.plans import store as price_list
from longcode.plans.plans import Plan
from longcode.table import due
from longcode.table.writes import Attributes
from longcode.usage import store as quotas
from longcode.usage.usage import MONTH_COUNTER, Limits, Usage, limits_at, past_days
from longcode.webhooks import delivery
from longcode.webhooks.tell import tell

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
    held = limits_at(account, plan, at)
    used = _used(held, plan, item, now)
    gone = tuple(past_days(item, held.day))  # a month of them would make each write cost double
    if not due.again(item, _next_look(item, used, now, ends_at), remove=gone, seen=used):
        return
    # One that is closed is billed for what it used, and has nothing to choose any more.
    to_know = [] if account.status is AccountStatus.CLOSED else billing_notices.due(held, plan, used)
    told = not to_know or _tell(account, item, held, to_know, now)
    if now >= ends_at and ((_goes_on(account, item["month"], now) and told) or now >= ends_at + _AFTERWARDS):
        quotas.unschedule(item)


def _used(held: Limits, plan: Plan, item: Attributes, now: datetime) -> dict[str, int]:
    used = {name: item.get(name, 0) for name in billing_notices.limits_of(held, plan)}
    if MONTH_COUNTER in used:
        used[MONTH_COUNTER] = quotas.level(held, item, now)
    if CHARGED in used:
        used[CHARGED] = quotas.of_month(held.account, held.month).units
    return used


def _next_look(item: Attributes, used: dict[str, int], now: datetime, ends_at: datetime) -> datetime:
    again = now + (_WHILE_IDLE if used == item.get("seen") else _WHILE_USED)
    return again if now >= ends_at else min(ends_at, again)


def _tell(account: Account, item: Attributes, held: Limits, to_know: Sequence[Notice], now: datetime) -> bool:
    """Tell what is not told yet; False when a mail could not be sent, which keeps no webhook from going."""

    known = set(item.get("noticed", ()))
    known -= past_days(known, held.day)
    new = [one for one in to_know if one.name not in known]
    send_webhook(account, new, now)
    try:
        for one in new:
            send_mail(account, one, now)
            known.add(one.name)
            quotas.note_noticed(item, known)
    except (BotoCoreError, ClientError) as error:  # whose words may quote the address
        reason = type(error).__name__
        logger.error("not mailed: the next look will", extra={"account": account.id, "reason": reason})
        return False
    return True


def _goes_on(account: Account, month: str, now: datetime) -> bool:
    """Tell whether the month after is looked at. It begins to be when it has units, though all went past the end."""
    following = months.following(month)
    if quotas.of_month(account.id, following).units:
        quotas.begin_watch(account, following, now)
        return True
    return account.watched_month is not None and account.watched_month >= following


def send_webhook(account: Account, notices: Iterable[Notice], now: datetime) -> None:
    """Tell a studio's software of notices, each once; whether it takes them holds up nothing."""
    event = WebhookEvent.USAGE_NOTICE
    tell(
        account,
        [
            delivery.new(account.id, event, f"{one.month}\n{one.name}", billing_notices.shown(one), now)
            for one in notices
        ],
    )


def send_mail(account: Account, one: Notice, now: datetime) -> None:
    """Mail one notice."""
    cheaper = _advice(account, one, now) if one.goes_on and now <= months.plan_cutoff(one.month) else ""
    mail.send(account.email, billing_notices.subject(one), billing_notices.words(one, cheaper))


def _advice(account: Account, one: Notice, now: datetime) -> str:
    used = quotas.by_day(account.id, months.previous(one.month)) | quotas.by_day(account.id, one.month)
    ahead = forecast(one.plan, used, account.created_at, now)
    if ahead is None:
        return ""
    expected = Usage(units_sent=ahead.units_sent, units_received=ahead.units_received)
    compared = compare_plans(one.month, one.plan, price_list.of_month(one.month).values(), expected)
    return billing_notices.advice(expected, compared, one.plan.currency)
