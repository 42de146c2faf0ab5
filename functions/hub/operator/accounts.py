"""The operator's pages of accounts: the list with its search, and one account with what can be done about it."""

from typing import Any

from hub.operator.guard import form_of_operator, look_up, order, page_of_operator, show
from hub.plan.wording import payment_of
from hub.site import Page, go_to, site
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.aws.at_once import at_once
from longcode.billing import store as invoices
from longcode.errors import NotFound, RequestError
from longcode.months import month_of
from longcode.plans.plans import plan_name_in
from longcode.usage import store as usage

_PAGE, _LONGEST_SEARCH, _INVOICES = 50, 200, 12
_ORDERS = {
    "approve": "accounts.approve",
    "suspend": "accounts.suspend",
    "restore": "accounts.restore",
    "mail-link": "sessions.link",
}
_DONE = {
    "approve": "Approved. The owner is told by mail.",
    "suspend": "Suspended. It sends nothing, and is shown your reason.",
    "restore": "Restored. It may send again.",
    "mail-link": "A link to sign in is on its way to the owner.",
}


@site.get("/hub/operator/accounts")
@page_of_operator
def show_accounts() -> Page:
    """Show the accounts in the order of their numbers, or those that a search finds."""
    asked = site.current_event.query_string_parameters or {}
    search, after = asked.get("search", "").strip()[:_LONGEST_SEARCH], asked.get("after") or None
    found = look_up("accounts.list", search=search, limit=_PAGE, cursor=after and after[:_LONGEST_SEARCH])
    return show(
        "accounts", listed=found["items"], search=search, after=after, more=found["next_cursor"], now=clients.now()
    )


@site.get("/hub/operator/accounts/<account_id>")
@page_of_operator
def show_account(account_id: str) -> Page:
    """Show an account: its status with its history, what it uses, and its invoices."""
    done = (site.current_event.query_string_parameters or {}).get("done", "")
    return _account_page(_account_or_raise(account_id), done=_DONE.get(done, ""))


@site.post("/hub/operator/accounts/<account_id>/<act>")
@form_of_operator
def change_account(fields: dict[str, str], account_id: str, act: str) -> Page:
    """Give the order of the button that was pressed, as the command line does."""
    account = _account_or_raise(account_id)
    if act not in _ORDERS:
        raise NotFound("There is no such button.")
    given: dict[str, Any] = {"reason": fields.get("reason", "").strip()} if act == "suspend" else {}
    if act == "suspend" and not given["reason"]:
        return _account_page(account, status=422, wrong="Write the reason: the studio is shown it.")
    try:
        order(_ORDERS[act], account=account.id, **given)
    except RequestError as error:
        return _account_page(account, status=error.status, wrong=error.detail, reason=given.get("reason", ""))
    return go_to(f"operator/accounts/{account.id}?done={act}")


def _account_page(account: Account, status: int = 200, *, done: str = "", wrong: str = "", reason: str = "") -> Page:
    now = clients.now()
    month = month_of(now)
    shown, used, entries = at_once(
        lambda: look_up("accounts.show", account=account.id),
        lambda: usage.of_month(account.id, month),
        lambda: invoices.newest_entries(account.id, None, _INVOICES),
    )
    return show(
        "account",
        status,
        account=account,
        shown=shown,
        plan=plan_name_in(month, account.plan_changes),
        month=month,
        used=used,
        invoices=[(entry, payment_of(entry, now)) for entry in entries],
        done=done,
        wrong=wrong,
        reason=reason,
        now=now,
    )


def _account_or_raise(account_id: str) -> Account:
    account = accounts.get(account_id) if account_id.isascii() and account_id.isdigit() else None
    if account is None:
        raise NotFound("There is no account with this number.")
    return account
