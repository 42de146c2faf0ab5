"""A flood of wrong credentials costs neither reads nor hashes, and keeps out nobody who was let in before."""

from base64 import b64encode
from datetime import timedelta

import pytest

from accounts import authorizer
from longcode.accounts import api_keys, passwords
from longcode.accounts.api_keys import ApiKey
from longcode.accounts.credential_limits import A_MINUTE, CredentialLimits
from longcode.accounts.passwords import KeyScope
from tests.support.crashes import recorded_calls
from tests.support.fakes import NOW, PASSWORD, studio

pytestmark = pytest.mark.usefixtures("aws")

STRANGER, OWNER = "203.0.113.9", "192.0.2.10"


@pytest.fixture
def limits() -> CredentialLimits:
    return CredentialLimits()


def ask(limits: CredentialLimits, secret: str, address: str, account: str = "10000001", seconds: float = 0) -> bool:
    header = "Basic " + b64encode(f"{account}:{secret}".encode()).decode()
    caller = authorizer.authenticate_within(limits, header, address, NOW + timedelta(seconds=seconds))
    return caller is not None


def flood(limits: CredentialLimits, number: int) -> None:
    """Try many accounts from one address, each with a wrong password."""
    for index in range(number):
        ask(limits, "wrong", STRANGER, account=f"2{index:07}")


def test_an_address_that_tries_many_accounts_is_refused_unread(limits: CredentialLimits) -> None:
    studio()
    flood(limits, A_MINUTE)

    with recorded_calls() as calls:
        refused = ask(limits, PASSWORD, STRANGER)

    assert (refused, calls) == (False, [])
    assert ask(limits, PASSWORD, OWNER)
    assert ask(limits, PASSWORD, STRANGER, seconds=2)


def test_guesses_close_an_account_to_nobody_else(limits: CredentialLimits) -> None:
    studio()
    for index in range(600):  # five a second from one address, and many addresses
        ask(limits, f"wrong{index}", STRANGER, seconds=index / 5)
    for index in range(2 * A_MINUTE):
        ask(limits, f"other{index}", f"203.0.112.{index}", seconds=120)

    assert ask(limits, PASSWORD, OWNER, seconds=120)


def test_credentials_that_were_right_within_the_hour_go_on(limits: CredentialLimits) -> None:
    studio()
    assert ask(limits, PASSWORD, STRANGER)

    flood(limits, 2 * A_MINUTE)
    for index in range(A_MINUTE):
        ask(limits, f"wrong{index}", f"198.51.100.{index}", seconds=60)

    assert ask(limits, PASSWORD, STRANGER, seconds=60)
    assert ask(limits, PASSWORD, OWNER, seconds=60)


def test_an_api_key_goes_on_whoever_tries_the_accounts_password(limits: CredentialLimits) -> None:
    studio()
    key_id, secret = passwords.generate_key()
    key = ApiKey(account="10000001", id=key_id, name="Calendar", scope=KeyScope.ALL, created_at=NOW)
    api_keys.create(key, passwords.hash_of(secret))
    for index in range(A_MINUTE):
        ask(limits, f"wrong{index}", f"203.0.113.{index}")

    assert ask(limits, secret, OWNER)


def test_the_same_wrong_password_costs_one_look_a_minute(limits: CredentialLimits) -> None:
    studio()
    ask(limits, "old", OWNER)

    with recorded_calls() as calls:
        for second in range(60):
            ask(limits, "old", OWNER, seconds=second)
    with recorded_calls() as later:
        ask(limits, "old", OWNER, seconds=60)

    assert calls == []
    assert later == ["BatchGetItem"]
    assert ask(limits, PASSWORD, OWNER, seconds=60)


def test_a_password_that_one_address_may_not_use_is_right_at_another(limits: CredentialLimits) -> None:
    studio()
    for index in range(5):
        ask(limits, f"wrong{index}", STRANGER)

    assert not ask(limits, PASSWORD, STRANGER)
    assert ask(limits, PASSWORD, OWNER)


def test_a_clock_that_is_set_back_keeps_nobody_out(limits: CredentialLimits) -> None:
    studio()
    ask(limits, PASSWORD[:-1], STRANGER, seconds=86_400)
    ask(limits, "old", OWNER, seconds=86_400)

    with recorded_calls() as calls:
        ask(limits, "old", OWNER, seconds=0)

    assert calls == ["BatchGetItem"]
    assert ask(limits, PASSWORD, STRANGER, seconds=0)
