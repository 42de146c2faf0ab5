"""Passwords, API keys and the secrets of links and sessions: generated here, and stored as hashes."""

import re
import secrets
from enum import StrEnum
from hashlib import blake2b, sha256
from hmac import compare_digest

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without characters that are misread: i, l, o, 0, 1
_GROUPS, _GROUP_LENGTH = 6, 5
_FORM = "$blake2b$"
_SALT_BYTES = 16
_KEY_ID_LENGTH = 8
_SECRET_LENGTH = _GROUPS * _GROUP_LENGTH
_ID_AND_SECRET = rf"_([{_ALPHABET}]{{{_KEY_ID_LENGTH}}})_[{_ALPHABET}]{{{_SECRET_LENGTH}}}"


class KeyKind(StrEnum):
    """The prefix of a key, by which scanners for leaked secrets can find it: of an account's, or of a partner's."""

    API = "lck"
    PARTNER = "lcp"


class KeyScope(StrEnum):
    """What an API key may do (longcode/web/scopes.py has the routes); a password may do all."""

    SEND = "send"
    READ = "read"
    ALL = "all"


def generate() -> str:
    """Return a new password that a person can copy from a mail."""
    return "-".join(_random(_GROUP_LENGTH) for _ in range(_GROUPS))


def generate_key(kind: KeyKind = KeyKind.API, key_id: str | None = None) -> tuple[str, str]:
    """Return the id of a new key, and the key, which contains the id. No password has the form of a key."""
    key_id = key_id or _random(_KEY_ID_LENGTH)
    return key_id, f"{kind}_{key_id}_{_random(_SECRET_LENGTH)}"


def derive_key(secret: str, salt: str) -> tuple[str, str]:
    """Return the id of an API key, and the key: always the same ones for a secret and a salt.

    Whoever has only one of the two learns nothing of the key.
    """
    number = int.from_bytes(blake2b(salt.encode(), key=secret.encode()[:64], digest_size=64).digest())
    characters = ""
    while len(characters) < _KEY_ID_LENGTH + _SECRET_LENGTH:
        number, place = divmod(number, len(_ALPHABET))
        characters += _ALPHABET[place]
    key_id = characters[:_KEY_ID_LENGTH]
    return key_id, f"{KeyKind.API}_{key_id}_{characters[_KEY_ID_LENGTH:]}"


def key_id_of(secret: str, kind: KeyKind = KeyKind.API) -> str | None:
    """Return the id in a key of a kind, or None for a password or a key of the other kind."""
    match = re.fullmatch(kind + _ID_AND_SECRET, secret)
    return match[1] if match else None


def generate_secret() -> tuple[str, str]:
    """Return the secret of a new link or session, and its hash, which needs no salt: it has 256 random bits."""
    secret = secrets.token_urlsafe(32)
    return secret, hash_of_secret(secret)


def hash_of_secret(secret: str) -> str:
    """Return the hash by which a link or session is stored."""
    return sha256(secret.encode()).hexdigest()


def is_secret(secret: str, hashed: str) -> bool:
    """Return whether a secret of a link has a hash."""
    return compare_digest(hashed, hash_of_secret(secret))


def hash_of(password: str) -> str:
    """Return the hash of a generated password or API key, to store it.

    Nobody can guess 148 random bits, so the hash need not be slow, as one of a chosen password must be.
    """
    salt = secrets.token_hex(_SALT_BYTES)
    return f"{_FORM}{salt}${_digest(password, salt)}"


def matches(password: str, stored: str | None) -> bool:
    """Return whether a password has the stored hash; a missing hash takes as long, so that timing reveals nothing."""
    if stored and stored.startswith("$argon2id$"):
        return _matches_argon2(password, stored)
    form, _, salt_and_digest = (stored or "").rpartition(_FORM)
    salt, _, digest = salt_and_digest.partition("$")
    is_equal = compare_digest(_digest(password, salt).encode(), digest.encode())
    return is_equal and not form


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _digest(password: str, salt: str) -> str:
    return blake2b(password.encode(), key=salt.encode()[:64], digest_size=32).hexdigest()


def _matches_argon2(password: str, stored: str) -> bool:
    """Check a hash that a release before December 2026 stored."""
    import argon2  # noqa: PLC0415 - few accounts have such a hash

    try:
        return argon2.PasswordHasher().verify(stored, password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
