"""Of STOP and START, in whatever order they come and however often, the latest by time stands."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longcode.jobs import Means
from longcode.optouts.consent import SHARED, OptOut, OptOutEvent, apply, blocks, of_account
from tests.support.fakes import NOW


def said(minute: int, *, out: bool, event_id: str | None = None) -> OptOutEvent:
    return OptOutEvent(
        id=event_id or f"e{minute:03}",
        phone="+12125550123",
        scope=SHARED,
        out=out,
        at=NOW + timedelta(minutes=minute),
        means=Means.TEXT,
        words="",
    )


def after(*events: OptOutEvent) -> OptOut:
    state = reduce(apply, events, None)
    assert state
    return state


EVENTS = st.lists(
    st.builds(said, st.integers(0, 5), out=st.booleans(), event_id=st.sampled_from("abcdef")),
    min_size=1,
    unique_by=lambda event: event.id,
)


@settings(max_examples=50)
@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_in_which_events_come_does_not_matter(events: list[OptOutEvent], chance: object) -> None:
    shuffled = events * 2
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' own Random

    state = after(*shuffled)

    latest = max(events, key=lambda event: (event.at, event.id))
    assert (state.out, state.at, state.event_id) == (latest.out, latest.at, latest.id)


@settings(max_examples=50)
@given(EVENTS)
def test_the_same_event_again_changes_nothing(events: list[OptOutEvent]) -> None:
    state = after(*events)

    assert [apply(state, event) is state for event in events] == [True] * len(events)


def test_the_event_that_turned_the_state_is_kept_through_its_repetitions() -> None:
    stop, again, start, idle = (
        said(0, out=True),
        said(1, out=True),
        said(2, out=False),
        said(3, out=False),
    )

    assert after(stop).turned_by == "e000"
    assert after(stop, again).turned_by == "e000"
    assert after(stop, again, start).turned_by == "e002"
    assert after(stop, again, start, idle).turned_by == "e002"


def test_a_start_of_a_phone_that_was_never_out_turns_nothing() -> None:
    assert after(said(0, out=False)).turned_by is None
    assert after(said(1, out=False), said(0, out=True)).turned_by is None


def test_a_studios_scope_is_not_the_services() -> None:
    assert of_account("shared") != SHARED
    assert of_account("1") != of_account("10")


EARLIER, LATER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)


def opt_out(scope: str, at: datetime, *, out: bool = True) -> OptOut:
    return OptOut(phone="+12125550123", scope=scope, out=out, at=at, event_id="e1", since=at)


@pytest.mark.parametrize(
    ("shared", "own", "left_at", "expected"),
    [
        (None, None, None, False),
        (None, opt_out("account-1", NOW), None, True),
        (opt_out(SHARED, NOW), None, None, True),
        (opt_out(SHARED, NOW, out=False), None, None, False),
        (opt_out(SHARED, NOW), opt_out("account-1", LATER, out=False), None, True),
        (opt_out(SHARED, NOW), None, LATER, True),
        (opt_out(SHARED, NOW), None, NOW, False),
        (opt_out(SHARED, NOW), None, EARLIER, False),
        (opt_out(SHARED, NOW), opt_out("account-1", LATER, out=False), LATER, False),
        (opt_out(SHARED, NOW), opt_out("account-1", EARLIER, out=False), LATER, True),
        (opt_out(SHARED, NOW), opt_out("account-1", EARLIER), EARLIER, True),
    ],
)
def test_an_account_is_bound_by_its_own_opt_out_and_by_the_shared_one_of_when_it_shared(
    shared: OptOut | None, own: OptOut | None, left_at: datetime | None, expected: bool
) -> None:
    assert blocks(shared, own, left_at) is expected


def test_a_stop_said_again_to_others_does_not_free_a_studio_that_has_left() -> None:
    stop, again = said(0, out=True), said(10, out=True)

    assert blocks(after(stop, again), None, NOW + timedelta(minutes=5))


def test_a_start_to_a_studios_own_number_stands_though_a_stop_is_said_again_to_others() -> None:
    stop, again, start = said(0, out=True), said(10, out=True), said(7, out=False)

    assert not blocks(after(stop, again), after(start), NOW + timedelta(minutes=5))


@pytest.mark.parametrize(("start_at", "expected"), [(0, True), (4, False)])
def test_a_late_stop_holds_against_what_staff_decided_since_and_not_against_a_start(
    start_at: int, expected: bool
) -> None:
    no = replace(said(5, out=False), means=Means.TEXT_AND_STAFF)
    start, stop = said(start_at, out=False), said(3, out=True)

    assert [after(start, no, stop).out, after(start, no, stop, stop).out] == [expected, expected]


def test_what_staff_decided_of_a_near_miss_is_no_start() -> None:
    no = replace(said(2, out=False), means=Means.TEXT_AND_STAFF)

    assert blocks(after(said(0, out=True)), after(no), NOW + timedelta(minutes=5))
