"""Keeps the texts of a batch to the pace of our numbers: each waits for its turn, and none goes before it."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from threading import Lock

from longcode.aws.settings import settings
from longcode.message import Kind, Message
from longcode.table import pace

_PATIENCE = timedelta(seconds=12)  # with the carrier's ten seconds it stays within the worker's time-out
_STRETCH = timedelta(seconds=1)  # what a batch reserves at once
_AHEAD = timedelta(seconds=5)
_BULK_AHEAD = timedelta(seconds=1)  # a broadcast does not queue up before single texts
_LOOK_AGAIN_SECONDS = 0.25


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
        for text in texts:
            self._wanted[text.number] += text.segments
        self._free: dict[str, tuple[datetime, int]] = {}
        self._now, self._sleep, self._elapsed, self._begun = now, sleep, elapsed, elapsed()
        self._asking = Lock()

    def wait(self, text: Message) -> datetime | None:
        """Wait for the turn of a text and give the time then; None when it does not come soon enough."""
        with self._asking:
            turn = self._turn(text)
        if turn is None:
            return None
        seconds = (turn - self._time()).total_seconds()
        if seconds <= 0:
            return self._now
        self._sleep(seconds)
        return turn

    def _turn(self, text: Message) -> datetime | None:
        """Take a turn of the stretch that was reserved, or of a new one."""
        a_segment = timedelta(seconds=1) / settings().segments_a_second
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
