"""The state after STOP and START in any order, what it blocks, and the automatic replies."""

from datetime import datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from longcode import keywords, segments
from longcode.jobs import Means
from longcode.keywords import Keyword
from longcode.optouts.consent import SHARED, OptOut, OptOutEvent, account_scope, apply, blocks, keyword_reply
from tests.support.fakes import NOW

CONTACT = "help@longcode.example"


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
def test_events_in_any_order_end_with_the_latest_by_time(events: list[OptOutEvent], chance: object) -> None:
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


def test_a_repeated_stop_or_start_does_not_replace_the_event_that_changed_the_state() -> None:
    stop, again, start, idle = (
        said(0, out=True),
        said(1, out=True),
        said(2, out=False),
        said(3, out=False),
    )

    assert after(stop).changed_by == "e000"
    assert after(stop, again).changed_by == "e000"
    assert after(stop, again, start).changed_by == "e002"
    assert after(stop, again, start, idle).changed_by == "e002"


def test_a_start_from_a_phone_that_was_never_opted_out_changes_nothing() -> None:
    assert after(said(0, out=False)).changed_by is None
    assert after(said(1, out=False), said(0, out=True)).changed_by is None


def test_each_account_has_a_scope_of_its_own() -> None:
    assert account_scope("shared") != SHARED
    assert account_scope("1") != account_scope("10")


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
def test_an_account_is_blocked_by_its_own_opt_out_and_by_a_shared_one_from_before_it_left(
    shared: OptOut | None, own: OptOut | None, left_at: datetime | None, expected: bool
) -> None:
    assert blocks(shared, own, left_at) is expected


def test_a_stop_repeated_to_the_shared_numbers_still_blocks_a_studio_that_has_left_them() -> None:
    stop, again = said(0, out=True), said(10, out=True)

    assert blocks(after(stop, again), None, NOW + timedelta(minutes=5))


def test_a_start_to_a_studios_own_number_outlasts_a_stop_repeated_to_the_shared_numbers() -> None:
    stop, again, start = said(0, out=True), said(10, out=True), said(7, out=False)

    assert not blocks(after(stop, again), after(start), NOW + timedelta(minutes=5))


@pytest.mark.parametrize(("start_at", "expected"), [(0, True), (4, False)])
def test_a_late_stop_counts_after_a_no_of_staff_but_not_after_a_start(start_at: int, expected: bool) -> None:
    no = replace(said(5, out=False), means=Means.TEXT_AND_STAFF)
    start, stop = said(start_at, out=False), said(3, out=True)

    assert [after(start, no, stop).out, after(start, no, stop, stop).out] == [expected, expected]


def test_a_no_of_staff_does_not_end_a_shared_opt_out() -> None:
    no = replace(said(2, out=False), means=Means.TEXT_AND_STAFF)

    assert blocks(after(said(0, out=True)), after(no), NOW + timedelta(minutes=5))


@pytest.mark.parametrize("keyword", list(Keyword))
def test_an_automatic_reply_is_one_segment(keyword: Keyword) -> None:
    measure = segments.measure(keyword_reply(keyword, CONTACT))

    assert (measure.encoding, measure.segments, measure.units) == ("GSM-7", 1, 1)


def test_the_reply_to_help_has_our_name_contact_costs_and_how_to_stop() -> None:
    assert keyword_reply(Keyword.HELP, CONTACT) == (
        "Longcode texts for photo studios. Help: help@longcode.example. "
        "Msg & data rates may apply. Reply STOP to end."
    )


@pytest.mark.parametrize("keyword", list(Keyword))
def test_an_automatic_reply_with_a_long_name_is_one_segment(keyword: Keyword) -> None:
    measure = segments.measure(keyword_reply(keyword, CONTACT, "The Very Long Name Of A Photo Studio Ltd" * 2))

    assert (measure.encoding, measure.segments) == ("GSM-7", 1)


def test_the_replies_to_help_and_stop_name_the_studio_and_the_service() -> None:
    assert keyword_reply(Keyword.HELP, CONTACT, "Foxglove Portraits") == (
        "Foxglove Portraits texts you through Longcode. Help: help@longcode.example. "
        "Msg & data rates may apply. Reply STOP to end."
    )
    assert keyword_reply(Keyword.STOP, CONTACT, "Foxglove Portraits") == (
        "You get no more texts from Foxglove Portraits or other studios on this number (Longcode). "
        "Reply START to get them again."
    )


def test_the_confirmation_of_a_stop_names_the_service_and_explains_start() -> None:
    assert keyword_reply(Keyword.STOP, CONTACT) == (
        "You get no more texts from the studios on this number (Longcode). Reply START to get them again."
    )


def test_yes_gets_the_same_reply_as_start() -> None:
    assert keyword_reply(Keyword.YES, CONTACT) == keyword_reply(Keyword.START, CONTACT)


@pytest.mark.parametrize("keyword", list(Keyword))
def test_an_automatic_reply_that_comes_back_to_us_is_no_keyword(keyword: Keyword) -> None:
    assert keywords.read(keyword_reply(keyword, CONTACT, "Stop & Go")) is None
