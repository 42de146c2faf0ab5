"""Keeps texts within the throughput of our numbers, where each waits for its turn, and within the service's ceiling.

A dedicated number has a throughput of its own; all shared numbers have one together, and count as one number here.

The ceiling is how many segments of a day all accounts together hand to the carrier, at most. A worker takes some
ahead and hands them over without a write, so the day's item is not hot. What it has not used when it ends is lost for
the day: the ceiling is reached sooner, and never exceeded.
"""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from threading import Condition, Lock

from msgspec import Struct

from longcode.aws.settings import settings
from longcode.message import Message, MessageKind
from longcode.months import day_of
from longcode.numbers import choose as choose_number
from longcode.numbers import store as numbers
from longcode.usage import store as usage

WORKERS = 10
"""The most workers at once (template.yaml, MaximumConcurrency)."""

# Workers reserve this share of a number's throughput in the table; the rest is divided among them, without writes.
_SHARED = 0.9
_LONGEST_WAIT = timedelta(seconds=12)  # with the carrier's ten seconds it stays within the worker's time-out
_LONGEST_RESERVATION = timedelta(seconds=1)  # of a number's time in one write, unless one text takes longer
# How far ahead of now a number's time is reserved, at most: less for bulk texts, so that a broadcast does not delay
# single texts.
_AHEAD, _BULK_AHEAD = timedelta(seconds=5), timedelta(seconds=1)
_MOST_AT_ONCE = timedelta(seconds=3)  # of a number's time that a long text takes; it owes the rest (numbers.store)
_ASK_AGAIN_SECONDS, _MOST_ASK_AGAIN_SECONDS = 0.25, 2.0
_HALFWAY_UNITS = 100  # of a day: halfway between the two
_TAKEN_AHEAD = 10  # segments: a batch of texts
_ASK_AGAIN_AFTER = timedelta(minutes=1)

_own_share_free_from: dict[str, datetime] = {}
"""When this worker may next send a single text from a number without reserving time in the table, by number."""


class _Taken(Struct):
    """What this worker may hand over without a write on a day, and until when it was refused more."""

    day: str = ""
    left: int = 0
    refused_until: datetime | None = None


_taken = _Taken()
_lock = Lock()


def take_segments(segments: int, now: datetime) -> bool:
    """Take the segments of a text that is about to be handed over; return False if the ceiling is reached."""
    with _lock:
        if _taken.day != (day := day_of(now)):
            _taken.day, _taken.left, _taken.refused_until = day, 0, None
        if _taken.left < segments and not _take_more(segments - _taken.left, now):
            return False
        _taken.left -= segments
        return True


def give_segments_back(segments: int) -> None:
    """Add the segments of a text that the carrier refused to those that are left: they cost nothing."""
    with _lock:
        _taken.left += segments


def forget() -> None:
    """Drop what this worker has taken and reserved, as if it had ended."""
    _taken.day = ""
    _own_share_free_from.clear()


def _take_more(needed: int, now: datetime) -> bool:
    if _taken.refused_until and now < _taken.refused_until:
        return False
    for segments in dict.fromkeys((max(needed, _TAKEN_AHEAD), needed)):  # the last ones of a day text by text
        if usage.take_segments(_taken.day, segments, settings().service_segments_a_day):
            _taken.left += segments
            return True
    _taken.refused_until = now + _ASK_AGAIN_AFTER
    return False


def ask_again_seconds(units_today: int) -> float:
    """Return how long a text waits before it asks again for a turn; more, the more its account has handed over today.

    So the texts of a studio that sends little find a turn soon while another one floods the number. No text waits so
    long that those of others get all turns.
    """
    share = units_today / (_HALFWAY_UNITS + units_today)
    return _ASK_AGAIN_SECONDS + (_MOST_ASK_AGAIN_SECONDS - _ASK_AGAIN_SECONDS) * share


class Turns:
    """The turns of one batch. Its texts may wait in threads. `units_today` is what each account has sent today.

    Of the texts that wait for a number, one asks: first those that are the first of their account, so that no account
    has the batch to itself. Who of them is first is drawn, with better chances for accounts that have sent little.
    """

    def __init__(
        self,
        texts: Iterable[Message],
        now: datetime,
        units_today: Mapping[str, int],
        sleep: Callable[[float], None] = time.sleep,
        elapsed: Callable[[], float] = time.monotonic,
        *,
        draw: Callable[[float], float] = random.expovariate,
    ) -> None:
        self._wanted: Counter[str] = Counter()
        self._texts: Counter[str] = Counter()
        for text in texts:
            number, _ = choose_number.throughput_of(text.number)
            self._wanted[number] += text.segments
            self._texts[number] += 1
        self._reserved: dict[str, tuple[datetime, int]] = {}  # by number: the next turn, and the segments left
        self._units_today, self._draw = units_today, draw
        self._came: Counter[str] = Counter()  # texts that have begun to wait, by account
        self._lines: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)  # places of those that wait
        self._now, self._sleep, self._elapsed, self._begun = now, sleep, elapsed, elapsed()
        self._changed = Condition()

    def wait(self, text: Message) -> datetime | None:
        """Wait for a text's turn and return its time, or None if it does not come within twelve seconds."""
        with self._changed:
            turn = self._now if self._try_own_share(text) else self._turn_in_line(text)
        if turn is None:
            return None
        seconds = (turn - self._time()).total_seconds()
        if seconds <= 0:
            return self._now
        self._sleep(seconds)
        return turn

    def _try_own_share(self, text: Message) -> bool:
        """Use this worker's own share for a text, which saves the write of a reservation; return False if it may not.

        It may if the text is the only one from its number in the batch, and the share is free.
        """
        number, segments_a_second = choose_number.throughput_of(text.number)
        duration = text.segments * _segment_time(segments_a_second, 1 - _SHARED) * WORKERS
        free_from = _own_share_free_from.setdefault(number, self._now + duration)
        if self._texts[number] > 1 or not free_from <= self._now:
            return False
        _own_share_free_from[number] = self._now + duration
        return True

    def _turn_in_line(self, text: Message) -> datetime | None:
        """Return the time of a text's turn; None if it does not come within twelve seconds."""
        number, _ = choose_number.throughput_of(text.number)
        line, again_after = self._lines[number], ask_again_seconds(self._units_today.get(text.account, 0))
        self._came[text.account] += 1
        place = (self._came[text.account], self._draw(1 / again_after))
        line.append(place)
        try:
            while True:
                self._changed.wait_for(lambda: min(line) == place)
                turn = self._turn(text)
                if turn or self._time() + timedelta(seconds=again_after) >= self._now + _LONGEST_WAIT:
                    return turn
                self._pause(again_after)
        finally:
            line.remove(place)
            self._changed.notify_all()

    def _pause(self, seconds: float) -> None:
        """Let other texts of the batch ask while this one sleeps."""
        self._changed.release()
        try:
            self._sleep(seconds)
        finally:
            self._changed.acquire()

    def _turn(self, text: Message) -> datetime | None:
        """Return the time of a text's turn, and reserve more for the batch if needed; None if that fails."""
        number, segments_a_second = choose_number.throughput_of(text.number)
        segment_time = _segment_time(segments_a_second, _SHARED)
        start, left = self._reserved.get(number, (self._now, 0))
        if left < text.segments:
            left = max(text.segments, min(self._wanted[number], _LONGEST_RESERVATION // segment_time))
            ahead = _BULK_AHEAD if text.kind is MessageKind.BULK else _AHEAD
            reserved = numbers.reserve_throughput(number, left * segment_time, self._time(), ahead, _MOST_AT_ONCE)
            if reserved is None:
                return None
            start = reserved
        self._wanted[number] -= text.segments
        self._reserved[number] = start + text.segments * segment_time, left - text.segments
        return start

    def _time(self) -> datetime:
        return self._now + timedelta(seconds=self._elapsed() - self._begun)


def _segment_time(segments_a_second: float, share: float) -> timedelta:
    """Return how long a segment takes at a share of a throughput."""
    return timedelta(seconds=1 / (segments_a_second * share))
