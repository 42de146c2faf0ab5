"""Notices that tell an account's owner by mail what was changed: written with the change, mailed by the sweeper."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from boto3.dynamodb.conditions import Attr

from longcode.accounts.account import CHANGES, Account, NoticeKind, OwnerNotice
from longcode.aws.settings import settings
from longcode.destinations import countries_of
from longcode.months import instant
from longcode.table import credential_keys, keys, store
from longcode.table.writes import PRESENT, Attributes, Put, Update, attributes

TOGETHER_FOR = timedelta(minutes=15)
"""After a mail about changes, further changes wait this long for one mail together."""

_KEPT = timedelta(days=30)


def new(account: str, kind: NoticeKind, at: datetime, about: str = "") -> Put:
    """Return the write of a notice that is due at once, for the transaction of the change that it tells of."""
    return _put(OwnerNotice(account=account, kind=kind, at=at, about=about), instant(at))


def of_settings(account: Account, changes: Mapping[str, Any], now: datetime) -> list[Put]:
    """Return the writes of the notices about a change of settings: a new webhook address, and further countries."""
    notices = []
    url = changes.get("webhook_url")
    if url and url != account.webhook_url:
        notices.append(new(account.id, NoticeKind.WEBHOOK, now, urlsplit(url).hostname or ""))
    allowed = changes.get("allowed_countries") or account.allowed_countries
    offered = settings().allowed_countries
    before = countries_of(account.country_code, account.allowed_countries, offered)
    if further := countries_of(changes.get("country_code") or account.country_code, allowed, offered) - before:
        notices.append(new(account.id, NoticeKind.COUNTRIES, now, ", ".join(sorted(further))))
    return notices


def tell_once_a_day(account: str, kind: NoticeKind, at: datetime, about: str) -> bool:
    """Write a notice that is due at once; return False if the day (in UTC) has one of the kind."""
    notice = _put(OwnerNotice(account=account, kind=kind, at=at, about=about), f"{at:%Y-%m-%d}")
    return store.try_write(Put(notice.key, notice.item, store.absent_or_expired(at)))


def pending_changes(account: str) -> list[Attributes]:
    """Return the items of the notices about changes that are not mailed yet, oldest first."""
    items = store.query(credential_keys.owner_notices(account))
    pending = [item for item in items if item["kind"] in CHANGES and "due_at" in item]
    return sorted(pending, key=lambda item: (item["at"], item["kind"], item["id"]))


def note_told(account: str, at: datetime) -> None:
    """Note when the owner was last mailed about changes."""
    store.try_write(Update(keys.account(account), changes={"owner_told_at": at}, when=PRESENT))


def receivers(account: Account, notice: OwnerNotice) -> list[str]:
    """Return the addresses that a notice is mailed to: the account's, and of a change of address the old one too.

    An account whose address was not confirmed yet has none.
    """
    old, _, new = notice.about.partition(" ")
    match notice.kind:
        case NoticeKind.ADDRESS_ASKED:
            return [old]
        case NoticeKind.ADDRESS:
            return [old, new]
        case _:
            return [account.email] if account.email else []


def mark_mailed(item: Attributes, now: datetime) -> None:
    """Record that a notice was mailed or given up, and take it off the due index."""
    mailed = Update(
        credential_keys.owner_notice(item["account"], item["kind"], item["id"]),
        changes={"mailed_at": now},
        remove=("due_shard", "due_at"),
        when=PRESENT & Attr("mailed_at").not_exists(),
    )
    store.try_write(mailed)


def _put(notice: OwnerNotice, notice_id: str) -> Put:
    due = keys.due(f"{notice.account}{notice.kind}{notice_id}", notice.at)
    item = {"type": "owner-notice", "id": notice_id, **attributes(notice), **store.expires(notice.at + _KEPT), **due}
    return Put(credential_keys.owner_notice(notice.account, notice.kind, notice_id), item)
