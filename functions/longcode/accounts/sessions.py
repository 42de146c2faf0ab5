"""Sessions of the hub: a sign-in begins one, known by a random token; they are listed, and ended singly or together.

One that began with the account's password ends with that password, whoever changes or ends it.
"""

from datetime import datetime, timedelta
from hashlib import sha256

from boto3.dynamodb.conditions import Attr
from msgspec import Struct
from msgspec.structs import replace

from longcode.accounts import passwords
from longcode.accounts.people import Person, Role
from longcode.errors import OnlyTheOwner
from longcode.table import credential_keys, keys, store
from longcode.table.writes import PRESENT, Attributes, Delete, Put, Update, Write, attributes, read

VALID = timedelta(days=14)
"""How long a session lasts at most."""

IDLE = timedelta(hours=12)
"""How long a session lasts without a request: a working day, so nobody signs in twice on one."""

MOST_SESSIONS = 20
"""How many sessions a person has at once; one more ends the oldest."""

_NOTED_EVERY = timedelta(minutes=10)  # a request writes only if the last one was noted longer ago


class Session(Struct, frozen=True, kw_only=True):
    """A session of an account, known by the hash of its token. `browser` is the name that people know it by.

    `person` is who signed in by mail, by id and by the name that others see; "" is who has the account's password.
    Of the latter, `password` is a mark of the password with which the session began.
    """

    account: str
    hash: str
    browser: str
    person: str = ""
    name: str = ""
    role: Role = Role.OWNER
    password: str = ""
    begun_at: datetime
    seen_at: datetime

    @property
    def ends_at(self) -> datetime:
        """Return when the session ends unless a request comes before."""
        return min(self.begun_at + VALID, self.seen_at + IDLE)

    def may_end(self, person: str) -> bool:
        """Return whether the session's person may end or delete what is a person's: staff their own, owners any."""
        return self.role is Role.OWNER or person == self.person


def begin(account: str, browser: str, now: datetime, person: Person | None = None) -> str:
    """Store a new session, of a person or of the account's password; return its token, of which a hash is stored."""
    secret, hashed = passwords.generate_secret()
    session = Session(account=account, hash=hashed, browser=browser, begun_at=now, seen_at=now)
    if person:
        session = replace(session, person=person.id, name=person.name, role=person.role)
    else:
        session = replace(session, password=_mark(store.get(keys.password(account))))
    others = [one for one in of_account(account, now) if one.person == session.person]
    for oldest in others[MOST_SESSIONS - 1 :]:
        end(oldest)
    item = {"type": "session", **attributes(session), **store.expires(session.ends_at)}
    store.write(Put(credential_keys.session(account, session.hash), item))
    return f"{account}.{secret}"


def find(token: str, now: datetime) -> Session | None:
    """Return the session of a token, or None if it is unknown or has ended; note that it was used."""
    account, _, secret = token.partition(".")
    if not (account.isascii() and account.isdigit() and secret):
        return None
    key, password = credential_keys.session(account, passwords.hash_of_secret(secret)), keys.password(account)
    items = store.get_many([key, password])
    item = store.unexpired(items.get(key), now)
    session = read(Session, item) if item else None
    if session is None or now >= session.ends_at:
        return None
    if not session.person and session.password != _mark(items.get(password)):
        return None
    if now >= session.seen_at + _NOTED_EVERY:
        until = store.expires(min(session.begun_at + VALID, now + IDLE))
        store.try_write(Update(key, changes={"seen_at": now, **until}, when=Attr("hash").exists()))
    return session


def to_end(mine: Session, hashed: str, now: datetime) -> Session | None:
    """Return a session of the same account by its hash, None if it has ended; raise `OnlyTheOwner`."""
    found = next((one for one in of_account(mine.account, now) if one.hash == hashed), None)
    if found and not mine.may_end(found.person):
        raise OnlyTheOwner("Only the owner of the account can end the session of somebody else.")
    return found


def keep(session: Session) -> None:
    """Record the account's new password in the session in which it was changed, which then goes on."""
    mark = _mark(store.get(keys.password(session.account)))
    place = credential_keys.session(session.account, session.hash)
    store.try_write(Update(place, changes={"password": mark}, when=Attr("hash").exists()))


def end(session: Session, *others: Write) -> None:
    """End a session, together with other writes, if it has not ended."""
    store.try_write(Delete(credential_keys.session(session.account, session.hash), PRESENT), *others)


def end_of_person(account: str, person: str, now: datetime) -> None:
    """End all sessions of a person."""
    for session in of_account(account, now):
        if session.person == person:
            end(session)


def end_of_account(account: str, now: datetime) -> None:
    """End all sessions of an account."""
    for session in of_account(account, now):
        end(session)


def of_account(account: str, now: datetime) -> list[Session]:
    """Return the sessions of an account that have not ended, the newest first."""
    found = [read(Session, item) for item in store.query(credential_keys.session(account))]
    return sorted((one for one in found if now < one.ends_at), key=lambda one: one.begun_at, reverse=True)


def _mark(password: Attributes | None) -> str:
    """Return a part of the hash of a stored hash, by which a session knows its password; it is no secret."""
    return sha256(str(password["hash"]).encode()).hexdigest()[:16] if password else ""
