"""Credentials: mail a studio's owner a link, end its password and keys; make, list and end the keys of partners."""

from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from msgspec import Meta, to_builtins

from admin.account_status import AccountOrder
from admin.order import Order, ReadingOrder, Unchanged, account_or_raise
from longcode.accounts import account_links, api_keys, owner_notices, passwords, sessions
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, NoticeKind
from longcode.accounts.account_links import LinkKind
from longcode.accounts.names import LONGEST_ADDRESS
from longcode.aws import mail, queues
from longcode.aws.parameters import public_url
from longcode.aws.telemetry import logger
from longcode.errors import NotFound, WrongStatus
from longcode.jobs import MailSignInLink
from longcode.mails.content import Action, MailContent
from longcode.partners import store as partners
from longcode.partners.store import PartnerKey

PartnerName = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,40}\Z")]
ShownName = Annotated[str, Meta(pattern=r"^\S[^\x00-\x1f\x7f]*\Z", max_length=60)]


class MailLink(AccountOrder, frozen=True, kw_only=True, tag="passwords.link"):
    """Mail the owner a link that sets a new password. The link works once, for 24 hours, and ends an earlier one."""


class MailSignIn(AccountOrder, frozen=True, kw_only=True, tag="sessions.link"):
    """Mail the owner the link of the hub's sign-in page, with its limits: 15 minutes, once, five an hour."""


class ChangeAddress(AccountOrder, frozen=True, kw_only=True, tag="accounts.change_address"):
    """Mail a link to a new address of an account. The address changes when the link is used; the old one is told."""

    email: Annotated[str, Meta(max_length=LONGEST_ADDRESS)]


class EndCredentials(AccountOrder, frozen=True, kw_only=True, tag="passwords.end"):
    """End the account's password and delete its API keys, and tell its owner. A link can then set a new password.

    They work for up to a minute more, until the authoriser's cache expires; a repeated order ends what was made then.
    """


class MakeKey(Order, frozen=True, kw_only=True, tag="partners.make_key"):
    """Make a key of a partner. `partner` is your short name of it, `name` the one that its studios read in mails."""

    partner: PartnerName
    name: ShownName


class ListKeys(ReadingOrder, frozen=True, kw_only=True, tag="partners.list_keys"):
    """List the keys of all partners, the oldest first, also those that have ended."""


class EndKey(Order, frozen=True, kw_only=True, tag="partners.end_key"):
    """End a key, at once. The accounts that were opened with it, and their API keys, stay."""

    key_id: Annotated[str, Meta(min_length=1, max_length=100)]


def mail_link(order: MailLink, now: datetime) -> dict[str, Any]:
    """Mail the link, and return until when it works; a repeated order mails another.

    The present password works until the link is used. Raise `WrongStatus` or `NotFound`.
    """
    account = account_or_raise(order.account)
    _check_address(account)
    token = account_links.request(LinkKind.PASSWORD, account.id, now)
    mail.send(account.email, _link(account, f"{public_url()}/password/{token}"))
    logger.info("password link mailed", extra={"account": account.id})
    return {"account": account.id, "valid_until": to_builtins(now + account_links.VALID)}


def mail_sign_in(order: MailSignIn, _now: datetime) -> dict[str, Any]:
    """Ask the sign-up worker to mail the link, at most five an hour; a repeated order asks for another.

    Raise `WrongStatus` without a confirmed address, or `NotFound`.
    """
    account = account_or_raise(order.account)
    _check_address(account)
    queues.send(MailSignInLink(id=uuid4().hex, email=account.email))
    logger.info("sign-in link asked for", extra={"account": account.id})
    return {"account": account.id, "asked": True}


def change_address(order: ChangeAddress, now: datetime) -> dict[str, Any]:
    """Ask for the link as the owner could in the hub; a repeated order asks for another, five times an hour.

    Raise `NotFound`, or `RequestError` for an address that cannot be used.
    """
    account = account_or_raise(order.account)
    account_links.ask_for_address(account, order.email, now)
    logger.info("address link asked for", extra={"account": account.id})
    return {"account": account.id, "asked": True}


def end_credentials(order: EndCredentials, now: datetime) -> dict[str, Any]:
    """End the password, all keys and all sessions of the hub, and return the ids of the keys; raise `NotFound`."""
    account = account_or_raise(order.account)
    accounts.end_password(account.id, owner_notices.new(account.id, NoticeKind.ENDED, now))
    ended = [key.id for key in api_keys.of_account(account.id) if api_keys.delete(account.id, key.id)]
    sessions.end_of_account(account.id, now)
    logger.info("credentials ended", extra={"account": account.id})
    return {"account": account.id, "keys": ended}


def make_key(order: MakeKey, now: datetime) -> dict[str, Any]:
    """Make a key and return it, this once; a repeated order makes another one."""
    key_id, secret = passwords.generate_key(passwords.KeyKind.PARTNER)
    key = PartnerKey(id=key_id, partner=order.partner, name=order.name, created_at=now, by=order.by)
    partners.create(key, passwords.hash_of(secret))
    logger.info("partner key made", extra={"partner": key.partner, "key_id": key_id})
    return {**_shown(key), "key": secret}


def list_keys(_order: ListKeys, _now: datetime) -> dict[str, Any]:
    """Return all keys without their secrets."""
    return {"items": [_shown(key) for key in partners.keys_of_all()]}


def end_key(order: EndKey, now: datetime) -> dict[str, Any]:
    """End a key and return it; a repeated order changes nothing. Raises `NotFound`."""
    key = partners.end(order.key_id, now)
    if key is None:
        raise NotFound(f"There is no partner key {order.key_id!r}.", field="key_id")
    if key.ended_at != now:
        return Unchanged(_shown(key))
    logger.info("partner key ended", extra={"partner": key.partner, "key_id": key.id})
    return _shown(key)


def _check_address(account: Account) -> None:
    if account.established_at is None or not account.email:
        raise WrongStatus("The account's sign-up is not complete: its address is not confirmed.", field="account")


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
        why=f"somebody asked us for a new password of account {account.id}",
    )


def _shown(key: PartnerKey) -> dict[str, Any]:
    return {name: to_builtins(getattr(key, name)) for name in PartnerKey.__struct_fields__}
