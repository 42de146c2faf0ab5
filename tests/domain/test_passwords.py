"""Passwords: hard to guess, easy to type, stored as salted hashes."""

import math
import re

import pytest
from argon2 import PasswordHasher

from longcode.accounts import passwords


def test_a_password_has_more_than_128_random_bits() -> None:
    generated = [passwords.generate() for _ in range(200)]

    alphabet = set("".join(generated)) - {"-"}
    assert all(re.fullmatch(r"([a-z2-9]{5}-){5}[a-z2-9]{5}", one) for one in generated)
    assert len(alphabet) == 31
    assert alphabet.isdisjoint("ilo01")
    assert math.log2(31) * 30 > 128
    assert len(set(generated)) == 200


def test_a_password_matches_its_own_hash_and_no_other() -> None:
    kept = passwords.hash_of("abcde")

    assert re.fullmatch(r"\$blake2b\$[0-9a-f]{32}\$[0-9a-f]{64}", kept)
    assert passwords.matches("abcde", kept)
    assert not passwords.matches("abcdE", kept)
    assert not passwords.matches("", kept)
    assert "abcde" not in kept


def test_each_hash_of_a_password_is_different() -> None:
    assert passwords.hash_of("abcde") != passwords.hash_of("abcde")


def test_no_password_matches_without_a_hash() -> None:
    assert not passwords.matches("", None)
    assert not passwords.matches("abcde", None)


def test_a_hash_of_an_earlier_release_is_still_checked() -> None:
    kept = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash("abcde")

    assert passwords.matches("abcde", kept)
    assert not passwords.matches("abcdE", kept)


@pytest.mark.parametrize(
    "kept", ["", "abcde", "$blake2b$", "$blake2b$12", "$blake2b$12$", "$argon2id$", "x$blake2b$1$2"]
)
def test_no_password_matches_a_malformed_hash(kept: str) -> None:
    assert not passwords.matches("abcde", kept)
    assert not passwords.matches("", kept)
