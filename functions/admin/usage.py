"""List what the accounts have sent and received in a month."""

from datetime import datetime
from functools import partial
from itertools import islice
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from admin.order import AccountId, Cursor, Month, ReadingOrder, account_or_raise
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws.at_once import at_once
from longcode.months import month_of
from longcode.plans.plans import plan_name_in
from longcode.usage import store as quotas
from longcode.usage.usage import Usage


class ListUsage(ReadingOrder, frozen=True, kw_only=True, tag="usage.list"):
    """List the usage of one account, or of those in a page of accounts that have any; this month's unless named."""

    month: Month | None = None
    account: AccountId | None = None
    after: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 100


def list_usage(order: ListUsage, now: datetime) -> dict[str, Any]:
    """Return a page of usage; a cursor is an account, and `accounts` is how many the page has. Raise `NotFound`."""
    month = order.month or month_of(now)
    if order.account:
        account = account_or_raise(order.account)
        return {"month": month, "items": [of_account(account, month)], "accounts": 1, "next_cursor": None}
    ids = list(islice(accounts.all_ids(order.after), order.limit + 1))
    page = ids[: order.limit]
    found = at_once(*(partial(of_account, account, month) for account in accounts.get_many(page))) if page else []
    return {
        "month": month,
        "items": [one for one in found if any(one["usage"].values())],
        "accounts": len(page),
        "next_cursor": page[-1] if len(ids) > order.limit else None,
    }


def of_account(account: Account, month: str) -> dict[str, Any]:
    """Return what an account has used in a month, with its plan of that month."""
    used: Usage = quotas.of_month(account.id, month)
    return {
        "account": account.id,
        "name": account.name,
        "plan": plan_name_in(month, account.plan_changes),
        "month": month,
        "units": used.units,
        "usage": msgspec.to_builtins(used),
    }
