"""The throughput of our numbers is never exceeded, however many texts are sent at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from longcode.aws.settings import settings
from longcode.jobs import Means
from longcode.message import Message, MessageKind, MessageState
from longcode.messages.compose import draft
from longcode.numbers import store as numbers
from longcode.numbers.choose import SHARED
from longcode.optouts import consent
from longcode.optouts import store as optouts
from longcode.table import keys, store
from longcode.table.writes import Delete
from send import worker
from send.pacing import Turns, ask_again_seconds
from tests.support.fakes import NOW, FakeCarrier, client, studio
from tests.support.text_steps import accept, stored

NUMBER, OTHER, OWN = "+15555550100", "+15555550101", "+13105550177"
SECOND = timedelta(seconds=1)


@dataclass
class Clock:
    """A clock that advances only while a caller sleeps."""

    seconds: float = 0.0

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def elapsed(self) -> float:
        return self.seconds


@pytest.fixture(autouse=True)
def four_segments_a_second(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Configure slow numbers: nine tenths of their throughput, four segments a second, are reserved in the table."""
    monkeypatch.setenv("SEGMENTS_A_SECOND", str(4 / 0.9))
    monkeypatch.setenv("DEDICATED_SEGMENTS_A_SECOND", str(2 / 0.9))
    monkeypatch.setenv("SHARED_NUMBERS", f"{NUMBER},{OTHER}")
    settings.cache_clear()
    yield
    settings.cache_clear()


def text(body: str = "Hello", kind: MessageKind = MessageKind.INDIVIDUAL, number: str = NUMBER) -> Message:
    return draft(account="1", message_id="m-0", kind=kind, phone="+12125550123", number=number, body=body, now=NOW)


def turns(texts: list[Message], now: datetime = NOW) -> list[float | None]:
    clock = Clock()
    batch = Turns(texts, now, {}, clock.sleep, clock.elapsed)
    found = [batch.wait(text) for text in texts]
    return [(at - NOW).total_seconds() if at else None for at in found]


def test_the_texts_of_a_batch_are_spread_over_time_at_the_numbers_throughput() -> None:
    assert turns([text()] * 6) == [0.0, 0.25, 0.5, 0.75, 1.0, 1.25]


def test_a_long_text_takes_the_time_of_its_segments() -> None:
    assert turns([text("a" * 300), text(), text()]) == [0.0, 0.5, 0.75]


def test_a_text_longer_than_a_second_of_throughput_is_sent() -> None:
    assert turns([text("a" * 1600), text()]) == [0.0, 2.75]


def test_the_next_batch_starts_where_the_last_one_ends() -> None:
    turns([text()] * 4)

    assert turns([text()] * 2) == [1.0, 1.25]


def busy_at(seconds: float) -> list[float | None]:
    """Send a single text while the number is busy for half a minute."""
    numbers.reserve_throughput(SHARED, 30 * SECOND, NOW + seconds * SECOND, SECOND)
    return turns([text()], NOW + seconds * SECOND)


def test_a_single_text_now_and_then_is_sent_without_a_reservation() -> None:
    # Ten workers have a tenth of 4.44 segments a second to themselves: each one segment in 22.5 seconds.
    turns([text()])

    alone = [busy_at(seconds) for seconds in (22.4, 22.6, 45.0, 45.2)]

    assert alone == [[None], [22.6], [52.4], [45.2]]  # the first and the third needed a reservation


def test_all_shared_numbers_have_one_throughput_together() -> None:
    turns([text()] * 4)

    assert turns([text(number=OTHER), text(), text(number=OTHER)]) == [1.0, 1.25, 1.5]


def test_a_dedicated_number_has_a_throughput_of_its_own() -> None:
    turns([text()] * 4)

    own, shared = turns([text(number=OWN)] * 3), turns([text()])

    assert (own, shared) == ([0.0, 0.5, 1.0], [1.0])


def test_nothing_but_the_template_says_how_fast_the_numbers_are(template: dict[str, Any]) -> None:
    defaults = {name: value.get("Default") for name, value in template["Parameters"].items() if "ASecond" in name}

    assert defaults == {"SegmentsASecond": 1, "DedicatedSegmentsASecond": 1}


def test_an_idle_number_saves_up_no_throughput() -> None:
    turns([text()])

    assert turns([text()] * 3, NOW + 60 * SECOND) == [60.0, 60.25, 60.5]


def test_a_broadcast_reserves_no_more_than_a_second_ahead() -> None:
    numbers.reserve_throughput(SHARED, 3 * SECOND, NOW, SECOND)

    single, bulk = turns([text()]), turns([text(kind=MessageKind.BULK)])

    assert single == [3.0]
    assert bulk == [3.25]


def of_account(account: str) -> Message:
    return replace(text(), account=account)


def test_a_text_of_an_account_that_sends_little_goes_before_those_of_one_that_floods() -> None:
    numbers.reserve_throughput(SHARED, 6 * SECOND, NOW, SECOND)  # nobody gets a turn before a second has passed
    calm = Clock()

    class ClockOfTheFlood(Clock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if not calm.seconds:
                found.append(Turns([of_account("2")], NOW, {}, calm.sleep, calm.elapsed).wait(of_account("2")))

    found: list[datetime | None] = []
    clock, flood = ClockOfTheFlood(), of_account("1")

    turn = Turns([flood], NOW, {"1": 1000}, clock.sleep, clock.elapsed).wait(flood)

    assert found == [NOW + 6 * SECOND]
    assert turn == NOW + 6.25 * SECOND


def test_in_a_batch_the_first_text_of_each_account_goes_before_the_second_of_one_that_floods() -> None:
    numbers.reserve_throughput(SHARED, 4 * SECOND, NOW, SECOND)
    flood, calm, draws = of_account("1"), of_account("2"), iter((1.0, 1.0, 100.0))
    order: list[str] = []
    coming = [calm]

    class ClockOfTheBatch(Clock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if order and coming:  # the second text of the flood is waiting
                wait(coming.pop())

    def wait(one: Message) -> None:
        assert batch.wait(one)
        order.append(one.account)

    clock = ClockOfTheBatch()
    batch = Turns([flood, flood, calm], NOW, {"1": 1000}, clock.sleep, clock.elapsed, draw=lambda _: next(draws))
    wait(flood)
    numbers.reserve_throughput(SHARED, 6 * SECOND, NOW + 4 * SECOND, SECOND)
    wait(flood)

    assert order == ["1", "2", "1"]


def turns_of(units: dict[str, int], often: dict[str, float], seconds: int = 240) -> dict[str, list[float]]:
    """Return after which waits each account got a turn at a busy number, in simulated time.

    Each account always has a text that asks, and its next one comes so many seconds (`often`) after a turn.
    """
    waits: dict[str, list[float]] = {account: [] for account in units}
    asking = [(index / 100, index / 100, account) for index, account in enumerate(units)]
    while (event := min(asking))[0] < seconds:
        asking.remove(event)
        at, since, account = event
        if numbers.reserve_throughput(SHARED, SECOND, NOW + at * SECOND, 5 * SECOND):
            waits[account].append(at - since)
            at = since = at + often[account] + 0.01
        else:
            at += ask_again_seconds(units[account])
        asking.append((at, since, account))
    return waits


@pytest.mark.long
def test_no_account_starves_at_a_busy_number_however_much_it_has_sent_today() -> None:
    small = {f"small{index}": 0 for index in range(10)}

    waits = turns_of({**small, "large": 1000}, {**dict.fromkeys(small, 0.0), "large": 0.0})

    assert len(waits["large"]) >= 4
    assert max(waits["large"]) < 120


@pytest.mark.long
def test_a_flood_of_ten_workers_leaves_a_small_account_its_turn_within_some_seconds() -> None:
    flood = {f"flood{index}": 1000 for index in range(10)}

    waits = turns_of({**flood, "small": 1}, {**dict.fromkeys(flood, 0.0), "small": 10.0})

    assert len(waits["small"]) >= 15
    assert sum(waits["small"]) / len(waits["small"]) < 5
    assert max(waits["small"]) < 12


def test_a_text_does_not_wait_for_a_turn_that_is_too_far_off() -> None:
    for _ in range(4):
        numbers.reserve_throughput(SHARED, 8 * SECOND, NOW, 60 * SECOND)

    assert turns([text()]) == [None]


def test_a_text_behind_a_long_one_gets_its_turn_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGMENTS_A_SECOND", "1")
    settings.cache_clear()
    turns([text("a" * 1600)])

    assert turns([text()], NOW + SECOND) == [3.0]


def reserved(seconds: float, at: float = 0, longest_wait: float = 60) -> float | None:
    """Reserve a duration, of which up to three seconds are taken at once; return when it begins."""
    start = numbers.reserve_throughput(
        SHARED, seconds * SECOND, NOW + at * SECOND, longest_wait * SECOND, at_once=3 * SECOND
    )
    return (start - NOW) / SECOND if start else None


def test_a_long_text_delays_others_by_seconds_and_its_time_is_taken_all_the_same() -> None:
    assert [reserved(24), *(reserved(1) for _ in range(3))] == [0, 3, 5, 7]

    later = [reserved(1) for _ in range(20)]

    assert later[-3:] == [43, 45, 46]  # 45 is the time of 24 seconds and 21 texts


def test_a_long_text_waits_until_the_time_of_the_one_before_is_paid() -> None:
    reserved(24)

    assert [reserved(24, 1), reserved(24, 23.9), reserved(24, 24)] == [None, None, 24]


def test_idle_time_pays_what_a_long_text_owes() -> None:
    reserved(24)

    assert [reserved(1, 20), reserved(1, 20), reserved(1, 40), reserved(1, 40)] == [20, 22, 40, 41]


def test_a_flood_of_long_texts_takes_a_number_from_nobody() -> None:
    for quarter in range(400):
        at = quarter / 4
        reserved(24, at, longest_wait=5)
        if quarter % 40 == 20:
            start = reserved(1, at, longest_wait=5)
            assert start is not None
            assert start < at + 4


@given(st.lists(st.tuples(st.floats(0, 20), st.sampled_from([0.3, 1, 2.5, 9, 24])), max_size=30))
def test_a_number_is_never_more_than_one_long_text_ahead_of_its_throughput(acts: list[tuple[float, float]]) -> None:
    at, handed_over, idle_until = 0.0, 0.0, 0.0
    store.write(Delete(keys.throughput(SHARED)))
    for pause, seconds in acts:
        at += pause
        start = reserved(seconds, at, longest_wait=5)
        if start is None:
            continue
        if start > idle_until + handed_over:  # everything before has gone, and the number was idle
            idle_until, handed_over = start, 0.0
        assert handed_over <= start - idle_until + 21.1
        handed_over += seconds


def test_a_long_text_at_the_slowest_rate_takes_all_of_its_time() -> None:
    slowest = 24 * SECOND / (0.1 * 0.9)  # 24 segments, a tenth of a segment a second
    numbers.reserve_throughput(SHARED, slowest, NOW, SECOND)

    assert numbers.reserve_throughput(SHARED, SECOND, NOW + SECOND, SECOND) is None


def test_a_clock_that_jumped_does_not_stop_a_number() -> None:
    numbers.reserve_throughput(SHARED, SECOND, NOW + timedelta(days=1), SECOND)

    assert turns([text()]) == [0.0]


def test_reservations_made_at_once_do_not_overlap() -> None:
    with ThreadPoolExecutor(8) as pool:
        starts = list(pool.map(lambda _: numbers.reserve_throughput(SHARED, SECOND, NOW, 30 * SECOND), range(24)))

    assert sorted(start for start in starts if start) == [NOW + index * SECOND for index in range(24)]


def test_a_text_without_a_turn_is_left_to_the_sweeper_and_counts_no_attempt() -> None:
    account = studio()
    client(account)
    message, carrier = replace(accept(account), number=SHARED), FakeCarrier()
    for _ in range(4):
        numbers.reserve_throughput(SHARED, 8 * SECOND, NOW, 60 * SECOND)
    clock = Clock()

    worker.deliver_in_turn(message, carrier, NOW, Turns([message], NOW, {}, clock.sleep, clock.elapsed))

    waiting = stored(account, message.id)
    assert carrier.texts == []
    assert (waiting.state, waiting.attempt) == (MessageState.QUEUED, 0)
    assert waiting.due_at
    assert NOW + 60 * SECOND <= waiting.due_at <= NOW + 120 * SECOND


def test_a_stop_that_comes_while_a_text_waits_refuses_the_text() -> None:
    account = studio()
    client(account)
    message, carrier, clock = replace(accept(account), number=SHARED), FakeCarrier(), Clock()
    numbers.reserve_throughput(SHARED, 4 * SECOND, NOW, SECOND)
    optouts.record(
        consent.OptOutEvent(
            id="e", phone=message.phone, scope=consent.SHARED, out=True, at=NOW, means=Means.TEXT, words="stop"
        )
    )

    worker.deliver_in_turn(message, carrier, NOW, Turns([message], NOW, {}, clock.sleep, clock.elapsed))

    assert carrier.texts == []
    assert stored(account, message.id).state is MessageState.REFUSED
