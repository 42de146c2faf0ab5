from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode.message import Message, MessageKind
from longcode.messages.compose import draft
from longcode.windows import HEALED_AFTER, LEASE, deadline, is_over, retry_at, seconds_left

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)


def text(at: datetime) -> Message:
    return draft(
        account="1", message_id="m-0", kind=MessageKind.INDIVIDUAL, phone="+1", number="+2", body="Hello", now=at
    )


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(1, 30), (2, 60), (3, 120), (4, 240), (5, 480), (6, 900), (7, 900), (1000, 900)]
)
def test_the_pause_doubles_up_to_a_quarter_of_an_hour(attempt: int, seconds: int) -> None:
    assert retry_at(NOW, attempt, 1.0) == NOW + timedelta(seconds=seconds)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_jitter_takes_away_up_to_half_of_it(attempt: int, jitter: float) -> None:
    pause, longest = retry_at(NOW, attempt, jitter) - NOW, retry_at(NOW, attempt, 1.0) - NOW

    assert longest / 2 <= pause <= longest


@pytest.mark.parametrize(("carrier", "minutes"), [("twilio", 15), ("aws", 72 * 60)])
def test_how_long_a_receipt_may_still_tell_depends_on_the_carrier(carrier: str, minutes: int) -> None:
    assert deadline(NOW, carrier) == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("age", "left"),
    [
        (timedelta(0), 14400),
        (timedelta(hours=3, minutes=59, seconds=59), 1),
        (timedelta(hours=4), 0),
        (timedelta(days=9), 0),
    ],
)
def test_a_text_is_worth_sending_for_four_hours(age: timedelta, left: int) -> None:
    message = text(NOW - age)

    assert seconds_left(message, NOW) == left
    assert is_over(message, NOW) == (left == 0)


def test_a_text_with_an_end_of_its_own_is_worth_sending_until_then() -> None:
    message = replace(text(NOW), valid_until=NOW + timedelta(hours=24))

    assert seconds_left(message, NOW) == 86400
    assert not is_over(message, NOW + timedelta(hours=23, minutes=59))
    assert is_over(message, NOW + timedelta(hours=24))


def test_the_carrier_tries_no_longer_than_to_the_recipients_quiet_hours() -> None:
    message = replace(text(NOW), quiet_from=NOW + timedelta(minutes=5))

    assert seconds_left(message, NOW) == 300
    assert not is_over(message, NOW + timedelta(minutes=5))


def test_a_lease_outlives_the_carriers_ten_seconds_and_not_the_first_look_of_the_sweeper() -> None:
    assert timedelta(seconds=10) < LEASE < HEALED_AFTER
