"""Keeps the texts of a batch within the throughput of our numbers: each waits for its turn."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from threading import Lock

from longcode.aws.settings import settings
from longcode.message import Message, MessageKind
from longcode.numbers import store as numbers

WORKERS = 10
"""The most workers at once (template.yaml, MaximumConcurrency)."""

_SHARED = 0.9  # of a number's throughput is reserved in the table; each worker has a tenth of the rest for itself
_LONGEST_WAIT = timedelta(seconds=12)  # with the carrier's ten seconds it stays within the worker's time-out
_STRETCH = timedelta(seconds=1)  # the most that a batch reserves at once
_AHEAD = timedelta(seconds=5)  # how far ahead of now a number's time is reserved
_BULK_AHEAD = timedelta(seconds=1)  # shorter, so that a broadcast does not delay single texts
_LOOK_AGAIN_SECONDS = 0.25

_own: dict[str, datetime] = {}
"""When this worker may next send a single text from a number without reserving time in the table, by number."""


class Turns:
    """The turns of one batch. Its texts may wait in threads."""

    def __init__(
        self,
        texts: Iterable[Message],
        now: datetime,
        sleep: Callable[[float], None] = time.sleep,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wanted: Counter[str] = Counter()
        self._texts: Counter[str] = Counter()
        for text in texts:
            self._wanted[text.number] += text.segments
            self._texts[text.number] += 1
        self._free: dict[str, tuple[datetime, int]] = {}
        self._now, self._sleep, self._elapsed, self._begun = now, sleep, elapsed, elapsed()
        self._lock = Lock()

    def wait(self, text: Message) -> datetime | None:
        """Wait for a text's turn and return the time then, or None if it does not come within twelve seconds."""
        with self._lock:
            turn = self._now if self._goes_at_once(text) else self._turn(text)
        if turn is None:
            return None
        seconds = (turn - self._time()).total_seconds()
        if seconds <= 0:
            return self._now
        self._sleep(seconds)
        return turn

    def _goes_at_once(self, text: Message) -> bool:
        """Return whether this worker's own share allows a text that is alone in its batch; that saves a write."""
        takes = text.segments * _a_segment(1 - _SHARED) * WORKERS
        free_from = _own.setdefault(text.number, self._now + takes)
        if self._texts[text.number] > 1 or not free_from <= self._now:
            return False
        _own[text.number] = self._now + takes
        return True

    def _turn(self, text: Message) -> datetime | None:
        """Return the text's turn, in the time that the batch has reserved or newly reserves; None if none is free."""
        a_segment = _a_segment(_SHARED)
        start, left = self._free.get(text.number, (self._now, 0))
        if left < text.segments:
            left = max(text.segments, min(self._wanted[text.number], _STRETCH // a_segment))
            reserved = self._reserve(text, left * a_segment)
            if reserved is None:
                return None
            start = reserved
        self._wanted[text.number] -= text.segments
        self._free[text.number] = start + text.segments * a_segment, left - text.segments
        return start

    def _reserve(self, text: Message, takes: timedelta) -> datetime | None:
        ahead = _BULK_AHEAD if text.kind is MessageKind.BULK else _AHEAD
        while self._time() < self._now + _LONGEST_WAIT:
            start = numbers.reserve_throughput(text.number, takes, self._time(), ahead)
            if start is not None:
                return start
            self._sleep(_LOOK_AGAIN_SECONDS)
        return None

    def _time(self) -> datetime:
        return self._now + timedelta(seconds=self._elapsed() - self._begun)


def _a_segment(share: float) -> timedelta:
    """Return how long a segment takes at a share of a number's throughput."""
    return timedelta(seconds=1 / (settings().segments_a_second * share))
