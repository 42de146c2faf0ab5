"""Process sign-ups: mail a link to the address; once it is confirmed, open the account and mail its credentials.

It also mails the links that sign people in to the hub.
"""

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from longcode import jobs
from longcode.accounts import account_links, passwords, people, sign_in_links, sign_ups
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus
from longcode.accounts.account_links import LinkKind
from longcode.accounts.sign_ups import Busy
from longcode.aws import batches, clients, mail, queues
from longcode.aws.parameters import public_url
from longcode.aws.settings import settings
from longcode.aws.telemetry import logger
from longcode.mails.content import NO_STUDIO_OF_MINE, Action, Facts, MailContent, because_of_account
from longcode.plans import plans
from longcode.plans import store as price_list
from longcode.table.store import ConditionFailed

CONFIRM = "Confirm your address for Longcode"
"""The subject of the first mail to an address."""

_LEASE = timedelta(minutes=1)


def process_sign_up(form: jobs.OpenAccount, now: datetime) -> None:
    """Process a sign-up until its mail is sent. If it is killed, the next delivery of the form continues."""
    known = accounts.with_email(form.email)
    account = accounts.get(known) if known else None
    if known and account is None:
        raise LookupError(known)
    if account and (account.established_at or account.status is AccountStatus.CLOSED):
        if not accounts.is_established_by(account.id, form.id):
            _mail_once_an_hour(form, account, now)
    elif form.address_confirmed:
        _establish(account or _open(form, now), form, now)
    else:
        _mail_once_an_hour(form, None, now)


def mail_sign_in_link(asked: jobs.MailSignInLink, now: datetime) -> None:
    """Mail a link that signs in to the hub, if people have the address, and it has not had too many mails."""
    if asked.is_operator:
        known, place = people.is_operator(asked.email), "hub/operator/sign-in"
        of = people.in_operators_link(asked.email)
    else:
        known, place, of = bool(people.with_email(asked.email)), "hub/sign-in", asked.email
    token = sign_in_links.request(of, asked.id, now) if known else None
    if token:
        mail.send(asked.email, _sign_in(f"{place}/{token}", asked.back))


def mail_address_link(asked: jobs.MailAddressLink, now: datetime) -> None:
    """Mail a link that confirms a new address of an account, unless the address is taken or had too many mails."""
    account = accounts.get(asked.account)
    if account is None or account.status is AccountStatus.CLOSED or accounts.with_email(asked.new_email):
        return
    if sign_ups.count_mail(asked.new_email, now):
        valid = account_links.VALID if account.email else account_links.FIRST_VALID
        token = account_links.request(LinkKind.ADDRESS, account.id, now, valid, email=asked.new_email)
        mail.send(asked.new_email, _new_address(account, token) if account.email else _first_address(account, token))


def _establish(account: Account, form: jobs.OpenAccount, now: datetime) -> None:
    claimed = accounts.claim_credentials_mail(account, _details(form, now), now, now + _LEASE)
    if claimed is None:
        raise Busy(form.id)
    mail.send(claimed.email, _welcome(claimed, now))
    accounts.mark_established(claimed.id, form.id, now)


def _mail_once_an_hour(form: jobs.OpenAccount, account: Account | None, now: datetime) -> None:
    """Mail what the form asks for, unless the address had a mail in the last hour; a new link ends the one before."""
    mailing = sign_ups.claim_mail(form, now)
    if mailing is None:
        return
    if mailing.replaced:
        accounts.end_confirmation(mailing.replaced)
    if account:
        _mail_known_address(account, form.plan, mailing.secret, now)
    else:
        mail.send(form.email, _confirm_address(mailing.token))
    sign_ups.mark_mailed(form, mailing, now)


def _open(form: jobs.OpenAccount, now: datetime) -> Account:
    account = Account(
        id=accounts.new_number(),
        email=form.email,
        created_at=now,
        trial_units_a_day=settings().new_studio_units_a_day or None,
        **_details(form, now),
    )
    accounts.open_account(account)
    return account


def _mail_known_address(account: Account, plan: str, token: str, now: datetime) -> None:
    """Mail a link that confirms the change of plan, or, if the account is closed, an explanation.

    A closed account keeps its email address, so that no other account can sign up with it.
    """
    if account.status is AccountStatus.CLOSED:
        mail.send(account.email, _closed(account))
    else:
        _ask_to_confirm(account, plan, token, now)


def _details(form: jobs.OpenAccount, now: datetime) -> dict[str, Any]:
    """Return an account's details from its form; its first plan is dated `now`, when the credentials are mailed."""
    return {
        "name": form.studio_name,
        "product": form.product,
        "edition": form.edition.strip().casefold(),
        "country_code": form.country_code,
        "plan_changes": (plans.PlanChange(now, form.plan),),
    }


def _ask_to_confirm(account: Account, plan: str, token: str, now: datetime) -> None:
    accounts.request_confirmation(account.id, plan, now, token)
    month = plans.first_month_of_change(now)
    title = price_list.of_month(month)[plan].title
    content = MailContent(
        subject="Confirm your change of plan",
        greeted=account.name,
        parts=(
            f"Somebody filled in the Longcode form with this address and chose the {title} plan.",
            "If it was you, please open this link within 24 hours to change the plan of account"
            f" {account.id}. {plans.change_deadline_sentence(month)}",
        ),
        action=Action("Change the plan", f"{public_url()}/signup/confirm/{token}"),
        after=("If it was not you, you don't need to do anything: your plan stays as it is.",),
        why=because_of_account(account.id),
    )
    mail.send(account.email, content)


def _confirm_address(token: str) -> MailContent:
    """Return a mail without any words of the form: a stranger may have filled it in."""
    return MailContent(
        subject=CONFIRM,
        parts=(
            "Somebody filled in the form of Longcode, a service with which photography studios text their clients,"
            " and gave this address.",
            "If it was you, please open this link within 24 hours, look at what the form says, and confirm it.",
        ),
        action=Action("Confirm your address", f"{public_url()}/signup/address/{token}"),
        after=("If it was not you, you don't need to do anything: no account is opened.",),
        why="somebody entered this address in our form",
    )


def _sign_in(address: str, back: str) -> MailContent:
    place = f"?{urlencode({'back': back})}" if back != "home" else ""
    return MailContent(
        subject="Sign in to Longcode",
        parts=("To sign in to Longcode, open this link within 15 minutes. It works once.",),
        action=Action("Sign in", f"{public_url()}/{address}{place}"),
        after=("If you did not ask for it, you don't need to do anything.",),
        why="somebody entered this address on the page for signing in",
    )


def _new_address(account: Account, token: str) -> MailContent:
    return MailContent(
        subject="Confirm the new address of your Longcode account",
        parts=(
            f"{account.name} texts its clients with Longcode, and asked that mails about its account {account.id} go"
            " to this address.",
            "To confirm it, open this link within 24 hours.",
        ),
        action=Action("Confirm the address", f"{public_url()}/hub/address/{token}"),
        after=(NO_STUDIO_OF_MINE,),
        why="somebody who is signed in to the account entered this address",
    )


def _first_address(account: Account, token: str) -> MailContent:
    """Return a mail without any words of the form, as `_confirm_address` does; the operator knows the partner."""
    return MailContent(
        subject=CONFIRM,
        parts=(
            f"{account.partner} has opened an account of Longcode, a service with which photography studios text"
            " their clients, and gave this address.",
            f"If you use {account.partner}, please open this link within a week, look at what the account is, and"
            " confirm it.",
        ),
        action=Action("Confirm your address", f"{public_url()}/hub/address/{token}"),
        after=("If you do not, you don't need to do anything: no further mail comes.",),
        why=f"{account.partner} gave us this address",
    )


def _closed(account: Account) -> MailContent:
    return MailContent(
        subject="Your Longcode account is closed",
        greeted=account.name,
        parts=(
            f"Somebody filled in the Longcode form with this address. It belongs to your account {account.id}, which"
            " is closed, and the form cannot open it again.",
            "If it was you, please ask the operator of this service to open the account again. If it was not you, you"
            " don't need to do anything.",
        ),
        why=because_of_account(account.id),
    )


def _welcome(account: Account, now: datetime) -> MailContent:
    """Return the welcome mail, with a new password or a link that shows it once."""
    change, month = plans.changes_by_first_month(account.plan_changes)[-1]
    plan = price_list.of_month(month)[change.plan]
    hub = f"{public_url()}/hub/sign-in"
    credentials, action = _credentials(account, now, Action("Sign in to the hub", hub))
    return MailContent(
        subject="Your Longcode account",
        greeted=account.name,
        parts=(
            "Welcome to Longcode! To start texting from your studio software, enter your account number and password"
            " there, on the page of its settings for text messages.",
            credentials,
            f"You can also text without any software: sign in to the hub, our pages in the browser, at {hub} with"
            " your email address alone, or with the account number and password.",
        ),
        action=action,
        after=(
            f"To change the password, sign in to the hub and open {public_url()}/hub/account. A program can use"
            " POST /account/password of the API. Nobody of us ever asks for your password.",
            f"If your software asks for the address of the API, it is {public_url()}",
            f"Your plan is {plan.title}. {plans.change_effect_sentences(month, now)}",
        ),
        why=because_of_account(account.id),
    )


def _credentials(account: Account, now: datetime, sign_in: Action) -> tuple[Facts, Action]:
    """Make a password, or a link that shows it once; return what the mail says of it, and its main link."""
    number = ("Account number", account.id)
    if settings().welcome_mail == "link":
        token = account_links.request(LinkKind.PASSWORD, account.id, now, account_links.FIRST_VALID)
        shown = ("Password", "open the link below, which shows it once, within a week")
        return Facts((number, shown)), Action("Show the password", f"{public_url()}/password/{token}")
    password = passwords.generate()
    accounts.set_password(account.id, passwords.hash_of(password))
    return Facts((number, ("Password", password))), sign_in


def handle(body: str) -> None:
    """Process one sign-up, or mail one link. If something changed meanwhile, the queue delivers the job again."""
    try:
        job, now = json.loads(body), clients.now()
        if "studio_name" in job:
            process_sign_up(queues.read(jobs.OpenAccount, body), now)
        elif "new_email" in job:
            mail_address_link(queues.read(jobs.MailAddressLink, body), now)
        else:
            mail_sign_in_link(queues.read(jobs.MailSignInLink, body), now)
    except (Busy, ConditionFailed) as later:
        logger.info("sign-up will be tried again", extra={"reason": type(later).__name__})
        raise


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return batches.run_in_order(event, handle)
