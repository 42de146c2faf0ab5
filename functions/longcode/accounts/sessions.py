"""Sessions of the hub: begun by a sign-in, known by a random token, listed and ended one by one or all at once."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from boto3.dynamodb.conditions import Attr
from msgspec import Struct
from msgspec.structs import replace

from longcode.accounts.people import Person, Role
from longcode.table import credential_keys, store
from longcode.table.writes import Delete, Put, Update, attributes, read

VALID = timedelta(days=14)
"""How long a session lasts at most."""

IDLE = timedelta(hours=12)
"""How long a session lasts without a request: a working day, so nobody signs in twice on one."""

_NOTED_EVERY = timedelta(minutes=10)  # a request writes only if the last one was noted longer ago


class Session(Struct, frozen=True, kw_only=True):
    """A session of an account, known by the hash of its token. `browser` is the name that people know it by.

    `person` is who signed in by mail, by id and by the name that others see; "" is who has the account's password.
    """

    account: str
    hash: str
    browser: str
    person: str = ""
    name: str = ""
    role: Role = Role.OWNER
    begun_at: datetime
    seen_at: datetime

    @property
    def ends_at(self) -> datetime:
        """Return when the session ends unless a request comes before."""
        return min(self.begun_at + VALID, self.seen_at + IDLE)


def begin(account: str, browser: str, now: datetime, person: Person | None = None) -> str:
    """Store a new session, of a person or of the account's password; return its token, of which a hash is stored."""
    secret = secrets.token_urlsafe(32)
    session = Session(account=account, hash=_hash(secret), browser=browser, begun_at=now, seen_at=now)
    if person:
        session = replace(session, person=person.id, name=person.name, role=person.role)
    item = {"type": "session", **attributes(session), **store.expires(session.ends_at)}
    store.write(Put(credential_keys.session(account, session.hash), item))
    return f"{account}.{secret}"


def find(token: str, now: datetime) -> Session | None:
    """Return the session of a token, or None if it is unknown or has ended; note that it was used."""
    account, _, secret = token.partition(".")
    if not (account.isascii() and account.isdigit() and secret):
        return None
    key = credential_keys.session(account, _hash(secret))
    item = store.unexpired(store.get(key), now)
    session = read(Session, item) if item else None
    if session is None or now >= session.ends_at:
        return None
    if now >= session.seen_at + _NOTED_EVERY:
        until = store.expires(min(session.begun_at + VALID, now + IDLE))
        store.try_write(Update(key, changes={"seen_at": now, **until}, when=Attr("hash").exists()))
    return session


def end(session: Session) -> None:
    """End a session."""
    store.write(Delete(credential_keys.session(session.account, session.hash)))


def end_of_person(account: str, person: str, now: datetime) -> None:
    """End all sessions of a person."""
    for session in of_account(account, now):
        if session.person == person:
            end(session)


def of_account(account: str, now: datetime) -> list[Session]:
    """Return the sessions of an account that have not ended, the newest first."""
    found = [read(Session, item) for item in store.query(credential_keys.session(account))]
    return sorted((one for one in found if now < one.ends_at), key=lambda one: one.begun_at, reverse=True)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
