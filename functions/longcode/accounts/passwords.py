"""Passwords: generated here with 148 random bits, stored as an argon2id hash."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without characters that are misread: i, l, o, 0, 1
_GROUPS, _GROUP_LENGTH = 6, 5

# OWASP's second choice for argon2id (19 MiB, t=2, p=1), about 20 ms in a small function.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Checked where an account has no hash. A constant, because computing a hash would add 20 ms to each start.
DUMMY_HASH = "$argon2id$v=19$m=19456,t=2,p=1$1nzkKcbbTUP/lMyGaug4aw$pRG0ztb75kVJS3PaHA77UkE0293t8obwhe8gwRpmez8"


def generate() -> str:
    """Return a new password that a person can copy from a mail."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))


def hash_of(password: str) -> str:
    """Return the hash of a password, to store it."""
    return _hasher.hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Return whether a password has the stored hash; a missing hash takes as long, so that timing reveals nothing."""
    try:
        return _hasher.verify(stored or DUMMY_HASH, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False
