"""Passwords: hard to guess, easy to type, stored as argon2id hashes."""

import math
import re

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

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.matches("abcde", kept)
    assert not passwords.matches("abcdE", kept)
    assert not passwords.matches("", kept)
    assert "abcde" not in kept


def test_each_hash_of_a_password_is_different() -> None:
    assert passwords.hash_of("abcde") != passwords.hash_of("abcde")


def test_no_password_matches_without_a_hash() -> None:
    assert not passwords.matches("", None)
    assert not passwords.matches("abcde", None)


def test_the_hash_for_unknown_accounts_takes_as_long_to_check() -> None:
    kept = passwords.hash_of("abcde")

    assert passwords.DUMMY_HASH.split("$")[:4] == kept.split("$")[:4]
    assert len(passwords.DUMMY_HASH) == len(kept)


def test_no_password_matches_a_malformed_hash() -> None:
    assert not passwords.matches("abcde", "abcde")
