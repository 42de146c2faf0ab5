"""Mails the notices about changes of an account to its owner."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from longcode import months
from longcode.accounts import attempts, owner_mails, owner_notices
from longcode.accounts import store as accounts
from longcode.accounts.account import CHANGES, Account, NoticeKind, OwnerNotice
from longcode.aws import mail
from longcode.aws.settings import settings
from longcode.aws.telemetry import logger
from longcode.plans import store as price_list
from longcode.plans.plans import changes_by_first_month
from longcode.table import due
from longcode.table.writes import Attributes, read

_RETRY_AFTER = timedelta(minutes=5)
_GIVEN_UP_AFTER = timedelta(days=2)


def mail_notice(item: Attributes, now: datetime) -> None:
    """Mail a notice, one about a change together with all others that wait.

    After such a mail, changes wait for a quarter of an hour. If it is killed between the mail and its record, the
    owner gets the mail a second time.
    """
    notice = read(OwnerNotice, item)
    account = accounts.get(notice.account)
    told_at = account.owner_told_at if account and notice.kind in CHANGES else None
    is_early = told_at is not None and now < told_at + owner_notices.TOGETHER_FOR
    again_at = told_at + owner_notices.TOGETHER_FOR if told_at and is_early else now + _RETRY_AFTER
    if not due.reschedule(item, again_at) or is_early:
        return
    if account is None or now >= notice.at + _GIVEN_UP_AFTER:
        owner_notices.mark_mailed(item, now)
    elif notice.kind not in CHANGES:
        if _try_to_mail(account, [notice]):
            owner_notices.mark_mailed(item, now)
    else:
        _mail_changes(account, item, now)


def _mail_changes(account: Account, item: Attributes, now: datetime) -> None:
    """Mail all changes that wait, when the oldest of them is due. It is marked last: until then, all are repeated."""
    oldest, *others = owner_notices.pending_changes(account.id) or [item]
    if (oldest["kind"], oldest["id"]) != (item["kind"], item["id"]):
        return
    if _try_to_mail(account, [read(OwnerNotice, each) for each in (oldest, *others)]):
        owner_notices.note_told(account.id, now)
        for each in (*others, oldest):
            owner_notices.mark_mailed(each, now)


def _try_to_mail(account: Account, notices: Sequence[OwnerNotice]) -> bool:
    try:
        told = [(notice, _plan_in_words(account, notice)) for notice in notices]
        content = owner_mails.mail(account, told, settings().help_contact)
        for address in owner_notices.receivers(account, notices[0]):
            mail.send(address, content)
    except (BotoCoreError, ClientError) as error:
        reason = type(error).__name__  # not its text, which may quote the address
        logger.error("notice not mailed; it is tried again", extra={"account": account.id, "reason": reason})
        return False
    return True


def tell_of_attempts(item: Attributes, now: datetime) -> None:
    """Mail an account's owner, if the account exists, that wrong passwords were tried, once a day."""
    if accounts.get(item["account"]):
        owner_notices.tell_once_a_day(item["account"], NoticeKind.WRONG_PASSWORDS, now, item["address"])
    attempts.unschedule(item)


def _plan_in_words(account: Account, notice: OwnerNotice) -> str:
    """Return the plan that a notice is about, with the month from which it counts; "" for another kind."""
    if notice.kind is not NoticeKind.PLAN:
        return ""
    history = changes_by_first_month(account.plan_changes)
    month = next((month for change, month in history if change.at == notice.at), months.month_of(notice.at))
    plan = price_list.of_month(month)[notice.about]
    return f"{plan.title}. It counts from {months.in_words(month)}"
