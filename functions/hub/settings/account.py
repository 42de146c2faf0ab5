"""General info: the account's number, password, address and name; the links that change them; closing the account."""

from collections.abc import Mapping
from hashlib import sha256

from accounts import mailed_links
from hub import page
from hub.clients.record import ZONES
from hub.settings import general
from hub.sign_up import plan_in_words
from hub.site import (
    Page,
    actor,
    actor_by_link,
    ask,
    form_of_owner,
    go_to,
    name_of_person,
    notice,
    page_of_owner,
    show,
    site,
)
from longcode.accounts import account_links, sessions
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus
from longcode.accounts.account_links import LinkKind
from longcode.aws import clients
from longcode.changes import store as changes
from longcode.changes.change import ChangeKind
from longcode.errors import RequestError
from longcode.months import month_of
from longcode.plans import store as price_list
from longcode.plans.plans import changes_by_first_month
from longcode.table.store import ConditionFailed

_SHOWN_ONCE = "It is shown only once."
_WHAT_IT_MEANS = (
    "The password that you have now stops working within a minute. Your studio software can then send no texts and"
    " fetch no replies until you enter the new one there. API keys go on working. The new password is shown once."
)
_NEW_ADDRESS = "Mails about the account, and links that sign in as its owner, then go to this address only."
_NOT_MINE = "If you do not know the studio, you don't need to do anything: close this page."
_ADDRESS_CHANGED = (
    "From now on, {} is the address of the account. To sign in by mail, use this address."
    " Whoever was signed in as the owner has to sign in again."
)
_CHANGED = "The password was changed after this page was shown, so nothing was done now."
_KEEP = "To keep the password that you have, close this page or go back."
_BY_STUDIO = "The studio closed it in the hub."
_OTHER_NAME = "This is not the name of the studio. Write it as it stands above."
_CLOSED = (
    "We have mailed you what happens now, and everybody of the studio is signed out. You can still sign in to read"
    " and to take your data with you. If you change your mind, tell us: we can open the account again."
)


@site.get("/hub/account")
@page_of_owner
def show_account(account: Account) -> Page:
    """Show the account's number, address and name, never its password."""
    return _account_page(account, site.current_event.query_string_parameters or {})


@site.post("/hub/account")
@form_of_owner
def change_account(account: Account, fields: dict[str, str]) -> Page:
    """Mail a link to a new address of the account, or write what was changed of its general information."""
    try:
        if "email" not in fields:
            general.write(account, fields)
            return go_to("account?saved=1")
        asked = mailed_links.ask_for_address(account, fields["email"], clients.now(), actor())
    except RequestError as refusal:
        return _account_page(account, fields, refusal)
    return notice("Look at the mail", f"You entered {fields['email'].strip()}. {asked}", 200, go_on="account")


@site.get("/hub/address/<token>")
def show_address_link(token: str) -> Page:
    """Show which address a mailed link confirms."""
    link = account_links.find(LinkKind.ADDRESS, token, clients.now())
    account = accounts.get(link.account) if link else None
    if link is None or account is None:
        return _link_ended()
    facts = {"Studio": account.name, "Account": account.id, "New email address": link.email}
    if account.partner and not account.email:
        change, month = changes_by_first_month(account.plan_changes)[-1]
        facts |= {"Opened by": account.partner, "Plan": plan_in_words(price_list.of_month(month)[change.plan])}
    return ask("Use this address?", facts, _NEW_ADDRESS, "Use this address", _NOT_MINE)


@site.post("/hub/address/<token>")
def use_address_link(token: str) -> Page:
    """Make the address the account's."""
    account = mailed_links.change_address(token, clients.now(), actor_by_link())
    if account is None:
        return _link_ended()
    return notice("The address is changed", _ADDRESS_CHANGED.format(account.email), 200)


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
        password = mailed_links.renew_password(account.id, old, clients.now(), actor())
    except ConditionFailed:
        return notice("Nothing was changed", _CHANGED, 409)
    sessions.keep(site.context["session"])
    return show("settings/new_password", number=account.id, password=password)


@site.get("/password/<token>")
def show_password_link(token: str) -> Page:
    """Show whose password a mailed link makes. Mail scanners follow links, so only the button makes it."""
    link = account_links.find(LinkKind.PASSWORD, token, clients.now())
    account = accounts.get(link.account) if link else None
    return _ask(account) if account else _link_ended()


@site.post("/password/<token>")
def use_password_link(token: str) -> Page:
    """Make a new password and show it, once."""
    made = mailed_links.set_password(token, clients.now(), actor_by_link())
    if made is None:
        return _link_ended()
    number, password = made
    return show("settings/new_password", number=number, password=password)


@site.get("/hub/account/close")
@page_of_owner
def ask_to_close(account: Account) -> Page:
    """Show what closing means, and ask for the studio's name."""
    return _closing_page(account)


@site.post("/hub/account/close")
@form_of_owner
def close_account(account: Account, fields: dict[str, str]) -> Page:
    """Close the account, and sign everybody out."""
    if _bare(fields.get("studio_name", "")) != _bare(account.name):
        return _closing_page(account, fields.get("studio_name", ""), RequestError(_OTHER_NAME, field="studio_name"))
    now = clients.now()
    record = changes.new(account.id, ChangeKind.CLOSED, now, actor())
    accounts.close(account.id, now, record, reason=_BY_STUDIO, by=name_of_person())
    sessions.end_of_account(account.id, now)
    return notice("The account is closed", _CLOSED, 200)


def _account_page(account: Account, typed: Mapping[str, str], wrong: RequestError | None = None) -> Page:
    waiting = account_links.newest(LinkKind.ADDRESS, account.id, clients.now())
    return show(
        "settings/account",
        account,
        wrong.status if wrong else 200,
        email=typed.get("email", ""),
        wrong=wrong,
        waiting=waiting,
        saved="saved" in typed and wrong is None,
        zones=ZONES,
        **general.form(account, typed, wrong),
    )


def _ask(account: Account, **hidden: str) -> Page:
    facts = {"Studio": account.name, "Account": account.id}
    if accounts.password_hash(account.id) is None:
        return ask("Show the password?", facts, _SHOWN_ONCE, "Show the password", _KEEP, **hidden)
    return ask("Make a new password?", facts, _WHAT_IT_MEANS, "Make a new password", _KEEP, **hidden)


def _version(hashed: str | None) -> str:
    """Return a mark of a password, by which a form knows that it is still the same; it is a hash of its hash."""
    return sha256((hashed or "").encode()).hexdigest()


def _link_ended() -> Page:
    return notice("This link does not work", account_links.LINK_ENDED, 404, go_on=None)


def _bare(name: str) -> str:
    """Return a name without what a person may type otherwise: capitals and spaces."""
    return "".join(name.casefold().split())


def _closing_page(account: Account, typed: str = "", wrong: RequestError | None = None) -> Page:
    if account.status is AccountStatus.CLOSED:
        return go_to("account")
    month = month_of(clients.now())
    return show("settings/close", account, wrong.status if wrong else 200, month=month, typed=typed, wrong=wrong)
