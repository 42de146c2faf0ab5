from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode.carriers.carrier import CarrierText
from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.messages.lookup import assign, match

CLAIMED = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)


def message(**changes: Any) -> Message:
    fields: dict[str, Any] = {
        "account": "1001",
        "id": "m1",
        "direction": Direction.OUT,
        "kind": MessageKind.INDIVIDUAL,
        "state": MessageState.UNCERTAIN,
        "phone": "+12125550123",
        "number": "+15555550100",
        "body": "Your proofs are ready.",
        "encoding": "GSM-7",
        "segments": 1,
        "units": 1,
        "created_at": CLAIMED - timedelta(minutes=1),
        "claimed_at": CLAIMED,
    }
    return Message(**(fields | changes))


def listed(carrier_id: str = "SM1", *, seconds: float = 1, body: str = "Your proofs are ready.") -> CarrierText:
    at = CLAIMED + timedelta(seconds=seconds)
    return CarrierText(carrier_id=carrier_id, body=body, created_at=at, state=MessageState.SENT)


def test_the_only_listed_text_with_the_body_and_time_matches() -> None:
    assert match(message(), [listed("SM0", body="Another"), listed("SM1")], []) == listed("SM1")


@pytest.mark.parametrize(("seconds", "found"), [(-16, False), (-15, True), (0, True), (75, True), (76, False)])
def test_a_match_was_created_between_claim_and_end_of_lease_by_either_clock(seconds: float, found: bool) -> None:
    assert (match(message(), [listed(seconds=seconds)], []) is not None) == found


def test_two_listed_texts_that_fit_are_no_match() -> None:
    assert match(message(), [listed("SM1"), listed("SM2")], []) is None


def test_a_listed_text_that_is_recorded_on_another_message_is_no_match() -> None:
    other = message(id="m2", state=MessageState.DELIVERED, carrier_id="SM1")

    assert match(message(), [listed("SM1")], [other]) is None
    assert match(message(), [listed("SM1"), listed("SM2")], [other]) == listed("SM2")


@pytest.mark.parametrize(
    "unheard_of",
    [
        {"state": MessageState.SENDING},
        {"state": MessageState.UNCERTAIN},
        {"state": MessageState.FAILED, "error": "uncertain"},
    ],
)
def test_another_uncertain_text_with_the_same_body_and_time_prevents_a_match(
    unheard_of: dict[str, Any],
) -> None:
    other = message(id="m2", account="1002", claimed_at=CLAIMED + timedelta(seconds=30), **unheard_of)

    assert match(message(), [listed()], [other]) is None


def test_an_uncertain_text_of_another_time_or_with_another_body_prevents_no_match() -> None:
    of_another_time = message(id="m2", claimed_at=CLAIMED - timedelta(minutes=5))
    with_other_words = message(id="m3", body="See you at five.")

    assert match(message(), [listed()], [of_another_time, with_other_words]) == listed()


def test_bodies_are_compared_as_the_carrier_got_them() -> None:
    assert match(message(body="oh \ud83d "), [listed(body="oh ?")], []) == listed(body="oh ?")


def test_a_text_with_a_carriers_id_is_the_listed_one_with_that_id() -> None:
    both, other = [listed("SM1"), listed("SM2", body="Redacted")], message(id="m2")

    assert match(message(carrier_id="SM2"), both, [other]) == both[1]
    assert match(message(carrier_id="SM3"), both, []) is None


@pytest.mark.parametrize(
    ("choices", "assigned"),
    [
        ([], {}),
        ([[]], {}),
        ([["a", "b"]], {0: "a"}),
        ([["a"], ["a"]], {0: "a"}),
        ([["a", "b"], ["a"]], {0: "b", 1: "a"}),
        ([["a", "b"], ["a", "c"], ["a"], ["a", "b"]], {0: "b", 1: "c", 2: "a"}),
        ([["a"], ["a", "b"], ["b", "c"]], {0: "a", 1: "b", 2: "c"}),
    ],
)
def test_as_many_as_possible_get_one_of_their_choices_the_first_ones_first(
    choices: list[list[str]], assigned: dict[int, str]
) -> None:
    assert assign(choices) == assigned


@given(st.lists(st.lists(st.sampled_from("abcdef"), unique=True), max_size=6))
def test_no_other_assignment_gives_more(choices: list[list[str]]) -> None:
    assigned = assign(choices)

    assert len(set(assigned.values())) == len(assigned)
    assert all(choice in choices[index] for index, choice in assigned.items())
    assert len(assigned) == most_assigned(choices, frozenset())


def most_assigned(choices: list[list[str]], taken: frozenset[str]) -> int:
    if not choices:
        return 0
    first, *others = choices
    without = most_assigned(others, taken)
    return max([without, *(1 + most_assigned(others, taken | {choice}) for choice in first if choice not in taken)])
