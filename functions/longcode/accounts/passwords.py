"""Passwords: made by us with 148 random bits, kept as an argon2id hash."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread: no i, l, o, 0, 1
_GROUPS, _GROUP_LENGTH = 6, 5

# OWASP's second choice for argon2id (19 MiB, t=2, p=1), about 20 ms in a small function.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# The hash of a text that nobody knows: making one anew would cost every start 20 ms.
NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$1nzkKcbbTUP/lMyGaug4aw$pRG0ztb75kVJS3PaHA77UkE0293t8obwhe8gwRpmez8"


def make() -> str:
    """Make a password that a person can type from a mail."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))


def hashed(password: str) -> str:
    """Hash a password to keep."""
    return _hasher.hash(password)


def matches(password: str, kept: str | None) -> bool:
    """Tell whether a password is the one kept; takes as long when there is none to compare with."""
    try:
        return _hasher.verify(kept or NOBODYS, password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False
