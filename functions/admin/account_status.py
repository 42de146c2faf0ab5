"""List and find accounts; approve, suspend, restore, close and reopen an account, and show its status."""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from admin import usage
from admin.order import AccountId, Cursor, Order, ReadingOrder, Unchanged, Words, account_or_raise
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus, StatusChange, next_change_at
from longcode.aws.telemetry import logger
from longcode.errors import WrongStatus
from longcode.folded import fold
from longcode.months import month_of
from longcode.plans.plans import plan_name_in
from longcode.table.store import ConditionFailed


class AccountOrder(Order, frozen=True, kw_only=True):
    """An order about an account."""

    account: AccountId


class ShowAccount(ReadingOrder, frozen=True, kw_only=True, tag="accounts.show"):
    """Show an account, its status with its history, and its usage of this month."""

    account: AccountId


class Suspend(AccountOrder, frozen=True, kw_only=True, tag="accounts.suspend"):
    """Stop an account's sending. The studio is shown the reason, so it is required."""

    reason: Words


class Restore(AccountOrder, frozen=True, kw_only=True, tag="accounts.restore"):
    """Let a suspended account send again."""


class Close(AccountOrder, frozen=True, kw_only=True, tag="accounts.close"):
    """End an account. The month is still billed, on its ordinary day."""

    reason: Words | None = None


class Reopen(AccountOrder, frozen=True, kw_only=True, tag="accounts.reopen"):
    """Reopen a closed account, on the plan that it had."""


class Approve(AccountOrder, frozen=True, kw_only=True, tag="accounts.approve"):
    """Approve a new account: from then on it may text as its plan and its settings allow."""


class SetCeiling(AccountOrder, frozen=True, kw_only=True, tag="accounts.set_ceiling"):
    """Set how many units an account may send in a day at most; null is the default of the service."""

    units_a_day: Annotated[int, Meta(ge=1, le=10_000_000)] | None


class ListAccounts(ReadingOrder, frozen=True, kw_only=True, tag="accounts.list"):
    """List the accounts in the order of their ids, or those that `search` finds.

    `search` is a part of the name, the email address, the id or a number: of the studio's own phone, or dedicated.
    """

    search: Annotated[str, Meta(max_length=200)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 100
    cursor: Cursor | None = None


class ListUnapproved(ReadingOrder, frozen=True, kw_only=True, tag="accounts.list_unapproved"):
    """List the accounts that wait for approval, oldest first."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 100
    cursor: Cursor | None = None


# For each order, the statuses in which it is allowed, and the status that it sets.
_TRANSITIONS: Mapping[type[Order], tuple[set[AccountStatus], AccountStatus]] = {
    Suspend: ({AccountStatus.ACTIVE, AccountStatus.SUSPENDED}, AccountStatus.SUSPENDED),
    Restore: ({AccountStatus.SUSPENDED}, AccountStatus.ACTIVE),
    Reopen: ({AccountStatus.CLOSED}, AccountStatus.ACTIVE),
}
_LOOKED_AT = 1_000  # how many accounts one page of a search looks at
_INSTEAD = {AccountStatus.SUSPENDED: "restore it or close it", AccountStatus.CLOSED: "reopen it first"}


def show(order: ShowAccount, now: datetime) -> dict[str, Any]:
    """Return who an account is, its status with its history, and what it has used this month; raises `NotFound`."""
    account = account_or_raise(order.account)
    used = usage.of_account(account, month_of(now))
    limits = {name: getattr(account, name) for name in ("units_a_day", "trial_units_a_day", "texts_an_hour")}
    of_month = {name: used[name] for name in ("month", "units", "usage")}
    return {**_listed(account, now), **_shown(account), "limits": limits, **of_month}


def approve(order: Approve, now: datetime) -> dict[str, Any]:
    """Approve an account; a repeated order changes nothing. Raises `NotFound`."""
    account_or_raise(order.account)
    is_new = accounts.approve(order.account, now)
    shown = _shown(account_or_raise(order.account))
    if not is_new:
        return Unchanged(shown)
    logger.info("account approved", extra={"account": order.account})
    return shown


def set_ceiling(order: SetCeiling, _now: datetime) -> dict[str, Any]:
    """Set an account's ceiling. Texts that wait at it are checked within the hour. Raises `NotFound`."""
    before = account_or_raise(order.account)
    if before.ceiling_units_a_day == order.units_a_day:
        return Unchanged(_shown(before))
    accounts.change_settings(order.account, {"ceiling_units_a_day": order.units_a_day})
    logger.info("ceiling set", extra={"account": order.account, "units_a_day": order.units_a_day})
    return _shown(account_or_raise(order.account))


def list_accounts(order: ListAccounts, now: datetime) -> dict[str, Any]:
    """Return a page of accounts. A page of a search can have few items, or none, and yet a cursor."""
    most = _LOOKED_AT if order.search else order.limit
    ids = list(islice(accounts.all_ids(after=order.cursor), most))
    by_id = {account.id: account for account in accounts.get_many(ids)}
    found: list[Account] = []
    looked_at = order.cursor
    for looked_at in ids:
        if looked_at in by_id and _is_found(by_id[looked_at], order.search):
            found.append(by_id[looked_at])
        if len(found) == order.limit:
            break
    is_last = len(ids) < most and (not ids or looked_at == ids[-1])
    return {"items": [_listed(account, now) for account in found], "next_cursor": None if is_last else looked_at}


def list_unapproved(order: ListUnapproved, now: datetime) -> dict[str, Any]:
    """Return the accounts that wait for approval, with what their sign-up forms said."""
    page, following = accounts.unapproved_page(order.limit, order.cursor)
    return {"items": [_listed(account, now) for account in page], "next_cursor": following}


def close(order: Close, now: datetime) -> dict[str, Any]:
    """Close an account, as its owner can in the hub; a repeated order changes nothing. Raises `NotFound`."""
    before = account_or_raise(order.account)
    closed = accounts.close(before.id, now, reason=order.reason, by=order.by)
    if closed == before:
        return Unchanged(_shown(closed))
    logger.info("account status set", extra={"account": closed.id, "status": closed.status})
    return _shown(closed)


def set_status(order: Suspend | Restore | Reopen, now: datetime) -> dict[str, Any]:
    """Change an account's status; a repeated order changes nothing.

    Raise `NotFound`, or `WrongStatus` where another order has to come first.
    """
    allowed, status = _TRANSITIONS[type(order)]
    while not _is_done(account := account_or_raise(order.account), order, status):
        if account.status not in allowed:
            why = f"The account is {account.status}: {_INSTEAD[account.status]}."
            raise WrongStatus(why, field="do")
        at = next_change_at(account, now)
        try:
            changed = accounts.set_status(account, StatusChange(at=at, to=status, reason=_reason(order), by=order.by))
        except ConditionFailed:
            continue  # another order was written first
        logger.info("account status set", extra={"account": account.id, "status": status})
        return _shown(changed)
    return Unchanged(_shown(account))


def _is_done(account: Account, order: AccountOrder, status: AccountStatus) -> bool:
    """Return whether the account has the status; a suspension for another reason is a new one."""
    last = account.status_changes[-1].reason if account.status_changes else None
    return account.status is status and (status is not AccountStatus.SUSPENDED or last == _reason(order))


def _reason(order: AccountOrder) -> str | None:
    return order.reason if isinstance(order, Suspend) else None


def _is_found(account: Account, search: str) -> bool:
    texts = (account.name, account.email, account.id, account.phone or "", account.number or "")
    return any(fold(search) in fold(text) for text in texts)


def _listed(account: Account, now: datetime) -> dict[str, Any]:
    names = ("id", "name", "email", "partner", "product", "edition", "country_code", "created_at", "number", "status")
    shown = {name: msgspec.to_builtins(getattr(account, name)) for name in names}
    plan = plan_name_in(month_of(now), account.plan_changes)
    return {**shown, "plan": plan, "approved": account.trial_units_a_day is None}


def _shown(account: Account) -> dict[str, Any]:
    history = [msgspec.to_builtins(change) for change in account.status_changes]
    return {
        "account": account.id,
        "status": account.status,
        "number": account.number,
        "approved": account.trial_units_a_day is None,
        "ceiling_units_a_day": account.ceiling_units_a_day,
        "status_changes": history,
    }
