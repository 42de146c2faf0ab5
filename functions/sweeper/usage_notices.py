"""Usage notices: checks a month's usage, and tells the studio by mail and webhook at 80 % and 100 % of a limit."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from longcode import months
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus, WebhookEvent
from longcode.aws import mail
from longcode.aws.parameters import public_url
from longcode.aws.telemetry import logger
from longcode.billing import notices as billing_notices
from longcode.billing.estimates import forecast
from longcode.billing.notices import CHARGED, Notice
from longcode.messages.accept import plan_at
from longcode.plans import store as price_list
from longcode.plans.plans import Plan
from longcode.table import due
from longcode.table.writes import Attributes
from longcode.usage import store as quotas
from longcode.usage.usage import MONTH_COUNTER, Limits, limits_at, names_of_past_days
from longcode.webhooks import delivery
from longcode.webhooks.tell import enqueue_new
from sweeper import automatic_stops

_CHECK_AFTER_USE = timedelta(minutes=5)
_CHECK_WITHOUT_USE = timedelta(hours=1)
_CHECKED_AFTER = timedelta(days=1)  # the month's end: mails are retried, and texts that quiet hours held are sent


def check_usage(item: Attributes, now: datetime) -> None:
    """Check a month's usage, until a day after the month, and send the notices that the studio has not had yet.

    If it is killed between a mail and its record, the next check mails again; webhooks are sent once.
    """
    begins_at, ends_at = months.bounds(item["month"])
    if now < begins_at:
        due.reschedule(item, begins_at)  # texts scheduled for the month have reserved their units already
        return
    account = accounts.get_or_raise(item["account"])
    at = min(now, ends_at - timedelta(milliseconds=1))
    plan = plan_at(account, at)
    limits = limits_at(account, plan, at)
    used = _used(limits, plan, item, now)
    # Past days' counters are removed: a month of them would double the cost of each write.
    past = tuple(names_of_past_days(item, limits.day))
    if not due.reschedule(item, _next_check(item, used, now, ends_at), remove=past, seen=used):
        return
    # A closed account is billed for its usage, but it can change nothing any more.
    notices = [] if account.status is AccountStatus.CLOSED else billing_notices.due(limits, plan, used)
    all_sent = not notices or _send_new(account, item, limits, notices, now)
    if now < ends_at:
        automatic_stops.check_day(account, plan, now)
        return
    if (_ensure_next_month_watched(account, item["month"], now) and all_sent) or now >= ends_at + _CHECKED_AFTER:
        quotas.unschedule(item)


def _used(limits: Limits, plan: Plan, item: Attributes, now: datetime) -> dict[str, int]:
    used = {name: item.get(name, 0) for name in billing_notices.limits_with_notices(limits, plan)}
    if MONTH_COUNTER in used:
        used[MONTH_COUNTER] = quotas.add_unreserved(limits, item, now)
    if CHARGED in used:
        used[CHARGED] = quotas.of_month(limits.account, limits.month).units
    return used


def _next_check(item: Attributes, used: dict[str, int], now: datetime, ends_at: datetime) -> datetime:
    again = now + (_CHECK_WITHOUT_USE if used == item.get("seen") else _CHECK_AFTER_USE)
    return again if now >= ends_at else min(ends_at, again)


def _send_new(account: Account, item: Attributes, limits: Limits, notices: Sequence[Notice], now: datetime) -> bool:
    """Send the notices that are not recorded as sent; return False if a mail failed. Webhooks go out in any case."""
    sent = set(item.get("noticed", ()))
    sent -= names_of_past_days(sent, limits.day)
    new = [notice for notice in notices if notice.name not in sent]
    _send_webhooks(account, new, now)
    try:
        for notice in new:
            _send_mail(account, notice, now)
            sent.add(notice.name)
            quotas.save_notices(item, sent)
    except (BotoCoreError, ClientError) as error:
        reason = type(error).__name__  # not its text, which may quote the address
        logger.error(
            "usage notice not mailed; the next check tries again", extra={"account": account.id, "reason": reason}
        )
        return False
    return True


def _send_webhooks(account: Account, notices: Iterable[Notice], now: datetime) -> None:
    event = WebhookEvent.USAGE_NOTICE
    deliveries = [
        delivery.new(account.id, event, f"{notice.month}\n{notice.name}", billing_notices.event_data(notice), now)
        for notice in notices
    ]
    enqueue_new(account, deliveries)


def _send_mail(account: Account, notice: Notice, now: datetime) -> None:
    can_change = now <= months.plan_cutoff(notice.month)
    advice = _advice(account, notice, now) if notice.goes_on and can_change else ""
    content = billing_notices.content(account, notice, advice, can_change=can_change, url=public_url())
    mail.send(account.email, content)


def _advice(account: Account, notice: Notice, now: datetime) -> str:
    """Return a sentence about a cheaper plan, or "" if none is cheaper at the usage of this month and the last."""
    used = quotas.by_day(account.id, months.previous(notice.month)) | quotas.by_day(account.id, notice.month)
    ahead = forecast(notice.plan, used, account.created_at, now)
    listed = price_list.of_month(notice.month).values()
    return billing_notices.advice(notice.month, notice.plan, ahead, listed) if ahead else ""


def _ensure_next_month_watched(account: Account, month: str, now: datetime) -> bool:
    """Return whether the checks of the next month's usage have begun; begin them if the month has units.

    Accepting a text starts the checks of its month, but quiet hours may hold a text until the next month.
    """
    following = months.following(month)
    if quotas.of_month(account.id, following).units:
        quotas.watch(account, following, now)
        return True
    return account.watched_month is not None and account.watched_month >= following
