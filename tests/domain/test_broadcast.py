from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode.broadcasts.broadcast import (
    BROADCAST_LEASE,
    NEXT_BROADCAST_STATES,
    Broadcast,
    BroadcastState,
    add_counts,
    broadcast_may_become,
    broadcast_states_before,
    broadcast_text_id,
    is_due,
)
from longcode.windows import HEALED_AFTER
from tests.support.fakes import NOW

BROADCAST = Broadcast(
    account="1", id="b1", state=BroadcastState.SENDING, created_at=NOW, fingerprint="f", seed="s", body="Hi", step=0
)


def test_a_cancelled_and_a_refused_broadcast_is_over() -> None:
    assert [state for state in BroadcastState if state not in NEXT_BROADCAST_STATES] == [
        BroadcastState.CANCELLED,
        BroadcastState.REFUSED,
    ]


@pytest.mark.parametrize(
    "state", [BroadcastState.SCHEDULED, BroadcastState.PLANNING, BroadcastState.SENDING, BroadcastState.DONE]
)
def test_whatever_is_not_over_can_be_cancelled(state: BroadcastState) -> None:
    assert broadcast_may_become(state, BroadcastState.CANCELLED)


def test_only_a_plan_is_refused() -> None:
    assert broadcast_states_before(BroadcastState.REFUSED) == (BroadcastState.PLANNING,)


@given(st.text(alphabet="+0123456789", max_size=16), st.text(alphabet="+0123456789", max_size=16))
def test_a_phone_has_one_text_in_a_broadcast_and_its_own(phone: str, other: str) -> None:
    same = broadcast_text_id(BROADCAST, phone) == broadcast_text_id(BROADCAST, other)

    assert same == (phone == other)


def test_the_id_of_a_text_is_found_by_the_broadcasts_and_does_not_tell_the_phone() -> None:
    name = broadcast_text_id(BROADCAST, "+12125550123")

    assert name.startswith("b1-")
    assert name != broadcast_text_id(replace(BROADCAST, seed="other"), "+12125550123")


def test_what_is_left_to_write_is_what_is_reserved_less_what_is_written() -> None:
    assert BROADCAST.budget is None
    assert replace(BROADCAST, reserved=10, reserved_in="2026-11.1", units=4).budget == 6
    assert replace(BROADCAST, reserved=10, reserved_in="2026-11.1", units=11).budget == 0


def test_a_broadcast_without_a_time_is_due_at_once_and_another_at_its_time() -> None:
    scheduled = replace(BROADCAST, send_at=NOW)

    assert is_due(BROADCAST, NOW)
    assert is_due(scheduled, NOW)
    assert not is_due(scheduled, NOW - timedelta(seconds=1))


def test_reasons_are_counted_on_top() -> None:
    assert add_counts({"limit": 2}, ["limit", "duplicate"]) == {"limit": 3, "duplicate": 1}


def test_the_sweeper_comes_when_a_dead_workers_lease_is_over() -> None:
    assert BROADCAST_LEASE < HEALED_AFTER
