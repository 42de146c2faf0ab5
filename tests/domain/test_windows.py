"""How long a text is tried and worth sending, and how long its body is kept and shown."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.messages.compose import draft
from longcode.windows import (
    LEASE,
    SWEEP_AFTER,
    hide_old_body,
    is_expired,
    is_past_retention,
    receipt_deadline,
    retry_at,
    seconds_left,
)

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)


def text(at: datetime) -> Message:
    return draft(
        account="1", message_id="m-0", kind=MessageKind.INDIVIDUAL, phone="+1", number="+2", body="Hello", now=at
    )


SENT = replace(text(NOW), state=MessageState.SENT)
REPLY = replace(SENT, direction=Direction.IN, state=MessageState.RECEIVED, media=("https://media.example/1",))
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(1, 30), (2, 60), (3, 120), (4, 240), (5, 480), (6, 900), (7, 900), (1000, 900)]
)
def test_the_pause_doubles_up_to_a_quarter_of_an_hour(attempt: int, seconds: int) -> None:
    assert retry_at(NOW, attempt, 1.0) == NOW + timedelta(seconds=seconds)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_jitter_shortens_the_pause_by_at_most_half(attempt: int, jitter: float) -> None:
    pause, longest = retry_at(NOW, attempt, jitter) - NOW, retry_at(NOW, attempt, 1.0) - NOW

    assert longest / 2 <= pause <= longest


@pytest.mark.parametrize(("carrier", "minutes"), [("twilio", 15), ("aws", 72 * 60)])
def test_the_receipt_deadline_depends_on_the_carrier(carrier: str, minutes: int) -> None:
    assert receipt_deadline(NOW, carrier) == NOW + timedelta(minutes=minutes)


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
    assert is_expired(message, NOW) == (left == 0)


def test_a_text_with_its_own_validity_is_worth_sending_until_its_end() -> None:
    message = replace(text(NOW), valid_until=NOW + timedelta(hours=24))

    assert seconds_left(message, NOW) == 86400
    assert not is_expired(message, NOW + timedelta(hours=23, minutes=59))
    assert is_expired(message, NOW + timedelta(hours=24))


def test_the_carrier_stops_trying_when_the_recipients_quiet_hours_begin() -> None:
    message = replace(text(NOW), quiet_from=NOW + timedelta(minutes=5))

    assert seconds_left(message, NOW) == 300
    assert not is_expired(message, NOW + timedelta(minutes=5))


def test_a_lease_is_longer_than_the_carriers_time_out_and_ends_before_the_sweepers_first_check() -> None:
    assert timedelta(seconds=10) < LEASE < SWEEP_AFTER


@pytest.mark.parametrize(
    ("days", "after", "over"),
    [(30, 30 * DAY, True), (30, 30 * DAY - timedelta(seconds=1), False), (1, DAY, True), (None, 9999 * DAY, False)],
)
def test_a_body_is_past_retention_after_the_accounts_days(days: int | None, after: timedelta, over: bool) -> None:
    assert is_past_retention(SENT, days, NOW + after) is over
    assert is_past_retention(REPLY, days, NOW + after) is over


def test_a_body_past_retention_is_hidden_with_its_pictures() -> None:
    shown = hide_old_body(REPLY, 1, NOW + DAY)

    assert (shown.body, shown.media, shown.body_expired) == ("", (), True)
    assert replace(shown, body="Hello", media=REPLY.media, body_expired=False) == REPLY
    assert hide_old_body(REPLY, 2, NOW + DAY) is REPLY


@pytest.mark.parametrize("state", ["scheduled", "accepted", "queued", "sending", "uncertain"])
def test_a_text_that_may_still_be_sent_keeps_its_body(state: str) -> None:
    assert not is_past_retention(replace(SENT, state=MessageState(state)), 1, NOW + 100 * DAY)


def test_the_age_of_a_scheduled_text_counts_from_its_scheduled_time() -> None:
    scheduled: Message = replace(SENT, send_at=NOW + 100 * DAY)

    assert not is_past_retention(scheduled, 2, NOW + 101 * DAY)
    assert is_past_retention(scheduled, 2, NOW + 102 * DAY)
