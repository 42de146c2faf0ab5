"""The states of a broadcast, the ids of its texts, and its counts."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from longcode.broadcasts.broadcast import (
    BROADCAST_LEASE,
    NEXT_BROADCAST_STATES,
    Broadcast,
    BulkAction,
    add_counts,
    broadcast_may_become,
    broadcast_states_before,
    broadcast_text_id,
    is_due,
    may_have_unsent_texts,
    next_texts_at,
    resumed,
)
from longcode.message import BroadcastState
from longcode.windows import SWEEP_AFTER
from tests.support.fakes import NOW

BROADCAST = Broadcast(
    account="1", id="b1", state=BroadcastState.SENDING, created_at=NOW, fingerprint="f", seed="s", body="Hi", step=0
)


def test_only_a_cancelled_or_refused_broadcast_cannot_change() -> None:
    assert [state for state in BroadcastState if state not in NEXT_BROADCAST_STATES] == [
        BroadcastState.CANCELLED,
        BroadcastState.REFUSED,
    ]


@pytest.mark.parametrize(
    "state", [BroadcastState.SCHEDULED, BroadcastState.PLANNING, BroadcastState.SENDING, BroadcastState.DONE]
)
def test_every_other_broadcast_can_be_cancelled(state: BroadcastState) -> None:
    assert broadcast_may_become(state, BroadcastState.CANCELLED)


@pytest.mark.parametrize(
    ("state", "first"),
    [
        (BroadcastState.SCHEDULED, None),
        (BroadcastState.PLANNING, None),
        (BroadcastState.SENDING, BulkAction.RESUME),
        (BroadcastState.DONE, BulkAction.RESUME),
    ],
)
def test_a_resumed_broadcast_goes_on_with_the_texts_that_are_written(
    state: BroadcastState, first: BulkAction | None
) -> None:
    paused = replace(BROADCAST, state=state, paused=True, error="account_suspended", detail="Suspended")

    after = resumed(paused, NOW)

    assert (after.paused, after.error, after.detail, after.bulk_action) == (False, None, None, first)
    assert after.due_at == NOW + SWEEP_AFTER


def test_a_resumed_broadcast_is_due_at_its_own_time() -> None:
    scheduled = replace(BROADCAST, state=BroadcastState.SCHEDULED, send_at=NOW + timedelta(days=1), paused=True)

    assert resumed(scheduled, NOW).due_at == NOW + timedelta(days=1)


def test_a_broadcast_may_have_unsent_texts_for_five_days_after_they_are_written() -> None:
    done = replace(BROADCAST, state=BroadcastState.DONE, finished_at=NOW)

    assert may_have_unsent_texts(done, NOW + timedelta(days=4))
    assert not may_have_unsent_texts(done, NOW + timedelta(days=5))
    assert not may_have_unsent_texts(BROADCAST, NOW)


def test_only_a_broadcast_in_planning_is_refused() -> None:
    assert broadcast_states_before(BroadcastState.REFUSED) == (BroadcastState.PLANNING,)


@given(st.text(alphabet="+0123456789", max_size=16), st.text(alphabet="+0123456789", max_size=16))
def test_each_phone_has_its_own_text_id_in_a_broadcast(phone: str, other: str) -> None:
    same = broadcast_text_id(BROADCAST, phone) == broadcast_text_id(BROADCAST, other)

    assert same == (phone == other)


def test_a_text_id_begins_with_the_broadcasts_id_and_hides_the_phone() -> None:
    name = broadcast_text_id(BROADCAST, "+12125550123")

    assert name.startswith("b1-")
    assert name != broadcast_text_id(replace(BROADCAST, seed="other"), "+12125550123")


def test_the_budget_is_the_reserved_units_less_the_written_ones() -> None:
    assert BROADCAST.budget is None
    assert replace(BROADCAST, reserved=10, reserved_in="2026-11.1", units=4).budget == 6
    assert replace(BROADCAST, reserved=10, reserved_in="2026-11.1", units=11).budget == 0


def test_a_broadcast_is_due_at_its_time_or_at_once() -> None:
    scheduled = replace(BROADCAST, send_at=NOW)

    assert is_due(BROADCAST, NOW)
    assert is_due(scheduled, NOW)
    assert not is_due(scheduled, NOW - timedelta(seconds=1))


def test_counts_are_added_to_earlier_ones() -> None:
    assert add_counts({"limit": 2}, ["limit", "duplicate"]) == {"limit": 3, "duplicate": 1}


def test_a_lease_ends_before_the_sweeper_looks() -> None:
    assert BROADCAST_LEASE < SWEEP_AFTER


def test_a_broadcast_that_begins_late_in_a_restored_table_writes_at_once_what_it_had_written_by_then() -> None:
    later = NOW + timedelta(hours=2)
    written = replace(BROADCAST, send_at=NOW, started_at=NOW + timedelta(seconds=50), segments=7200 + 120)
    again = replace(written, created_at=NOW - timedelta(days=1), started_at=later)

    assert next_texts_at(written, later, 1) is None
    assert next_texts_at(replace(written, segments=7200 + 121), later, 1) is not None
    assert next_texts_at(again, later + timedelta(minutes=5), 1) is None
