import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode.message import NEXT, State, before, may_become

# How far a text is; a state may only be followed by one further on, but for a retry.
RANK = {
    State.SCHEDULED: 0,
    State.ACCEPTED: 1,
    State.QUEUED: 2,
    State.SENDING: 3,
    State.UNCERTAIN: 4,
    State.SENT: 5,
    State.UNDELIVERED: 6,
    State.DELIVERED: 7,
    State.FAILED: 8,
    State.REFUSED: 8,
    State.CANCELLED: 8,
    State.EXPIRED: 8,
    State.RECEIVED: 8,
}
AT_REST = [State.DELIVERED, State.FAILED, State.REFUSED, State.CANCELLED, State.EXPIRED, State.RECEIVED]
BY_THE_CARRIER = {State.SENT, State.DELIVERED, State.UNDELIVERED}

states = st.sampled_from(State)


@given(states, states)
def test_a_state_only_moves_up_but_for_a_retry(now: State, then: State) -> None:
    if may_become(now, then):
        assert RANK[now] < RANK[then] or (now, then) == (State.SENDING, State.QUEUED)


@given(st.lists(states, max_size=30))
def test_once_the_carrier_may_have_it_a_text_is_never_handed_over_again(wishes: list[State]) -> None:
    state, handed_over = State.UNCERTAIN, 0

    for wish in wishes:
        if may_become(state, wish):
            state = wish
            handed_over += wish is State.SENDING

    assert handed_over == 0


@given(st.permutations([State.SENT, State.DELIVERED, State.UNDELIVERED]), st.sampled_from([*BY_THE_CARRIER]))
def test_receipts_in_any_order_and_doubled_end_alike(order: list[State], doubled: State) -> None:
    state = State.SENDING

    for receipt in [*order, doubled]:
        state = receipt if may_become(state, receipt) else state

    assert state is State.DELIVERED


@pytest.mark.parametrize("state", AT_REST)
def test_a_final_state_stays(state: State) -> None:
    assert NEXT.get(state, set()) == set()


@pytest.mark.parametrize("end", [State.REFUSED, State.CANCELLED, State.EXPIRED])
def test_only_before_sending_is_a_text_dropped(end: State) -> None:
    assert set(before(end)) == {State.SCHEDULED, State.ACCEPTED, State.QUEUED}


@given(states)
def test_no_state_follows_itself(state: State) -> None:
    assert not may_become(state, state)


@given(states, states)
def test_the_condition_of_a_write_says_what_the_table_of_states_says(now: State, then: State) -> None:
    assert (now in before(then)) == may_become(now, then)
