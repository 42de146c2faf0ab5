"""Mailed links that sign a person in: the newest one of an address works, once, for a quarter of an hour."""

from datetime import datetime, timedelta

from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.accounts import passwords
from longcode.accounts.people import hash_of
from longcode.table import credential_keys, store
from longcode.table.writes import Put, Update, attributes, has_value, read

VALID = timedelta(minutes=15)
"""How long a link works."""

MOST_AN_HOUR = 5
"""How many links an address is mailed within an hour."""

_WHILE_ONE_WORKS = 2
"""Up to how many within an hour a link is mailed although the last one still works; further ones follow its end.

So whoever asks for links with another's address cannot keep them out: one mail each quarter of an hour and one more
are the five, and the newest mail has a link that works.
"""

_HOUR = timedelta(hours=1)


class SignInLink(Struct, frozen=True, kw_only=True):
    """The newest link of an address, known by the hash of its secret, and when links were mailed within the hour."""

    email: str
    hash: str
    valid_until: datetime
    mailed: dict[str, datetime] = {}
    version: int = 0


def request(email: str, job_id: str, now: datetime) -> str | None:
    """Store a new link in place of the last one and return its token; None if the address has had enough mails.

    A job that is repeated gets another link, and counts once. Raise `ConditionFailed` if another job was faster.
    """
    key = credential_keys.sign_in_link(hash_of(email))
    item = store.unexpired(store.get(key), now)
    known = read(SignInLink, item) if item else None
    mailed = {name: at for name, at in (known.mailed if known else {}).items() if at > now - _HOUR and name != job_id}
    if len(mailed) >= (_WHILE_ONE_WORKS if known and _is_open(known, now) else MOST_AN_HOUR):
        return None
    secret, hashed = passwords.generate_secret()
    link = SignInLink(
        email=email,
        hash=hashed,
        valid_until=now + VALID,
        mailed=mailed | {job_id: now},
        version=known.version + 1 if known else 1,
    )
    new = {"type": "sign-in-link", **attributes(link), **store.expires(now + _HOUR)}
    store.write(Put(key, new, has_value("version", known.version) if known else store.absent_or_expired(now)))
    return f"{hash_of(email)}.{secret}"


def find(token: str, now: datetime) -> SignInLink | None:
    """Return the link of a token, or None if it is unknown, used, too old or replaced by a newer one."""
    address, _, secret = token.partition(".")
    item = store.unexpired(store.get(credential_keys.sign_in_link(address)), now)
    link = read(SignInLink, item) if item else None
    return link if link and passwords.is_secret(secret, link.hash) and _is_open(link, now) else None


def _is_open(link: SignInLink, now: datetime) -> bool:
    """Return whether a link was not used and has not ended."""
    return bool(link.hash) and now < link.valid_until


def use(link: SignInLink) -> bool:
    """Use a link up; return False if it was used or replaced meanwhile."""
    key = credential_keys.sign_in_link(hash_of(link.email))
    return store.try_write(Update(key, changes={"hash": ""}, when=Attr("hash").eq(link.hash)))
