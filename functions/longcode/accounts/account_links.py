"""Mailed links that set a new password or email address of an account: the newest of each kind works, once."""

from datetime import datetime, timedelta
from enum import StrEnum

from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode import jobs
from longcode.accounts import owner_notices, passwords, people
from longcode.accounts.account import Account, NoticeKind, check_open
from longcode.accounts.names import check_mail_address
from longcode.aws import queues
from longcode.errors import RequestError, TooManyMails
from longcode.table import credential_keys, hourly, store
from longcode.table.keys import Key
from longcode.table.writes import Delete, Put, Write, attributes, read

VALID = timedelta(hours=24)
"""How long a link works."""

LINK_ENDED = "This link was used already, or it is too old. Please ask for a new one."
"""What the page of a mailed link says that no longer works."""

FIRST_VALID = timedelta(days=7)
"""How long a link works that is mailed for a new account: it shows the first password, or confirms the address."""

MOST_ASKED = 5
"""How many mails an hour an account can have sent to addresses that are to become its own."""

_OWN_ADDRESS = "This is the address of the account, or of one of its people, already."
_TOO_MANY = f"An account can ask for {MOST_ASKED} mails an hour to a new address; please try again in an hour."
_ADDRESS_ASKED = (
    "If no other account has this address, a mail with a link is on its way to it. The address counts once the link"
    " is opened and confirmed, within 24 hours. Until then, everything stays as it is."
)


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
    secret, hashed = passwords.generate_secret()
    link = AccountLink(account=account, hash=hashed, valid_until=now + valid, kind=kind, email=email)
    store.write(Put(_place(kind, account), {"type": kind, **attributes(link), **store.expires(link.valid_until)}))
    return f"{account}.{secret}"


def ask_for_address(account: Account, email: str, now: datetime, *others: Write) -> str:
    """Ask the worker to mail a link to an account's future address; return what to say to whoever asked.

    The other writes are made first.

    The answer does not show whether another account has the address. The old address gets a notice, and stays the
    account's until the link is used. Raise `RequestError` for an address that cannot be used, `TooManyMails` or
    `AccountClosed`.
    """
    check_open(account)
    new = check_mail_address(email)
    if any(person.email == new for person in people.of_account(account)):
        raise RequestError(_OWN_ADDRESS, field="email")
    if not hourly.count(f"addresses of {account.id}", MOST_ASKED, now):
        raise TooManyMails(_TOO_MANY, field="email")
    notice = owner_notices.new(account.id, NoticeKind.ADDRESS_ASKED, now, f"{account.email} {new}")
    if writes := [*([notice] if account.email else []), *others]:
        store.transact(writes)
    queues.send(jobs.MailAddressLink(account=account.id, new_email=new))
    return _ADDRESS_ASKED


def find(kind: LinkKind, token: str, now: datetime) -> AccountLink | None:
    """Return the link of a token, or None if it is unknown, used, too old or replaced by a newer one."""
    account, _, secret = token.partition(".")
    link = newest(kind, account, now)
    return link if link and passwords.is_secret(secret, link.hash) else None


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
