"""The operator's pages of accounts: the list with its search, and one account with what can be done about it."""

from admin import account_status
from admin.account_status import Approve, ListAccounts, Restore, Suspend
from hub.operator.guard import form_of_operator, give, name_of_operator, page_of_operator, show
from hub.plan.wording import payment_of
from hub.site import Page, go_to, site
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.aws.at_once import at_once
from longcode.billing import store as invoices
from longcode.errors import NotFound, WrongStatus
from longcode.months import month_of
from longcode.plans.plans import plan_name_in
from longcode.usage import store as usage

_PAGE, _LONGEST_SEARCH, _LONGEST_REASON, _INVOICES = 50, 200, 500, 12
_DONE = {
    "approve": "Approved. The owner is told by mail.",
    "suspend": "Suspended. It sends nothing, and is shown your reason.",
    "restore": "Restored. It may send again.",
}


@site.get("/hub/operator/accounts")
@page_of_operator
def show_accounts() -> Page:
    """Show the accounts in the order of their numbers, or those that a search finds."""
    asked = site.current_event.query_string_parameters or {}
    search, after = asked.get("search", "").strip()[:_LONGEST_SEARCH], asked.get("after") or None
    asked_for = ListAccounts(search=search, limit=_PAGE, cursor=after and after[:_LONGEST_SEARCH])
    found = account_status.list_accounts(asked_for, clients.now())
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
    """Carry out the order of the button that was pressed, as the command line does."""
    account = _account_or_raise(account_id)
    by, reason = name_of_operator(), fields.get("reason", "").strip()[:_LONGEST_REASON]
    try:
        match act:
            case "approve":
                give(Approve(account=account.id, by=by), account_status.approve)
            case "suspend" if not reason:
                return _account_page(account, status=422, wrong="Write the reason: the studio is shown it.")
            case "suspend":
                give(Suspend(account=account.id, reason=reason, by=by), account_status.set_status)
            case "restore":
                give(Restore(account=account.id, by=by), account_status.set_status)
            case _:
                raise NotFound("There is no such button.")
    except WrongStatus as error:
        return _account_page(account, status=error.status, wrong=error.detail, reason=reason)
    return go_to(f"operator/accounts/{account.id}?done={act}")


def _account_page(account: Account, status: int = 200, *, done: str = "", wrong: str = "", reason: str = "") -> Page:
    now = clients.now()
    month = month_of(now)
    used, entries = at_once(
        lambda: usage.of_month(account.id, month),
        lambda: invoices.newest_entries(account.id, None, _INVOICES),
    )
    return show(
        "account",
        status,
        account=account,
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
