"""Bulk and automatic texts wait for the recipient's morning, and expire rather than being sent a day late."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from longcode.accounts.account import Account, QuietZone
from longcode.message import HoldReason, Message, MessageKind, MessageState
from longcode.messages import store as messages
from longcode.messages.compose import draft
from longcode.messages.timing import with_send_time
from sweeper import sweep_schedule
from tests.support.fakes import FakeCarrier, client, take_queued
from tests.support.text_steps import deliver, stored

pytestmark = pytest.mark.account(client=False)

NEW_YORK, LOS_ANGELES, NOBODY_KNOWS = "+12125550123", "+12135550123", "+18005550123"
EVENING = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)  # 21:30 in New York, 18:30 in Los Angeles
MORNING = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)  # 08:00 in New York


def text(
    account: Account, phone: str = NEW_YORK, now: datetime = EVENING, send_at: datetime | None = None
) -> Message:
    """Write a text of a broadcast."""
    plain = draft(
        account=account.id,
        message_id="m-0",
        kind=MessageKind.BULK,
        phone=phone,
        number="+15555550100",
        body="Hello",
        now=now,
        send_at=send_at,
    )
    written = with_send_time(plain, account, None)
    messages.accept([written])
    return written


def test_a_bulk_text_waits_until_eight_in_the_morning_at_the_phones_place(account: Account) -> None:
    message, carrier = text(account), FakeCarrier()

    early = sweep_schedule.sweep(MORNING - timedelta(seconds=1))
    sweep_schedule.sweep(MORNING + timedelta(seconds=20))
    deliver(carrier, MORNING + timedelta(seconds=21), take_queued("bulk"))

    assert (message.state, message.held, message.due_at) == (MessageState.SCHEDULED, HoldReason.QUIET_HOURS, MORNING)
    assert early == 0
    assert stored(account, "m-0").state is MessageState.SENT
    assert [text.valid_seconds for text in carrier.texts] == [46779]  # until 21:00 in New York


def test_a_bulk_text_is_sent_at_once_where_it_is_still_day(account: Account) -> None:
    message = text(account, LOS_ANGELES)

    assert (message.state, message.held) == (MessageState.ACCEPTED, None)


def test_a_bulk_text_to_an_unknown_place_waits_for_every_time_zone(account: Account) -> None:
    assert text(account, NOBODY_KNOWS).due_at == datetime(2026, 11, 24, 22, 0, tzinfo=UTC)


def test_the_studios_time_zone_can_be_used_for_clients_without_one(account: Account) -> None:
    in_chicago = replace(account, quiet_zone=QuietZone.STUDIO)

    assert text(in_chicago, NOBODY_KNOWS, EVENING + timedelta(hours=1)).due_at == datetime(
        2026, 11, 24, 14, 0, tzinfo=UTC
    )


def test_an_account_can_turn_quiet_hours_off(account: Account) -> None:
    message = text(replace(account, quiet_hours=False))

    assert (message.state, message.quiet_from) == (MessageState.ACCEPTED, None)


def test_a_time_chosen_by_the_studio_waits_for_the_morning_too(account: Account) -> None:
    message = text(account, send_at=datetime(2026, 12, 1, 4, 0, tzinfo=UTC))

    assert message.due_at == datetime(2026, 12, 1, 13, 0, tzinfo=UTC)
    assert message.valid_until == datetime(2026, 12, 2, 4, 0, tzinfo=UTC)


def test_a_text_that_a_worker_gets_after_nine_in_the_evening_waits_for_the_morning(account: Account) -> None:
    evening = EVENING - timedelta(minutes=31)  # 20:59
    text(account, now=evening)
    carrier, job = FakeCarrier(), f'{{"account":"{account.id}","message_id":"m-0"}}'

    deliver(carrier, evening + timedelta(minutes=2), [job])
    late = stored(account, "m-0")
    deliver(carrier, evening + timedelta(minutes=3), [job])  # a copy of the job

    assert carrier.texts == []
    assert (late.state, late.held, late.due_at) == (MessageState.QUEUED, HoldReason.QUIET_HOURS, MORNING)
    assert late.attempt == 0


def test_a_held_text_is_sent_once_in_the_morning(account: Account) -> None:
    evening = EVENING - timedelta(minutes=31)
    text(account, now=evening)
    carrier, job = FakeCarrier(), f'{{"account":"{account.id}","message_id":"m-0"}}'
    deliver(carrier, evening + timedelta(minutes=2), [job])

    for minute in (1, 4):
        sweep_schedule.sweep(MORNING + timedelta(minutes=minute))
        deliver(carrier, MORNING + timedelta(minutes=minute), take_queued("bulk") or [job])

    assert len(carrier.texts) == 1


def test_a_text_held_for_a_day_expires_with_the_reason(account: Account) -> None:
    text(account)

    sweep_schedule.sweep(EVENING + timedelta(days=1, seconds=1))

    dropped = stored(account, "m-0")
    assert (dropped.state, dropped.error) == (MessageState.EXPIRED, "quiet_hours")


def test_a_text_whose_quiet_hours_last_over_a_day_expires(account: Account) -> None:
    friday = datetime(2026, 11, 28, 0, 0, tzinfo=UTC)
    message = text(account, NOBODY_KNOWS, friday)

    sweep_schedule.sweep(friday + timedelta(days=1, seconds=1))

    assert message.due_at == message.valid_until
    assert stored(account, "m-0").state is MessageState.EXPIRED


def test_a_clients_own_time_zone_overrides_the_numbers(account: Account) -> None:
    in_sydney = client(account, "c1", NEW_YORK, time_zone="Australia/Sydney")
    plain = draft(
        account=account.id,
        message_id="m-0",
        kind=MessageKind.BULK,
        phone=NEW_YORK,
        number="+1",
        body="Hello",
        now=EVENING,
    )

    assert with_send_time(plain, account, in_sydney).state is MessageState.ACCEPTED  # 13:30 in Sydney
