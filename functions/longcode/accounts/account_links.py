"""Mailed links that set a new password or a new mail address: the newest of an account works, once, until its end."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest

from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.table import credential_keys, store
from longcode.table.keys import Key
from longcode.table.writes import Delete, Put, attributes, read

VALID = timedelta(hours=24)
"""How long a link works."""

LINK_ENDED = "This link was used already, or it is too old. Please ask for a new one."
"""What the page of a mailed link says that no longer works."""

FIRST_VALID = timedelta(days=7)
"""How long a link works that is mailed for a new account: it shows the first password, or confirms the address."""


class LinkKind(StrEnum):
    """What a link does. Each kind is a type of item."""

    PASSWORD = "password-link"  # noqa: S105
    ADDRESS = "address-link"


class AccountLink(Struct, frozen=True, kw_only=True):
    """A link of an account, known by the hash of its secret; `email` is the address that it confirms."""

    account: str
    hash: str
    valid_until: datetime
    kind: LinkKind = LinkKind.PASSWORD
    email: str = ""


def request(kind: LinkKind, account: str, now: datetime, valid: timedelta = VALID, *, email: str = "") -> str:
    """Store a link in place of the account's last one of its kind; return its token, of which a hash is stored."""
    secret = secrets.token_urlsafe(32)
    link = AccountLink(account=account, hash=_hash(secret), valid_until=now + valid, kind=kind, email=email)
    store.write(Put(_place(kind, account), {"type": kind, **attributes(link), **store.expires(link.valid_until)}))
    return f"{account}.{secret}"


def find(kind: LinkKind, token: str, now: datetime) -> AccountLink | None:
    """Return the link of a token, or None if it is unknown, used, too old or replaced by a newer one."""
    account, _, secret = token.partition(".")
    link = newest(kind, account, now)
    return link if link and compare_digest(link.hash, _hash(secret)) else None


def newest(kind: LinkKind, account: str, now: datetime) -> AccountLink | None:
    """Return the link of an account that works, or None."""
    item = store.unexpired(store.get(_place(kind, account)), now)
    link = read(AccountLink, item) if item else None
    return link if link and now < link.valid_until else None


def use(link: AccountLink) -> Delete:
    """Return the write that uses a link up; it fails if the link was used or replaced."""
    return Delete(_place(link.kind, link.account), Attr("hash").eq(link.hash))


def end(kind: LinkKind, account: str) -> Delete:
    """Return the write that ends the link of an account, if there is one."""
    return Delete(_place(kind, account))


def _place(kind: LinkKind, account: str) -> Key:
    of_kind = {LinkKind.PASSWORD: credential_keys.password_link, LinkKind.ADDRESS: credential_keys.address_link}
    return of_kind[kind](account)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
