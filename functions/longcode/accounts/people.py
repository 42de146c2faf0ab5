"""The people of a studio who sign in to the hub by mail: the owner, and those whom the owner has added."""

from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2b

from msgspec import Struct

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws.settings import settings
from longcode.table import credential_keys, hourly, store
from longcode.table.writes import ABSENT, PRESENT, Delete, Put, Write, attributes, read

MOST_PEOPLE = 50
"""How many people an account may have besides the owner."""

MOST_ADDED, MOST_ADDED_BY_NEW = 30, 5
"""How many people an account can add in an hour, and until it is approved: each gets a mail with its name."""

OWNER = "owner"
"""The id of the person with the account's own email address, who is not stored."""


OPERATORS = "0"
"""The account of operators and their sessions: no studio has this number."""

_OPERATORS_LINK = "operator:"  # no email address has a colon


class Role(StrEnum):
    """What a person may do: the owner everything, staff all but people, plan, settings and passwords.

    An operator is of no account, and has pages of their own.
    """

    OWNER = "owner"
    STAFF = "staff"
    OPERATOR = "operator"


class Person(Struct, frozen=True, kw_only=True):
    """A person of an account. The address is in lower case. `added_by` is the name of the owner who added them."""

    account: str
    id: str
    name: str
    email: str
    role: Role
    added_at: datetime
    added_by: str | None = None


def owner_of(account: Account) -> Person:
    """Return the person with the account's own email address."""
    return Person(
        account=account.id,
        id=OWNER,
        name=account.name,
        email=account.email,
        role=Role.OWNER,
        added_at=account.created_at,
    )


def add(person: Person, *others: Write) -> bool:
    """Store a person, with other writes; return False if the account has one with this address already."""
    link = {"type": "person-link", "account": person.account, "person": person.id}
    try:
        store.transact(
            [
                Put(credential_keys.person(person.account, person.id), {"type": "person", **attributes(person)}),
                Put(credential_keys.person_link(hash_of(person.email), person.account), link, ABSENT),
                *others,
            ]
        )
    except store.ConditionFailed:
        return False
    return True


def count_added(account: Account, now: datetime) -> bool:
    """Count a person that an account adds; return False if it has added too many within the hour."""
    is_new = account.trial_units_a_day is not None
    return hourly.count(f"people of {account.id}", MOST_ADDED_BY_NEW if is_new else MOST_ADDED, now)


def remove(person: Person, *others: Write) -> None:
    """Delete a person, if they are there, with other writes. Their sessions are the caller's to end, after this."""
    store.try_write(
        Delete(credential_keys.person(person.account, person.id), PRESENT),
        Delete(credential_keys.person_link(hash_of(person.email), person.account)),
        *others,
    )


def get(account: str, person_id: str) -> Person | None:
    """Return a stored person, or None."""
    item = store.get(credential_keys.person(account, person_id))
    return read(Person, item) if item else None


def address_of(account: Account, person_id: str) -> str:
    """Return the address of a person, by the id that a session has; "" if there is none."""
    if person_id == OWNER:
        return account.email
    person = get(account.id, person_id) if person_id else None
    return person.email if person else ""


def of_account(account: Account) -> list[Person]:
    """Return the people of an account, the owner first, then in the order in which they were added."""
    added = [read(Person, item) for item in store.query(credential_keys.person(account.id))]
    return [owner_of(account), *sorted(added, key=lambda person: person.added_at)]


def with_email(address: str) -> list[Person]:
    """Return the people with an address, one for each account."""
    links = [*store.query(credential_keys.person_link(hash_of(address)))]
    stored = [get(str(link["account"]), str(link["person"])) for link in links]
    known = accounts.with_email(address.casefold())
    owned = accounts.get(known) if known else None
    return [*([owner_of(owned)] if owned else []), *(person for person in stored if person)]


def is_operator(address: str) -> bool:
    """Return whether the deployment lists an address as an operator's, in whatever case it was typed."""
    return address.strip().casefold() in map(str.casefold, settings().operator_addresses)


def operator(address: str) -> Person:
    """Return the operator with an address, who is not stored."""
    return Person(
        account=OPERATORS,
        id=hash_of(address),
        name=address,
        email=address,
        role=Role.OPERATOR,
        added_at=datetime.fromtimestamp(0, UTC),
    )


def in_operators_link(address: str) -> str:
    """Return what stands for an operator's address in a sign-in link: a studio's person can have the same one."""
    return f"{_OPERATORS_LINK}{address}"


def of_operators_link(email: str) -> str | None:
    """Return the address that `in_operators_link` was given, or None for a link of a studio's person."""
    return email.removeprefix(_OPERATORS_LINK) if email.startswith(_OPERATORS_LINK) else None


def hash_of(address: str) -> str:
    """Return the hash by which an address is found, in whatever case it was typed."""
    return blake2b(address.strip().casefold().encode(), digest_size=16).hexdigest()
