"""What links in mails do, each once: open an account, change its plan, password or address. The hub has the pages."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from longcode.accounts import account_links, owner_notices, passwords, people, sessions, sign_ups
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, NoticeKind, check_open
from longcode.accounts.account_links import LinkKind
from longcode.accounts.sign_ups import WaitingSignUp
from longcode.aws import queues
from longcode.changes import store as changes
from longcode.changes.change import Actor, ChangeKind, Detail, short
from longcode.errors import UnknownPlan
from longcode.plans import plans
from longcode.plans import store as price_list
from longcode.table.store import ConditionFailed
from longcode.table.writes import Write


class PlanQuestion(Struct, frozen=True, kw_only=True):
    """What a link confirms: an account's change from the plan that it has in a month, if any, to another one."""

    account: Account
    present: plans.Plan | None
    chosen: plans.Plan
    month: str


def open_account(sign_up: WaitingSignUp, now: datetime) -> None:
    """Ask the sign-up worker to open the account of a form, as its page was confirmed; raise `UnknownPlan`."""
    if sign_up.form.plan not in price_list.on_offer(now):
        raise UnknownPlan("This plan is no longer offered; please fill in the form again.")
    # Sent before the link is used up: a click that is lost in between can be repeated, and the job acts once.
    queues.send(replace(sign_up.form, address_confirmed=True))
    sign_ups.mark_used(sign_up, now)


def plan_question(token: str, now: datetime) -> PlanQuestion | None:
    """Return what a link's token confirms, or None if the link was used or is too old.

    Raise `PlanNotOffered`, `TooManyChanges` or `AccountClosed` if the change cannot be made.
    """
    confirmation = accounts.find_confirmation(token, now)
    account = accounts.get(confirmation.account) if confirmation else None
    if confirmation is None or account is None:
        return None
    check_open(account)
    month = plans.first_month_of_change(plans.time_of_change(account.plan_changes, now))
    prices = price_list.of_month(month)
    plans.new_change(confirmation.plan, account.plan_changes, prices, now)
    present = plans.plan_name_in(month, account.plan_changes)
    return PlanQuestion(
        account=account, present=prices[present] if present else None, chosen=prices[confirmation.plan], month=month
    )


def change_plan(token: str, now: datetime, by: Actor) -> tuple[plans.Plan, str] | None:
    """Change to the plan of a link's token; return the plan and the month from which it counts.

    Returns None for a link that was used or is too old. The change is dated now, not when the form was filled in, and
    is tried again if another change is written meanwhile. Raise `PlanNotOffered`, `TooManyChanges` or
    `AccountClosed`, after which the link can be used again.
    """
    while (confirmation := accounts.find_confirmation(token, now)) and (
        account := accounts.get(confirmation.account)
    ):
        check_open(account)
        prices = price_list.of_month(plans.first_month_of_change(plans.time_of_change(account.plan_changes, now)))
        change = plans.new_change(confirmation.plan, account.plan_changes, prices, now)
        try:
            if change:
                account = accounts.change_plan(account, change, by, accounts.use_confirmation_write(token))
            else:
                accounts.use_confirmation(token)
        except ConditionFailed:
            continue
        return prices[confirmation.plan], plans.changes_by_first_month(account.plan_changes)[-1][1]
    return None


def set_password(token: str, now: datetime, by: Actor) -> tuple[str, str] | None:
    """Make a new password by a link's token; return account number and password.

    Returns None if the link was used or is too old. The old password works for up to a minute more.
    """
    link = account_links.find(LinkKind.PASSWORD, token, now)
    if link is None:
        return None
    try:
        old = accounts.password_hash(link.account)
        password = renew_password(link.account, old, now, by, account_links.use(link))
    except ConditionFailed:
        return None
    return link.account, password


def ask_for_address(account: Account, email: str, now: datetime, by: Actor) -> str:
    """Mail a link to an account's future address, and return what to say, as `account_links.ask_for_address` does."""
    details = [Detail("email", short(account.email), short(email.strip()))]
    record = changes.new(account.id, ChangeKind.ADDRESS_ASKED, now, by, details=details)
    return account_links.ask_for_address(account, email, now, record)


def change_address(token: str, now: datetime, by: Actor) -> Account | None:
    """Change an account's address to the one of a link's token; return the account, or None if the link has ended.

    Links to the old address no longer work, and sessions that began with one end. Raise `AddressTaken` if another
    account has the address, or `AccountClosed`.
    """
    link = account_links.find(LinkKind.ADDRESS, token, now)
    account = accounts.get(link.account) if link else None
    if link is None or account is None:
        return None
    check_open(account)
    told = (
        owner_notices.new(account.id, NoticeKind.ADDRESS, now, f"{account.email} {link.email}")
        if account.email
        else owner_notices.new(account.id, NoticeKind.CONFIRMED, now)
    )
    ended = account_links.end(LinkKind.PASSWORD, account.id)
    try:
        details = [Detail("email", short(account.email), short(link.email))]
        record = changes.new(account.id, ChangeKind.ADDRESS, now, by, details=details)
        accounts.change_email(account, link.email, account_links.use(link), ended, told, record)
    except ConditionFailed:
        return None
    sessions.end_of_person(account.id, people.OWNER, now)
    return replace(account, email=link.email)


def renew_password(account: str, old: str | None, now: datetime, by: Actor, *others: Write) -> str:
    """Make a new password in place of the one with the hash `old`, together with other writes, and return it.

    The owner is told, unless it is the first one. Raise `ConditionFailed` if the hash is another one by now.
    """
    password = passwords.generate()
    hashed = passwords.hash_of(password)
    notices = [owner_notices.new(account, NoticeKind.PASSWORD, now)] if old else []
    try:
        record = changes.new(account, ChangeKind.PASSWORD, now, by)
        accounts.set_password(account, hashed, record, *notices, *others, instead_of=old)
    except ConditionFailed as failed:
        # Our own write also fails if the SDK repeats it after a lost response: then our hash is stored already.
        if failed.found.get(0, {}).get("hash") != hashed:
            raise
    return password
