"""`longcode numbers`: what is known of each number, and whom a dedicated one belongs to."""

from datetime import UTC, datetime, timedelta

import pytest

from longcode.accounts import store as accounts
from longcode.numbers import store as numbers
from longcode.table import keyed_hash, store
from longcode.usage import store as usage
from longcode.usage.usage import Usage
from tests.support.admin_orders import send_accepted_order
from tests.support.fakes import NOW, studio
from tests.support.local_aws import SHARED_NUMBER
from tests.support.operator import Log, deployment, longcode

OWN = "+15555550177"


@pytest.fixture(autouse=True)
def one_studio(aws: None) -> None:
    """A studio with a number of its own."""
    studio("10000001")
    send_accepted_order("numbers.assign", account="10000001", number=OWN)


def test_each_number_is_listed_with_its_account_and_what_became_of_its_texts() -> None:
    of_today = usage.count_write("10000001", "2026-11-22", "m1", Usage(texts_sent=40), texts_refused=3)
    of_yesterday = usage.count_write("10000001", "2026-11-21", "m2", Usage(), texts_undelivered=2)
    for write in (of_today, of_yesterday):
        store.write(write)

    printed = longcode("numbers", "list").printed

    assert f"{SHARED_NUMBER} all studios" in printed
    assert f"{OWN} 10000001 2026-11-22 15:30" in printed
    assert "42 taken, 2 not delivered, 3 refused" in printed


def test_a_parked_number_is_listed_with_the_carriers_reason_in_words() -> None:
    numbers.park(OWN, "30034", NOW)

    printed = longcode("numbers", "list").printed

    assert "since 2026-11-22 15:30: the service's number is not registered (30034)" in printed


def test_how_far_ahead_a_numbers_throughput_is_reserved_is_listed() -> None:
    numbers.reserve_throughput(OWN, timedelta(seconds=4), NOW, timedelta(seconds=9))

    [own] = [item for item in longcode("--json", "numbers", "list").answer if item["number"] == OWN]

    assert own["waits_seconds"] == 4.0


def test_a_time_that_a_wrong_clock_reserved_is_no_wait() -> None:
    numbers.reserve_throughput(OWN, timedelta(seconds=4), NOW + timedelta(hours=1), timedelta(seconds=9))

    [own] = [item for item in longcode("--json", "numbers", "list").answer if item["number"] == OWN]

    assert own["waits_seconds"] == 0.0


def test_the_texts_of_a_number_that_ended_badly_are_counted_in_the_log() -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    line = {"message": "text ended badly", "number_hash": keyed_hash.of(SHARED_NUMBER)}
    log = Log([(an_hour_ago, line), (an_hour_ago, line), (an_hour_ago - timedelta(days=2), line)])

    found = longcode("--json", "numbers", "list", "--failures", of=deployment(logs=log)).answer

    assert {item["number"]: item["ended_badly"] for item in found} == {SHARED_NUMBER: 2, OWN: 0}


def test_a_number_is_assigned_and_the_account_is_named() -> None:
    studio("10000002")

    ended = longcode("numbers", "assign", "+1 555 555 0178", "10000002")

    assert ended.printed == "Account 10000002 texts from +15555550178. Its texts that wait go from it, too."
    assert accounts.get_or_raise("10000002").number == "+15555550178"


@pytest.mark.parametrize(
    ("number", "field"), [("5555550178", "NUMBER"), ("+15", "NUMBER"), (SHARED_NUMBER, "NUMBER"), (OWN, "NUMBER")]
)
def test_a_number_that_cannot_be_given_is_refused_with_its_field(number: str, field: str) -> None:
    studio("10000002")

    ended = longcode("numbers", "assign", number, "10000002")

    assert ended.exit_code == 1
    assert f"({field})" in ended.printed


def test_a_number_in_place_of_another_is_given_after_a_yes() -> None:
    unasked = longcode("numbers", "assign", "+15555550178", "10000001")
    kept = accounts.get_or_raise("10000001").number
    ended = longcode("numbers", "assign", "+15555550178", "10000001", typed="y\n")

    assert (unasked.exit_code, kept, ended.exit_code) == (2, OWN, 0)
    assert accounts.get_or_raise("10000001").number == "+15555550178"


@pytest.mark.parametrize("named", [OWN, "10000001"])
def test_a_number_is_taken_back_by_its_number_or_its_account_after_a_yes(named: str) -> None:
    unasked, refused = longcode("numbers", "take-back", named), longcode("numbers", "take-back", named, typed="n\n")
    kept = accounts.get_or_raise("10000001").number
    ended = longcode("numbers", "take-back", named, "--yes")

    assert (unasked.exit_code, refused.exit_code, kept) == (2, 1, OWN)
    assert f"{OWN} is kept for it for thirty days." in ended.printed
    assert accounts.get_or_raise("10000001").number is None
    assert "kept until 2026-12-22 15:30" in longcode("numbers", "list").printed


def test_a_number_that_nobody_has_cannot_be_taken_back() -> None:
    ended = longcode("numbers", "take-back", "+15555550199", "--yes")

    assert ended.exit_code == 1
    assert ended.printed == "'+15555550199' is neither a dedicated number nor an account that has one."
