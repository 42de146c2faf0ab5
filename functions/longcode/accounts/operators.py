"""The operators who sign in to their own pages of the hub: those whose addresses the deployment lists, or nobody."""

from datetime import UTC, datetime

from longcode.accounts.people import Person, Role, hash_of
from longcode.aws.settings import settings

OPERATORS = "0"
"""The account of operators' sessions: no studio has this number."""

_LINK = "operator:"  # no address of a mail contains a colon: see MAIL_ADDRESS


def is_operator(address: str) -> bool:
    """Return whether the deployment lists an address, in whatever case it was typed."""
    return address.strip().casefold() in map(str.casefold, settings().operator_addresses)


def operator(address: str) -> Person:
    """Return the operator with an address, by whom their sessions and orders are known."""
    return Person(
        account=OPERATORS,
        id=hash_of(address),
        name=address,
        email=address,
        role=Role.OPERATOR,
        added_at=datetime.fromtimestamp(0, UTC),
    )


def for_link(address: str) -> str:
    """Return what stands for an operator's address in a sign-in link: a studio's person can have the same address."""
    return f"{_LINK}{address}"


def address_in_link(email: str) -> str | None:
    """Return the operator's address that `for_link` was given, or None for a link of a studio's person."""
    return email.removeprefix(_LINK) if email.startswith(_LINK) else None
