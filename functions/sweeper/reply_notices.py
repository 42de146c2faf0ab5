"""Mails the people of an account about unread replies, each as they have chosen."""

from datetime import datetime, timedelta
from functools import cache

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from longcode.accounts import people
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus
from longcode.accounts.people import Person
from longcode.aws import mail
from longcode.aws.parameters import public_url
from longcode.aws.telemetry import logger
from longcode.clients import store as clients
from longcode.messages import reply_notices
from longcode.messages.reply_notices import Pending, ReplyNotices
from longcode.months import instant, time_zone
from longcode.table import due
from longcode.table.writes import Attributes
from sweeper import reply_mails

_RETRY_AFTER = timedelta(minutes=5)
_GIVEN_UP_AFTER = timedelta(days=2)


class _Waiting(Struct, frozen=True):
    """When to check again whether a person must be mailed, and the first reply that this may be about."""

    at: datetime
    since: int


def mail_people(item: Attributes, now: datetime) -> None:
    """Mail the people of an account about unread replies, and set when to check again for whom it is too early.

    If it is killed between a mail and its record, the person gets the mail a second time. A reply that comes
    meanwhile makes the item due again, so that the last write of this check has no effect.
    """
    again_at = now + _RETRY_AFTER
    if not due.reschedule(item, again_at):
        return
    leased = {**item, "due_at": instant(again_at)}
    account = accounts.get(item["account"])
    waiting = _mail_all(account, item["untold_from"] - 1, now) if account and _is_open(account) else []
    if waiting:
        reply_notices.check_again(leased, min(one.at for one in waiting), min(one.since for one in waiting))
    else:
        reply_notices.unschedule(leased)


def _is_open(account: Account) -> bool:
    return account.status is not AccountStatus.CLOSED


def _mail_all(account: Account, after: int, now: datetime) -> list[_Waiting]:
    chosen = reply_notices.of_account(account.id)
    pending = cache(lambda start: reply_notices.pending(account.id, start))  # most people have got equally far
    waiting = []
    for person in people.of_account(account):
        notices = chosen.get(person.id) or ReplyNotices(account=account.id, person=person.id)
        if notices.wanted:
            waiting.append(_mail_person(account, person, notices, pending(max(after, notices.through)), now))
    return [one for one in waiting if one]


def _mail_person(
    account: Account, person: Person, notices: ReplyNotices, found: Pending, now: datetime
) -> _Waiting | None:
    """Mail one person if it is time; return when to check again, None if nothing waits."""
    waiting = reply_notices.not_mailed_before(notices, found.replies)
    following = _Waiting(now, found.through + 1) if found.more else None
    if not waiting:
        if following:
            reply_notices.note_mailed(notices, [], found.through, now)
        return following
    replies = [reply for _, reply in waiting]
    at = reply_notices.due_at(notices, min(reply.created_at for reply in replies), time_zone(account.time_zone), now)
    if at > now:
        return _Waiting(at, waiting[0][0])
    names = clients.names(account.id, {reply.client_id for reply in replies if reply.client_id})
    said = reply_mails.content(account, person, notices, replies, names=names, url=public_url(), now=now)
    try:
        mail.send(person.email, said)
    except (BotoCoreError, ClientError) as error:
        reason = type(error).__name__  # not its text, which may quote the address
        logger.error("reply not mailed; it is tried again", extra={"account": account.id, "reason": reason})
        if notices.failing_since is None or now < notices.failing_since + _GIVEN_UP_AFTER:
            reply_notices.note_failed(notices, now)
            return _Waiting(now + _RETRY_AFTER, waiting[0][0])
    reply_notices.note_mailed(notices, replies, found.through, now)
    return following
