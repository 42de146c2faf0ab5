"""Mailed links that set a new password: the newest one of an account works, once, until its end."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest

from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.table import credential_keys, store
from longcode.table.writes import Delete, Put, attributes, read

VALID = timedelta(hours=24)
"""How long a link works that the operator sends."""

LINK_ENDED = "This link was used already, or it is too old. Please ask for a new one."
"""What the page of a mailed link says that no longer works."""

FIRST_VALID = timedelta(days=7)
"""How long the link of a welcome mail works that shows the first password."""


class PasswordLink(Struct, frozen=True, kw_only=True):
    """A link of an account, known by the hash of its secret."""

    account: str
    hash: str
    valid_until: datetime


def request(account: str, now: datetime, valid: timedelta = VALID) -> str:
    """Store a link in place of the account's last one, and return its token; only a hash of it is stored."""
    secret = secrets.token_urlsafe(32)
    link = PasswordLink(account=account, hash=_hash(secret), valid_until=now + valid)
    item = {"type": "password-link", **attributes(link), **store.expires(link.valid_until)}
    store.write(Put(credential_keys.password_link(account), item))
    return f"{account}.{secret}"


def find(token: str, now: datetime) -> PasswordLink | None:
    """Return the link of a token, or None if it is unknown, used, too old or replaced by a newer one."""
    account, _, secret = token.partition(".")
    item = store.unexpired(store.get(credential_keys.password_link(account)), now)
    link = read(PasswordLink, item) if item else None
    is_valid = link and compare_digest(link.hash, _hash(secret)) and now < link.valid_until
    return link if is_valid else None


def use(link: PasswordLink) -> Delete:
    """Return the write that uses a link up; it fails if the link was used or replaced."""
    return Delete(credential_keys.password_link(link.account), Attr("hash").eq(link.hash))


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
