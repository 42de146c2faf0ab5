"""Accounts: sign-up, settings, changes of plan and status, password hashes; plan confirmations."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import reduce
from operator import and_
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct
from msgspec.structs import replace

from longcode.accounts import owner_notices, passwords
from longcode.accounts.account import (
    NO_ACCOUNT,
    Account,
    AccountStatus,
    NoticeKind,
    OldSecret,
    ReplyDelivery,
    StatusChange,
    next_change_at,
)
from longcode.changes import store as changes
from longcode.changes.change import THE_SERVICE, Actor, ChangeKind, Detail
from longcode.errors import AddressTaken, NotFound
from longcode.plans.plans import PlanChange
from longcode.table import keys, store
from longcode.table.credential_keys import unapproved
from longcode.table.writes import ABSENT, PRESENT, Delete, Put, Update, Write, attributes, has_value, read

_CONFIRMATION_VALID = timedelta(hours=24)


class Confirmation(Struct, frozen=True, kw_only=True):
    """A change of plan that waits until the studio follows the link in its mail."""

    account: str
    plan: str
    valid_until: datetime
    used: bool = False


def get(account: str) -> Account | None:
    """Return an account, or None."""
    item = store.get(keys.account(account))
    return read(Account, item) if item else None


def get_or_raise(account: str) -> Account:
    """Return an account; raise `NotFound` if it does not exist."""
    existing = get(account)
    if existing is None:
        raise NotFound(NO_ACCOUNT)
    return existing


def with_email(address: str) -> str | None:
    """Return the id of the account that signed up with an address, or None."""
    item = store.get(keys.email(address))
    return str(item["account"]) if item else None


def open_account(account: Account, *others: Write) -> None:
    """Write a new account, together with other writes; raise `ConditionFailed` if its id or address is taken.

    An account without an address gets one when the studio has confirmed it (`change_email`).

    If it is on trial, it is in the list of the accounts that the operator has to approve.
    """
    place = keys.folder_place(account.created_at, account.id)
    listed = {"folder": unapproved(), "folder_at": place} if account.trial_units_a_day is not None else {}
    address = [_own_email(account.id, account.email)] if account.email else []
    store.transact(
        [
            Put(keys.account(account.id), {"type": "account", **attributes(account), **listed}, ABSENT),
            *address,
            Put(keys.registered(account.id), {"type": "registered", "account": account.id}, ABSENT),
            *others,
        ]
    )


def new_number() -> str:
    """Return a number for a new account; another account may have it."""
    return str(secrets.randbelow(90_000_000) + 10_000_000)


def approve(account: str, now: datetime) -> bool:
    """End an account's trial, with a notice to the owner; return False if it had ended already."""
    on_trial = PRESENT & Attr("trial_units_a_day").exists()
    ended = Update(keys.account(account), remove=("trial_units_a_day", "folder", "folder_at"), when=on_trial)
    return store.try_write(ended, owner_notices.new(account, NoticeKind.APPROVED, now))


def unapproved_page(limit: int, cursor: str | None) -> tuple[list[Account], str | None]:
    """Return a page of the accounts that the operator has to approve, oldest first, and the cursor of the next."""
    items, following = store.index_page(unapproved(), limit=limit, cursor=cursor)
    accounts = [read(Account, item) for item in items]
    return [account for account in accounts if account.trial_units_a_day is not None], following


def all_ids(after: str | None = None) -> Iterator[str]:
    """Yield the ids of all accounts in order, starting after an id."""
    start = keys.registered(after) if after else None
    return (str(item["account"]) for item in store.query(keys.registered(), after=start))


def get_many(ids: Iterable[str]) -> list[Account]:
    """Return those of the accounts that exist, read a hundred in a call."""
    wanted = [keys.account(account) for account in dict.fromkeys(ids)]
    items = store.get_many(wanted) if wanted else {}
    return [read(Account, items[key]) for key in wanted if key in items]


def with_webhook() -> Iterator[Account]:
    """Yield the accounts that receive webhooks."""
    for listed in store.query(keys.with_webhook()):
        account = get(str(listed["account"]))
        if account and account.delivery is ReplyDelivery.WEBHOOK:
            yield account


def with_webhook_among(ids: Iterable[str]) -> list[Account]:
    """Return the accounts, among these ids, that receive webhooks."""
    return [account for account in get_many(ids) if account.delivery is ReplyDelivery.WEBHOOK]


def switch_webhook_off(account: str, url: str, now: datetime) -> bool:
    """Switch an account to polling, which is recorded; return False if its webhook has another address by now."""
    off = {"delivery": ReplyDelivery.POLL, "webhook_gone_at": now}
    detail = Detail("delivery", ReplyDelivery.WEBHOOK, ReplyDelivery.POLL)
    record = changes.new(account, ChangeKind.SETTINGS, now, THE_SERVICE, details=[detail])
    is_on = Attr("webhook_url").eq(url) & Attr("delivery").eq(ReplyDelivery.WEBHOOK)
    return store.try_write(Update(keys.account(account), changes=off, when=is_on), record)


def change_webhook_secret(account: Account, secret: str, old: Sequence[OldSecret], *others: Write) -> bool:
    """Write a new secret and the old ones that are still in use, together with other writes.

    Return False if another secret was written meanwhile.
    """
    same = has_value("webhook_secret", account.webhook_secret)
    changed = {"webhook_secret": secret, "webhook_old_secrets": [attributes(old_secret) for old_secret in old]}
    return store.try_write(Update(keys.account(account.id), changes=changed, when=same & PRESENT), *others)


def add_to_webhook_list(account: str) -> None:
    """Put an account on the list of those with webhooks, for good; `with_webhook` skips it if it polls again."""
    store.write(Put(keys.with_webhook(account), {"type": "webhook", "account": account}))


def change_settings(
    account: str, settings: dict[str, Any], *others: Write, same: Iterable[ConditionBase] = ()
) -> None:
    """Write settings by name, together with other writes; None removes a setting.

    Raise `ConditionFailed` if a condition of `same` does not hold.
    """
    removed = tuple(name for name, value in settings.items() if value is None)
    written = {name: value for name, value in settings.items() if value is not None}
    when = reduce(and_, same, PRESENT)
    store.transact([Update(keys.account(account), changes=written, remove=removed, when=when), *others])


def has_same(account: Account, name: str) -> ConditionBase:
    """Return the condition that a setting that is an object is stored as the account has it."""
    value, setting = attributes(account).get(name), Attr(name)
    return setting.eq(value) if value else setting.not_exists() | setting.eq({})


def change_own_fields(account: Account, labels: dict[str, str], *others: Write) -> bool:
    """Write the fields of a studio's own in place of those that it had, together with other writes.

    Return False if it has other fields meanwhile.
    """
    same = PRESENT & has_same(account, "client_fields")
    return store.try_write(Update(keys.account(account.id), changes={"client_fields": labels}, when=same), *others)


def note_filled_hour(account: str, at: datetime) -> None:
    """Note that a phone has as many texts of an account within an hour as the account may send it.

    Only then, the texts to each phone are counted before a text is accepted: see `messages.sending.phone_facts`.
    """
    store.try_write(Update(keys.account(account), changes={"hour_filled_at": at}, when=PRESENT))


def change_plan(account: Account, change: PlanChange, by: Actor, *others: Write) -> Account:
    """Add a change of plan, with its record, the notice to the owner and other writes.

    Raise `ConditionFailed` if another change was added meanwhile.
    """
    plan_changes = (*account.plan_changes, change)
    before = attributes(account)["plan_changes"]
    after = [*before, attributes(change)]
    same = Attr("plan_changes").eq(before)
    notice = owner_notices.new(account.id, NoticeKind.PLAN, change.at, change.plan)
    detail = Detail("plan", account.plan_changes[-1].plan, change.plan)
    record = changes.new(account.id, ChangeKind.PLAN, change.at, by, details=[detail])
    plan_write = Update(keys.account(account.id), changes={"plan_changes": after}, when=same)
    store.transact([plan_write, notice, record, *others])
    return replace(account, plan_changes=plan_changes)


def set_status(account: Account, change: StatusChange, *others: Write) -> Account:
    """Change an account's status, together with other writes.

    Raise `ConditionFailed` if another change was written meanwhile.
    """
    changed = replace(account, status=change.to, status_changes=(*account.status_changes, change))
    # The history only grows, so its length tells whether another change came first.
    standings, known = Attr("standings"), len(account.status_changes)
    same = standings.size().eq(known) if known else standings.not_exists()
    written = {"standing": change.to, "standings": attributes(changed)["standings"]}
    store.transact([Update(keys.account(account.id), changes=written, when=PRESENT & same), *others])
    return changed


def close(
    account_id: str, now: datetime, *others: Write, reason: str | None = None, by: str | None = None
) -> Account:
    """Close an account, with a notice to its owner and other writes, and return it; a closed one stays as it is.

    Raise `NotFound`.
    """
    while (account := get_or_raise(account_id)).status is not AccountStatus.CLOSED:
        at = next_change_at(account, now)
        change = StatusChange(at=at, to=AccountStatus.CLOSED, reason=reason, by=by)
        with suppress(store.ConditionFailed):  # another change was written first
            return set_status(account, change, owner_notices.new(account.id, NoticeKind.CLOSED, at), *others)
    return account


def change_email(account: Account, email: str, *others: Write) -> None:
    """Change an account's email address, together with other writes; the old one is free for others.

    Raise `AddressTaken` if another account has it, or `ConditionFailed` if another change was written meanwhile.
    """
    same = Attr("email").eq(account.email)
    taken = _own_email(account.id, email)
    freed = [Delete(keys.email(account.email))] if account.email not in ("", email) else []
    changed = Update(keys.account(account.id), changes={"email": email}, when=same)
    try:
        store.transact([taken, changed, *freed, *others])
    except store.ConditionFailed as failed:
        if failed.found.get(0, {}).get("account", account.id) != account.id:
            raise AddressTaken("Another account has this email address.", field="email") from failed
        raise


def _own_email(account: str, email: str) -> Put:
    return Put(keys.email(email), {"type": "email", "account": account}, ABSENT)


def password_hash(account: str) -> str | None:
    """Return the hash of an account's password, or None."""
    item = store.get(keys.password(account))
    return str(item["hash"]) if item else None


def set_password(account: str, hashed: str, *others: Write, instead_of: str | None = None) -> None:
    """Write the hash of a new password, together with other writes.

    Raise `ConditionFailed` if the old hash is no longer `instead_of`.
    """
    unchanged = Attr("hash").eq(instead_of) if instead_of else None
    store.transact([Put(keys.password(account), {"type": "password", "hash": hashed}, unchanged), *others])


def end_password(account: str, *others: Write) -> None:
    """Delete an account's password, together with other writes: nothing matches until a new one is set."""
    store.transact([Delete(keys.password(account)), *others])


def claim_credentials_mail(
    account: Account, details: Mapping[str, Any], now: datetime, until: datetime
) -> Account | None:
    """Lease the mailing of an account's credentials, and return the account.

    Return None if another worker has the lease, or if the credentials were mailed. `details` are the account's
    attributes as the sign-up form gives them. If a studio sent several forms, the account gets the details of the
    form whose credentials are mailed. It keeps its details if its plan was changed after the sign-up: then the studio
    has received an earlier mail, which was not recorded.
    """
    free = Attr("established_at").not_exists() & store.unset_or_before("establishing_until", now)
    same = Attr("plan_changes").eq(attributes(account)["plan_changes"])
    updated = replace(account, **details) if len(account.plan_changes) == 1 else account
    written = {name: value for name, value in attributes(updated).items() if name in details}
    write = Update(
        keys.account(account.id),
        changes={**written, "establishing_until": until},
        remove=tuple(name for name in details if name not in written),  # values that equal the default
        when=free & same,
    )
    return updated if store.try_write(write) else None


def mark_established(account: str, sign_up: str, now: datetime) -> None:
    """Record the sign-up form that gave an account its credentials; any other form can only change its plan."""
    established = {"established_at": now, "established_by": sign_up}
    store.write(Update(keys.account(account), changes=established, remove=("establishing_until",)))


def is_established_by(account: str, sign_up: str) -> bool:
    """Return whether an account got its credentials by the sign-up form with this id."""
    return (store.get(keys.account(account)) or {}).get("established_by") == sign_up


def request_confirmation(account: str, plan: str, now: datetime, token: str | None = None) -> str:
    """Store a change of plan for a day, and return the token that confirms it; only its hash is stored."""
    token = token or passwords.generate_secret()[0]
    waiting = Confirmation(account=account, plan=plan, valid_until=now + _CONFIRMATION_VALID)
    item = {"type": "confirmation", **store.expires(now + 2 * _CONFIRMATION_VALID), **attributes(waiting)}
    store.write(Put(_confirmation_key(token), item, ABSENT))
    return token


def find_confirmation(token: str, now: datetime) -> Confirmation | None:
    """Return the change of plan that a token confirms, or None if the token is unknown, expired or used."""
    item = store.unexpired(store.get(_confirmation_key(token)), now)
    waiting = read(Confirmation, item) if item else None
    return waiting if waiting and not waiting.used and now < waiting.valid_until else None


def use_confirmation(token: str) -> None:
    """Mark a token as used; raise `ConditionFailed` if it was used before."""
    store.write(use_confirmation_write(token))


def use_confirmation_write(token: str) -> Update:
    """Return the write that marks a token as used; the write fails if the token was used before."""
    unused = Attr("account").exists() & Attr("used").not_exists()
    return Update(_confirmation_key(token), changes={"used": True}, when=unused)


def end_confirmation(token_hash: str) -> None:
    """End a token that was not used, given its hash: a newer one takes its place."""
    unused = Attr("account").exists() & Attr("used").not_exists()
    store.try_write(Update(keys.plan_confirmation(token_hash), changes={"used": True}, when=unused))


def _confirmation_key(token: str) -> keys.Key:
    return keys.plan_confirmation(passwords.hash_of_secret(token))
