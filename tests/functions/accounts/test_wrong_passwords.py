"""Wrong passwords make one address wait, and never keep the owner out."""

import base64
from datetime import timedelta
from hashlib import blake2b

import pytest

from accounts import authorizer
from accounts.authorizer import Caller
from longcode.accounts import api_keys, passwords
from longcode.accounts.api_keys import ApiKey
from longcode.accounts.passwords import KeyScope
from sweeper import sweep_schedule
from tests.support.aws_calls import failing, parallel_calls
from tests.support.crashes import recorded_calls
from tests.support.fakes import NOW, PASSWORD, LambdaContext, studio
from tests.support.mails import mails_to
from tests.support.readers import sample_event

pytestmark = pytest.mark.usefixtures("aws")

MINE, STRANGER, OWNER = "10000001", "198.51.100.7", "192.0.2.10"
MAIL = "10000001@studio.example"


def attempt(password: str, address: str = STRANGER, account: str = MINE, minutes: float = 0) -> Caller | None:
    header = "Basic " + base64.b64encode(f"{account}:{password}".encode()).decode()
    return authorizer.authenticate(header, address, NOW + timedelta(minutes=minutes))


def test_after_five_wrong_passwords_an_address_cannot_even_use_the_right_one() -> None:
    studio()

    answers = [attempt(f"wrong-{number}") for number in range(5)]

    assert answers == [None] * 5
    assert [attempt("wrong-5"), attempt(PASSWORD)] == [None, None]


def test_the_owner_comes_in_from_another_address_and_with_a_key_from_any() -> None:
    studio()
    key_id, key = passwords.generate_key()
    stored = ApiKey(account=MINE, id=key_id, name="Booking", scope=KeyScope.ALL, created_at=NOW)
    api_keys.create(stored, passwords.hash_of(key))

    for number in range(40):
        attempt(f"wrong-{number}", f"198.51.100.{number % 8}")

    assert attempt(PASSWORD) is None
    assert attempt(PASSWORD, OWNER) == Caller(MINE)
    assert attempt(key) == attempt(key, OWNER) == Caller(MINE, KeyScope.ALL, key_id)


def test_the_wait_is_for_one_account() -> None:
    studio(MINE)
    studio("10000002")

    for number in range(6):
        attempt(f"wrong-{number}")

    assert attempt(PASSWORD, account="10000002") == Caller("10000002")


def test_guesses_whose_tags_would_be_equal_for_whoever_knows_the_account_number_are_all_counted() -> None:
    studio()
    tags = {
        guess: blake2b(guess.encode(), key=MINE.encode(), digest_size=1).hexdigest()
        for guess in map("guess-{}".format, range(20_000))
    }

    for guess in [guess for guess, tag in tags.items() if tag == "00"][:40]:
        attempt(guess)

    assert attempt(PASSWORD) is None


def test_the_wait_ends_a_quarter_of_an_hour_after_the_last_wrong_password() -> None:
    studio()
    for number in range(5):
        attempt(f"wrong-{number}", minutes=number)

    refused = [attempt(PASSWORD, minutes=minutes) for minutes in (5, 10, 18.9)]

    assert refused == [None, None, None]
    assert attempt(PASSWORD, minutes=19) == Caller(MINE)
    assert [attempt(f"new-{number}", minutes=20) for number in range(5)] == [None] * 5
    assert attempt(PASSWORD, minutes=21) is None


def test_a_program_with_an_old_password_does_not_close_its_own_address() -> None:
    studio()

    answers = [attempt("the-old-one", OWNER, minutes=5 * number) for number in range(100)]

    assert answers == [None] * 100
    assert attempt(PASSWORD, OWNER, minutes=500) == Caller(MINE)
    assert mails_to(MAIL) == []


def test_right_passwords_cost_one_read_and_no_write() -> None:
    studio()

    with recorded_calls() as calls:
        attempt(PASSWORD)

    assert calls == ["BatchGetItem"]


def test_all_addresses_of_a_customers_ipv6_network_count_as_one() -> None:
    studio()

    for number in range(5):
        attempt(f"wrong-{number}", f"2001:db8:1:2::{number}")

    assert attempt(PASSWORD, "2001:db8:1:2:ffff::1") is None
    assert attempt(PASSWORD, "2001:db8:1:3::1") == Caller(MINE)


def test_an_unknown_account_is_answered_like_a_known_one_with_the_same_calls() -> None:
    studio()

    def answers(account: str) -> tuple[list[Caller | None], list[str]]:
        with recorded_calls() as calls:
            results = [attempt(f"wrong-{number}", account=account) for number in range(7)]
        return results, list(calls)

    assert answers("10000009") == answers(MINE)


def test_the_owner_is_told_once_a_day_from_where(capsys: pytest.CaptureFixture[str]) -> None:
    studio()

    for hour in (0, 1, 2, 9):
        for number in range(7):
            attempt(f"wrong-{number}", f"198.51.100.{hour}", minutes=60 * hour)
            attempt(f"wrong-{number}", f"198.51.100.{hour}", account="10000009", minutes=60 * hour)
        for minutes in (1, 2, 3):
            sweep_schedule.sweep(NOW + timedelta(hours=hour, minutes=minutes))

    mails = mails_to(MAIL)
    assert [mail.subject for mail in mails] == ["Somebody tried wrong passwords for your Longcode account"] * 2
    assert "from the internet address 198.51.100.0" in mails[0].text
    assert "from the internet address 198.51.100.9" in mails[1].text
    assert "wrong-" not in "".join(capsys.readouterr()) + mails[0].text


def test_parallel_attempts_end_in_a_wait_and_one_mail() -> None:
    studio()

    with parallel_calls() as threads:
        list(threads.map(lambda number: attempt(f"wrong-{number}"), range(8)))

    assert [attempt(PASSWORD), attempt(PASSWORD)] == [None, None]
    sweep_schedule.sweep(NOW + timedelta(minutes=1))
    sweep_schedule.sweep(NOW + timedelta(minutes=2))
    assert len(mails_to(MAIL)) == 1


def test_a_wrong_password_that_cannot_be_counted_is_still_wrong() -> None:
    studio()

    with failing("dynamodb", "PutItem", "AccessDeniedException"):
        assert attempt("wrong") is None


def test_who_has_to_wait_gets_the_401_that_api_gateway_does_not_keep() -> None:
    studio()
    event = sample_event("authorizer")
    for number in range(5):
        attempt(f"wrong-{number}", event["requestContext"]["identity"]["sourceIp"], minutes=60 * 24 * 3650)

    with pytest.raises(PermissionError, match="Unauthorized"):
        authorizer.handler(event, LambdaContext())
