"""The owner's page of the account: its number and a new password; and the page of the link that sets a password."""

from hashlib import sha256

from accounts import mailed_links
from hub import page
from hub.site import Page, ask, form_of_owner, notice, page_of_owner, show, site
from longcode.accounts import password_links
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.table.store import ConditionFailed

_SHOWN_ONCE = "It is shown only once."
_WHAT_IT_MEANS = (
    "The password that you have now stops working within a minute. Your studio software can then send no texts and"
    " fetch no replies until you enter the new one there. API keys go on working. The new password is shown once."
)
_CHANGED = "The password was changed after this page was shown, so nothing was done now."
_KEEP = "To keep the password that you have, close this page or go back."


@site.get("/hub/account")
@page_of_owner
def show_account(account: Account) -> Page:
    """Show the account's number, never its password."""
    return show("account", account)


@site.get("/hub/account/password")
@page_of_owner
def ask_for_password(account: Account) -> Page:
    """Ask whether to make a new password."""
    token = page.form_token(page.session_token(site.current_event.headers))
    return _ask(account, token=token, version=_version(accounts.password_hash(account.id)))


@site.post("/hub/account/password")
@form_of_owner
def make_password(account: Account, fields: dict[str, str]) -> Page:
    """Make a new password and show it, once: a form that is sent twice makes one."""
    old = accounts.password_hash(account.id)
    if fields.get("version") != _version(old):
        return notice("Nothing was changed", _CHANGED, 409)
    try:
        password = mailed_links.renew_password(account.id, old, clients.now())
    except ConditionFailed:
        return notice("Nothing was changed", _CHANGED, 409)
    return show("new_password", number=account.id, password=password)


@site.get("/password/<token>")
def show_password_link(token: str) -> Page:
    """Show whose password a mailed link makes. Mail scanners follow links, so only the button makes it."""
    link = password_links.find(token, clients.now())
    account = accounts.get(link.account) if link else None
    return _ask(account) if account else _link_ended()


@site.post("/password/<token>")
def use_password_link(token: str) -> Page:
    """Make a new password and show it, once."""
    made = mailed_links.set_password(token, clients.now())
    if made is None:
        return _link_ended()
    number, password = made
    return show("new_password", number=number, password=password)


def _ask(account: Account, **hidden: str) -> Page:
    facts = {"Studio": account.name, "Account": account.id}
    if accounts.password_hash(account.id) is None:
        return ask("Show the password?", facts, _SHOWN_ONCE, "Show the password", _KEEP, **hidden)
    return ask("Make a new password?", facts, _WHAT_IT_MEANS, "Make a new password", _KEEP, **hidden)


def _version(hashed: str | None) -> str:
    """Return a mark of a password, by which a form knows that it is still the same; it is a hash of its hash."""
    return sha256((hashed or "").encode()).hexdigest()


def _link_ended() -> Page:
    return notice("This link does not work", password_links.LINK_ENDED, 404, go_on=False)
