from threading import Barrier

import pytest

from longcode.aws.at_once import at_once


def test_calls_are_made_at_the_same_time_and_answered_in_their_order() -> None:
    meet = Barrier(3)  # each call waits for the two others

    def call(number: int) -> int:
        meet.wait(timeout=5)
        return number

    assert at_once(lambda: call(1), lambda: call(2), lambda: call(3)) == [1, 2, 3]


def test_a_failure_is_raised() -> None:
    def fail() -> int:
        raise LookupError("no such item")

    with pytest.raises(LookupError, match="no such item"):
        at_once(lambda: 1, fail)


def test_calls_that_make_calls_end_though_all_threads_wait_for_them() -> None:
    all_wait = Barrier(65)  # the threads of the pool, and this one

    def outer() -> list[int]:
        all_wait.wait(timeout=5)
        return at_once(lambda: 1, lambda: 2)

    assert at_once(*[outer] * 65) == [[1, 2]] * 65
