from datetime import timedelta

import pytest
from msgspec.structs import replace

from longcode.message import Message, MessageKind, MessageState
from longcode.messages import store as messages
from longcode.messages.compose import draft
from longcode.table import due, keys, store
from longcode.usage import store as quotas
from longcode.usage.usage import Limits
from tests.support.fakes import NOW

LEASE = NOW + timedelta(seconds=60)
LIMITS = Limits(account="1", month="2026-11", changes=1, day="2026-11-22", units_a_month=100, units_a_day=None)

pytestmark = pytest.mark.usefixtures("aws")


def message(message_id: str = "m-0") -> Message:
    return draft(
        account="1",
        message_id=message_id,
        kind=MessageKind.INDIVIDUAL,
        phone="+12125550123",
        number="+15555550100",
        body="Hello",
        now=NOW,
    )


def accepted(message_id: str = "m-0") -> Message:
    messages.accept([message(message_id)])
    return message(message_id)


def claimed() -> Message:
    taken = messages.claim(accepted(), "a", NOW, LEASE)
    assert taken
    return taken


def stored() -> Message:
    found = messages.get("1", "m-0")
    assert found
    return found


def test_a_repeated_acceptance_raises_with_the_requests_first_message() -> None:
    messages.accept([message("r-0"), message("r-1")])

    with pytest.raises(messages.AlreadyAccepted) as before:
        messages.accept([message("r-0"), message("r-1")])

    assert before.value.first.id == "r-0"


def test_a_failed_reservation_writes_no_message() -> None:
    reservation = quotas.reserve_writes(LIMITS, 1, NOW)

    with pytest.raises(messages.NotReserved) as refused:
        messages.accept([message()], reservation)

    assert refused.value.found == {}
    assert messages.get("1", "m-0") is None


def test_a_requests_messages_are_listed_in_its_order() -> None:
    messages.accept([message(f"r-{index}") for index in range(12)])

    assert [message.id for message in messages.of_request("1", "r")] == [f"r-{index}" for index in range(12)]


def test_a_claimed_message_can_be_claimed_again_only_with_the_same_claim_id() -> None:
    before = accepted()
    ours = messages.claim(before, "ours", NOW, LEASE)

    assert messages.claim(before, "theirs", NOW, LEASE) is None
    assert messages.claim(before, "ours", NOW, LEASE) == ours


def test_a_lease_within_the_two_minutes_does_not_touch_the_index() -> None:
    assert claimed().due_at == NOW + timedelta(minutes=2)


def test_a_message_is_never_due_before_its_lease_ends() -> None:
    late = NOW + timedelta(minutes=5)

    taken = messages.claim(accepted(), "a", late, late + timedelta(seconds=60))

    assert taken
    assert stored().due_at == late + timedelta(seconds=60)


def test_recording_a_message_counts_it_once_and_takes_it_off_the_due_index() -> None:
    taken = claimed()

    first = messages.record(taken, MessageState.SENT, carrier="twilio", carrier_id="SM1")
    second = messages.record(taken, MessageState.SENT, carrier="twilio", carrier_id="SM1")

    assert (first, second) == (True, False)
    assert quotas.of_month("1", "2026-11").units_sent == 1
    item = store.get(keys.message("1", "m-0"))
    assert item
    assert {"due_at", "due_shard", "lease_until", "claim_id"}.isdisjoint(item)


@pytest.mark.parametrize("end", [MessageState.REFUSED, MessageState.EXPIRED, MessageState.CANCELLED])
def test_a_message_that_is_being_sent_cannot_be_refused_cancelled_or_expired(end: MessageState) -> None:
    taken = claimed()

    assert not messages.end_unsent(taken, end)
    assert stored().state is MessageState.SENDING


def test_a_message_is_rescheduled_once() -> None:
    before = accepted()

    first = messages.reschedule(before, MessageState.QUEUED, LEASE)
    second = messages.reschedule(before, MessageState.QUEUED, LEASE + timedelta(minutes=9))

    assert (first, second) == (True, False)
    assert stored() == replace(before, state=MessageState.QUEUED, due_at=LEASE)


def test_a_receipt_does_not_change_a_failed_message() -> None:
    taken = claimed()
    messages.end_unsent(taken, MessageState.FAILED, error="uncertain")

    assert not messages.record_receipt(taken, MessageState.DELIVERED)
    assert not messages.record(taken, MessageState.DELIVERED)
    assert stored().state is MessageState.FAILED


def test_a_slow_worker_cannot_claim_a_message_that_was_rescheduled() -> None:
    before = accepted()
    taken = messages.claim(before, "quick", NOW, LEASE)
    assert taken
    messages.reschedule(taken, MessageState.QUEUED, LEASE)

    assert messages.claim(before, "slow", NOW, LEASE) is None


def test_the_result_of_a_first_attempt_does_not_end_the_second() -> None:
    taken = claimed()
    messages.reschedule(taken, MessageState.UNCERTAIN, LEASE, deadline=LEASE)
    messages.claim_again(stored(), "b", LEASE, LEASE)

    assert not messages.end_unsent(taken, MessageState.FAILED, error="uncertain")
    assert (stored().state, stored().attempt) == (MessageState.SENDING, 2)


def test_due_texts_of_a_broadcast_delay_no_single_text() -> None:
    bulk = [replace(message(f"b-{index}"), kind=MessageKind.BULK, due_at=NOW) for index in range(16)]
    messages.accept([*bulk, replace(message(), due_at=NOW + timedelta(minutes=1))])

    first, *_ = due.find(NOW + timedelta(minutes=2), at_most=1)

    assert first["id"] == "m-0"
