"""Opt-outs: the latest event stands, every event is kept, each studio's scope is its own."""

from datetime import timedelta

import pytest

from longcode.jobs import Means
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent, account_scope
from longcode.table import keys, store
from tests.support.aws_calls import parallel_calls
from tests.support.crashes import every_crash
from tests.support.fakes import NOW

pytestmark = pytest.mark.usefixtures("aws")

PHONE = "+12125550123"


def said(minute: int, *, out: bool, scope: str = SHARED, words: str = "") -> OptOutEvent:
    return OptOutEvent(
        id=f"e{minute}",
        phone=PHONE,
        scope=scope,
        out=out,
        at=NOW + timedelta(minutes=minute),
        means=Means.TEXT,
        words=words,
        account="10000001",
    )


def test_an_event_is_kept_in_its_exact_words_for_five_years() -> None:
    event = said(0, out=True, words=" Stop!! 🛑\n")

    optouts.record(event)

    item = store.get(keys.consent(PHONE, SHARED, event.at, "e0"))
    assert optouts.history(PHONE, SHARED, NOW) == [event]
    assert item
    assert item["expires_at"] >= (NOW + timedelta(days=5 * 365 + 1)).timestamp()


def test_a_late_event_is_kept_and_changes_nothing() -> None:
    optouts.record(said(1, out=False))

    state = optouts.record(said(0, out=True))

    assert (state.event_id, state.out, state.changed_by) == ("e1", False, None)
    assert [event.id for event in optouts.history(PHONE, SHARED, NOW)] == ["e0", "e1"]


def test_concurrent_events_are_all_kept_and_the_latest_stands() -> None:
    events = [said(minute, out=minute % 2 == 0) for minute in range(9)]

    with parallel_calls() as threads:
        list(threads.map(optouts.record, events))

    state = optouts.get(PHONE, SHARED)
    assert state
    assert (state.event_id, state.out) == ("e8", True)
    assert optouts.history(PHONE, SHARED, NOW) == events


def test_killed_anywhere_state_and_history_agree() -> None:
    for crash in every_crash(after=False):
        with crash:
            optouts.record(said(1, out=True))

        known = {event.id for event in optouts.history(PHONE, SHARED, NOW)}
        state = optouts.get(PHONE, SHARED)
        assert (state.event_id in known) if state else not known


def test_a_phone_is_blocked_by_the_shared_scope_or_by_the_studios_own() -> None:
    optouts.record(said(0, out=True, scope=account_scope("10000001")))

    pairs = [("10000001", PHONE), ("10000002", PHONE), ("10000001", "+12125550199")]
    assert optouts.blocked(pairs) == {("10000001", PHONE)}

    optouts.record(said(1, out=True))
    assert optouts.blocked(pairs) == {("10000001", PHONE), ("10000002", PHONE)}
    assert optouts.blocked([]) == set()


@pytest.mark.parametrize("minute", [3, 31, 59])
def test_a_phone_gets_at_most_three_automatic_replies_in_any_hour(minute: int) -> None:
    assert [counted(f"h{number}", number * 20) for number in range(3)] == [True] * 3

    assert counted("h3", 40 + minute) is (minute >= 20)


def test_an_automatic_reply_that_is_repeated_counts_once() -> None:
    for _ in range(5):
        counted("h0", 0)

    assert [counted(f"h{number}", 1) for number in range(1, 4)] == [True, True, False]


def test_of_two_concurrent_automatic_replies_only_one_write_succeeds() -> None:
    first, second = (optouts.automatic_reply_write(PHONE, message_id, NOW) for message_id in ("h0", "h1"))

    assert first
    assert second
    assert [store.try_write(first), store.try_write(second)] == [True, False]


def counted(message_id: str, minute: int) -> bool:
    change = optouts.automatic_reply_write(PHONE, message_id, NOW + timedelta(minutes=minute))
    return change is not None and store.try_write(change)
