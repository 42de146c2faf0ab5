"""Mail a studio a link that sets a new password; end its password and keys."""

from datetime import datetime
from typing import Any

from msgspec import to_builtins

from admin.account_status import AccountOrder
from admin.order import account_or_raise
from longcode.accounts import api_keys, owner_notices, password_links
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, NoticeKind
from longcode.aws import mail
from longcode.aws.parameters import public_url
from longcode.aws.telemetry import logger
from longcode.errors import WrongStatus
from longcode.mails.content import Action, MailContent


class MailLink(AccountOrder, frozen=True, kw_only=True, tag="passwords.link"):
    """Mail the owner a link that sets a new password. The link works once, for 24 hours, and ends an earlier one."""


class EndCredentials(AccountOrder, frozen=True, kw_only=True, tag="passwords.end"):
    """End the account's password and delete its API keys, and tell its owner. A link can then set a new password.

    They work for up to a minute more, until the authoriser's cache expires; a repeated order ends what was made then.
    """


def mail_link(order: MailLink, now: datetime) -> dict[str, Any]:
    """Mail the link, and return until when it works; a repeated order mails another.

    The present password works until the link is used. Raise `WrongStatus` or `NotFound`.
    """
    account = account_or_raise(order.account)
    if account.established_at is None:
        raise WrongStatus("The account's sign-up is not complete, so it has no password yet.", field="account")
    token = password_links.request(account.id, now)
    mail.send(account.email, _link(account, f"{public_url()}/password/{token}"))
    logger.info("password link mailed", extra={"account": account.id, "by": order.by})
    return {"account": account.id, "valid_until": to_builtins(now + password_links.VALID)}


def end_credentials(order: EndCredentials, now: datetime) -> dict[str, Any]:
    """End the password and all keys, and return the ids of the keys; raise `NotFound`."""
    account = account_or_raise(order.account)
    accounts.end_password(account.id, owner_notices.new(account.id, NoticeKind.ENDED, now))
    ended = [key.id for key in api_keys.of_account(account.id) if api_keys.delete(account.id, key.id)]
    logger.info("credentials ended", extra={"account": account.id, "by": order.by})
    return {"account": account.id, "keys": ended}


def _link(account: Account, link: str) -> MailContent:
    return MailContent(
        subject="Set a new password for Longcode",
        greeted=account.name,
        parts=(
            f"With this link you make a new password for your Longcode account {account.id}. It works once, for 24"
            " hours.",
        ),
        action=Action("Make a new password", link),
        after=(
            "The page shows the new password once. Then please enter it wherever your studio software has the old"
            " one, which no longer works.",
            "If you did not ask for this, you don't need to do anything: your password stays as it is until somebody"
            " uses the link.",
        ),
        why=f"You get this mail because somebody asked us for a new password of account {account.id}.",
    )
