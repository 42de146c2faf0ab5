import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode.message import NEXT_STATES, MessageState, may_become, states_before

# The rank of each state: except for a retry, a state is only followed by a state of a higher rank.
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
FINAL = [
    MessageState.DELIVERED,
    MessageState.FAILED,
    MessageState.REFUSED,
    MessageState.CANCELLED,
    MessageState.EXPIRED,
    MessageState.RECEIVED,
]
REPORTED = {MessageState.SENT, MessageState.DELIVERED, MessageState.UNDELIVERED}

states = st.sampled_from(MessageState)


@given(states, states)
def test_a_state_is_followed_by_a_higher_one_except_for_a_retry(now: MessageState, then: MessageState) -> None:
    if may_become(now, then):
        assert RANK[now] < RANK[then] or (now, then) == (MessageState.SENDING, MessageState.QUEUED)


@given(st.lists(states, max_size=30))
def test_an_uncertain_text_is_never_claimed_again(attempts: list[MessageState]) -> None:
    state, handed_over = MessageState.UNCERTAIN, 0

    for attempt in attempts:
        if may_become(state, attempt):
            state = attempt
            handed_over += attempt is MessageState.SENDING

    assert handed_over == 0


@given(
    st.permutations([MessageState.SENT, MessageState.DELIVERED, MessageState.UNDELIVERED]),
    st.sampled_from([*REPORTED]),
)
def test_receipts_in_any_order_and_repeated_end_in_delivered(
    order: list[MessageState], repeated: MessageState
) -> None:
    state = MessageState.SENDING

    for receipt in [*order, repeated]:
        state = receipt if may_become(state, receipt) else state

    assert state is MessageState.DELIVERED


@pytest.mark.parametrize("state", FINAL)
def test_no_state_follows_a_final_state(state: MessageState) -> None:
    assert NEXT_STATES.get(state, set()) == set()


@pytest.mark.parametrize("end", [MessageState.REFUSED, MessageState.CANCELLED, MessageState.EXPIRED])
def test_a_text_is_dropped_only_before_it_is_sent(end: MessageState) -> None:
    assert set(states_before(end)) == {MessageState.SCHEDULED, MessageState.ACCEPTED, MessageState.QUEUED}


@given(states)
def test_no_state_follows_itself(state: MessageState) -> None:
    assert not may_become(state, state)


@given(states, states)
def test_the_states_before_a_state_agree_with_the_table_of_transitions(now: MessageState, then: MessageState) -> None:
    assert (now in states_before(then)) == may_become(now, then)
