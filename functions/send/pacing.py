"""Keeps the texts of a batch to the pace of our numbers: each waits for its turn, and none goes before it."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from threading import Lock

from longcode.aws.settings import settings
from longcode.message import Kind, Message
from longcode.table import pace

WORKERS = 10
"""How many workers there are at most (template.yaml, MaximumConcurrency)."""

_SHARED = 0.9  # of a number's pace; the rest is the workers' own, a tenth of it each
_PATIENCE = timedelta(seconds=12)  # with the carrier's ten seconds it stays within the worker's time-out
_STRETCH = timedelta(seconds=1)  # what a batch reserves at once
_AHEAD = timedelta(seconds=5)
_BULK_AHEAD = timedelta(seconds=1)  # a broadcast does not queue up before single texts
_LOOK_AGAIN_SECONDS = 0.25

_own: dict[str, datetime] = {}
"""From when on this worker may hand a single text over without asking: it and its predecessor have just done so."""


class Turns:
    """The turns of one batch, whose texts ask side by side."""

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
        self._asking = Lock()

    def wait(self, text: Message) -> datetime | None:
        """Wait for the turn of a text and give the time then; None when it does not come soon enough."""
        with self._asking:
            turn = self._now if self._has_its_own(text) else self._turn(text)
        if turn is None:
            return None
        seconds = (turn - self._time()).total_seconds()
        if seconds <= 0:
            return self._now
        self._sleep(seconds)
        return turn

    def _has_its_own(self, text: Message) -> bool:
        """Tell whether a text that came alone may go at once: a studio's single text now and then costs no write."""
        takes = text.segments * _a_segment(1 - _SHARED) * WORKERS
        free_from = _own.setdefault(text.number, self._now + takes)
        if self._texts[text.number] > 1 or not free_from <= self._now:
            return False
        _own[text.number] = self._now + takes
        return True

    def _turn(self, text: Message) -> datetime | None:
        """Take a turn of the stretch that was reserved, or of a new one."""
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
        ahead = _BULK_AHEAD if text.kind is Kind.BULK else _AHEAD
        while self._time() < self._now + _PATIENCE:
            start = pace.reserve(text.number, takes, self._time(), ahead)
            if start is not None:
                return start
            self._sleep(_LOOK_AGAIN_SECONDS)
        return None

    def _time(self) -> datetime:
        return self._now + timedelta(seconds=self._elapsed() - self._begun)


def _a_segment(share: float) -> timedelta:
    """Tell how much time a segment takes of a share of a number's pace."""
    return timedelta(seconds=1 / (settings().segments_a_second * share))
