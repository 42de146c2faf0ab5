"""The page on which the owner closes the account, by the same flow as the operator."""

from hub.site import Page, actor, form_of_owner, go_to, name_of_person, notice, page_of_owner, show, site
from longcode.accounts import sessions
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus
from longcode.aws import clients
from longcode.changes import store as changes
from longcode.changes.change import ChangeKind
from longcode.errors import RequestError
from longcode.months import month_of

_BY_STUDIO = "The studio closed it in the hub."
_OTHER_NAME = "This is not the name of the studio. Write it as it stands above."
_CLOSED = (
    "We have mailed you what happens now, and everybody of the studio is signed out. You can still sign in to read"
    " and to take your data with you. If you change your mind, tell us: we can open the account again."
)


@site.get("/hub/account/close")
@page_of_owner
def ask_to_close(account: Account) -> Page:
    """Show what closing means, and ask for the studio's name."""
    return _page(account)


@site.post("/hub/account/close")
@form_of_owner
def close_account(account: Account, fields: dict[str, str]) -> Page:
    """Close the account, and sign everybody out."""
    if _bare(fields.get("studio_name", "")) != _bare(account.name):
        return _page(account, fields.get("studio_name", ""), RequestError(_OTHER_NAME, field="studio_name"))
    now = clients.now()
    record = changes.new(account.id, ChangeKind.CLOSED, now, actor())
    accounts.close(account.id, now, record, reason=_BY_STUDIO, by=name_of_person())
    sessions.end_of_account(account.id, now)
    return notice("The account is closed", _CLOSED, 200)


def _bare(name: str) -> str:
    """Return a name without what a person may type otherwise: capitals and spaces."""
    return "".join(name.casefold().split())


def _page(account: Account, typed: str = "", wrong: RequestError | None = None) -> Page:
    if account.status is AccountStatus.CLOSED:
        return go_to("account")
    month = month_of(clients.now())
    return show("settings/close", account, wrong.status if wrong else 200, month=month, typed=typed, wrong=wrong)
