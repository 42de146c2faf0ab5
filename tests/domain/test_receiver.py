from dataclasses import replace
from datetime import UTC, datetime, timedelta

from longcode import receiver
from longcode.receiver import Receiver

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
WELL = Receiver(account="10000001")


def begun(one: Receiver, worker: str, now: datetime = NOW) -> Receiver:
    then = receiver.begin(one, worker, now)
    assert then
    return then


def test_five_workers_tell_a_receiver_at_a_time() -> None:
    busy = WELL
    for name in "abcde":
        busy = begun(busy, name)

    assert receiver.begin(busy, "f", NOW) is None
    assert receiver.begin(receiver.end(busy, "a", NOW, 0, took=True), "f", NOW)


def test_a_worker_that_died_gives_its_line_back_in_time() -> None:
    busy = WELL
    for name in "abcde":
        busy = begun(busy, name)

    assert receiver.begin(busy, "f", NOW + 49 * SECOND) is None
    assert receiver.begin(busy, "f", NOW + 51 * SECOND)


def test_a_failure_begins_a_pause_that_grows_to_a_quarter_of_an_hour() -> None:
    one, pauses = WELL, []
    for _ in range(5):
        one = receiver.end(begun(one, "a"), "a", NOW, 0, took=False)
        assert one.paused_until
        pauses.append(one.paused_until - NOW)

    assert pauses == [MINUTE, 4 * MINUTE, 15 * MINUTE, 15 * MINUTE, 15 * MINUTE]


def test_a_receiver_that_failed_is_tried_by_one_worker_alone() -> None:
    failing = receiver.end(begun(WELL, "a"), "a", NOW, 0, took=False)

    assert receiver.paused(failing, NOW + 59 * SECOND) == NOW + MINUTE
    assert receiver.paused(failing, NOW + MINUTE) is None
    assert receiver.begin(begun(failing, "a", NOW + MINUTE), "b", NOW + MINUTE) is None


def test_what_is_taken_ends_all_that() -> None:
    failing = replace(WELL, failures=3, paused_until=NOW)

    well = receiver.end(begun(failing, "a"), "a", NOW, 0, took=True)

    assert (well.failures, well.paused_until, well.lines) == (0, None, {})


def test_a_studio_that_has_mended_its_receiver_ends_the_pause_but_not_the_caution() -> None:
    failing = receiver.end(begun(WELL, "a"), "a", NOW, 0, took=False)

    rested = receiver.rested(failing)

    assert receiver.paused(rested, NOW) is None
    assert rested.failures == 1
