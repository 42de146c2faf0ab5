"""Mails the notices about changes of an account to its owner."""

from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from longcode import months
from longcode.accounts import attempts, owner_mails, owner_notices
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, NoticeKind, OwnerNotice
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
    """Mail a notice. If it is killed between the mail and its record, the owner gets the mail a second time."""
    notice = read(OwnerNotice, item)
    account = accounts.get(notice.account)
    if not due.reschedule(item, now + _RETRY_AFTER):
        return
    if account and now < notice.at + _GIVEN_UP_AFTER:
        try:
            subject, text = owner_mails.mail(
                account, notice, _plan_in_words(account, notice), settings().help_contact
            )
            mail.send(account.email, subject, text)
        except (BotoCoreError, ClientError) as error:
            reason = type(error).__name__  # not its text, which may quote the address
            logger.error("notice not mailed; it is tried again", extra={"account": account.id, "reason": reason})
            return
    owner_notices.mark_mailed(item, now)


def tell_of_attempts(item: Attributes, now: datetime) -> None:
    """Tell an account's owner, if the account exists, that wrong passwords were tried, once a day."""
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
