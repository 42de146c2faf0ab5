"""Passwords: too many to guess, easy to type, kept as argon2id."""

import math
import re

from longcode.accounts import passwords


def test_a_password_has_more_than_128_random_bits() -> None:
    made = [passwords.make() for _ in range(200)]

    alphabet = set("".join(made)) - {"-"}
    assert all(re.fullmatch(r"([a-z2-9]{5}-){5}[a-z2-9]{5}", one) for one in made)
    assert len(alphabet) == 31
    assert alphabet.isdisjoint("ilo01")
    assert math.log2(31) * 30 > 128
    assert len(set(made)) == 200


def test_a_password_matches_its_own_hash_and_no_other() -> None:
    kept = passwords.hashed("abcde")

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.matches("abcde", kept)
    assert not passwords.matches("abcdE", kept)
    assert not passwords.matches("", kept)
    assert "abcde" not in kept


def test_the_same_password_is_kept_in_another_way_each_time() -> None:
    assert passwords.hashed("abcde") != passwords.hashed("abcde")


def test_nothing_matches_where_nothing_is_kept() -> None:
    assert not passwords.matches("", None)
    assert not passwords.matches("abcde", None)


def test_nobodys_hash_takes_as_long_to_check_as_anybodys() -> None:
    kept = passwords.hashed("abcde")

    assert passwords.UNKNOWN.split("$")[:4] == kept.split("$")[:4]
    assert len(passwords.UNKNOWN) == len(kept)


def test_nothing_matches_what_is_no_hash() -> None:
    assert not passwords.matches("abcde", "abcde")
