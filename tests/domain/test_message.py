import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode.message import NEXT_STATES, MessageState, may_become, states_before

# How far a text is; a state may only be followed by one further on, but for a retry.
RANK = {
    MessageState.SCHEDULED: 0,
    MessageState.ACCEPTED: 1,
    MessageState.QUEUED: 2,
    MessageState.SENDING: 3,
    MessageState.UNCERTAIN: 4,
    MessageState.SENT: 5,
    MessageState.UNDELIVERED: 6,
    MessageState.DELIVERED: 7,
    MessageState.FAILED: 8,
    MessageState.REFUSED: 8,
    MessageState.CANCELLED: 8,
    MessageState.EXPIRED: 8,
    MessageState.RECEIVED: 8,
}
AT_REST = [
    MessageState.DELIVERED,
    MessageState.FAILED,
    MessageState.REFUSED,
    MessageState.CANCELLED,
    MessageState.EXPIRED,
    MessageState.RECEIVED,
]
BY_THE_CARRIER = {MessageState.SENT, MessageState.DELIVERED, MessageState.UNDELIVERED}

states = st.sampled_from(MessageState)


@given(states, states)
def test_a_state_only_moves_up_but_for_a_retry(now: MessageState, then: MessageState) -> None:
    if may_become(now, then):
        assert RANK[now] < RANK[then] or (now, then) == (MessageState.SENDING, MessageState.QUEUED)


@given(st.lists(states, max_size=30))
def test_once_the_carrier_may_have_it_a_text_is_never_handed_over_again(wishes: list[MessageState]) -> None:
    state, handed_over = MessageState.UNCERTAIN, 0

    for wish in wishes:
        if may_become(state, wish):
            state = wish
            handed_over += wish is MessageState.SENDING

    assert handed_over == 0


@given(
    st.permutations([MessageState.SENT, MessageState.DELIVERED, MessageState.UNDELIVERED]),
    st.sampled_from([*BY_THE_CARRIER]),
)
def test_receipts_in_any_order_and_doubled_end_alike(order: list[MessageState], doubled: MessageState) -> None:
    state = MessageState.SENDING

    for receipt in [*order, doubled]:
        state = receipt if may_become(state, receipt) else state

    assert state is MessageState.DELIVERED


@pytest.mark.parametrize("state", AT_REST)
def test_a_final_state_stays(state: MessageState) -> None:
    assert NEXT_STATES.get(state, set()) == set()


@pytest.mark.parametrize("end", [MessageState.REFUSED, MessageState.CANCELLED, MessageState.EXPIRED])
def test_only_before_sending_is_a_text_dropped(end: MessageState) -> None:
    assert set(states_before(end)) == {MessageState.SCHEDULED, MessageState.ACCEPTED, MessageState.QUEUED}


@given(states)
def test_no_state_follows_itself(state: MessageState) -> None:
    assert not may_become(state, state)


@given(states, states)
def test_the_condition_of_a_write_says_what_the_table_of_states_says(now: MessageState, then: MessageState) -> None:
    assert (now in states_before(then)) == may_become(now, then)
