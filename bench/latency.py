"""How long texts and replies take in the local stack, warmed up, at 30 texts a second for 20 seconds.

The load is an open loop: each text is posted at its own time, whether or not earlier requests were answered. The CPU
of the functions per text is measured too, at 20 texts a second, each to a phone that was never texted.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from statistics import quantiles
from typing import TypeVar

from bench.local_studio import local_studio
from bench.rig import Figure
from infra.local.participants import CheckFailed, Phones, StudioSoftware, eventually
from infra.local.stack import Stack, new_stack

_RATE, _SECONDS = 30, 20
_WARM_UP = ((5, 10), (15, 10), (30, 10))  # texts a second, and for how many seconds
_REPLIES, _REPLY_RATE = 100, 5
_CPU_RATE, _CPU_SECONDS = 20, 20
_AT_ONCE = 100
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Text:
    """When a text was posted, how long its 202 took, and when it (and any copy) reached the phone."""

    posted_at: datetime
    accept_seconds: float
    came_at: tuple[datetime, ...]


def measure() -> Iterator[Figure]:
    """Start a stack, warm it up, and load it."""
    with new_stack(lambda _: None) as stack, ThreadPoolExecutor(_AT_ONCE) as pool:
        load = _Load(stack, local_studio(stack, "busy", "volume"), pool)
        for rate, seconds in _WARM_UP:
            load.send(rate, seconds)
        load.replies()
        texts = load.send(_RATE, _SECONDS)
        replied = load.replies()
        before = _cpu_seconds_of_functions(stack)
        load.send(_CPU_RATE, _CPU_SECONDS)
        cpu = (_cpu_seconds_of_functions(stack) - before) / (_CPU_RATE * _CPU_SECONDS)
    handed_over = [(text.came_at[0] - text.posted_at).total_seconds() for text in texts if text.came_at]
    yield Figure("latency_accept_p95", _p95([text.accept_seconds for text in texts]), "s", 0.35)
    yield Figure("latency_hand_over_p95", _p95(handed_over), "s", 0.5)
    yield Figure("latency_reply_p95", _p95(replied), "s", 0.6)
    yield Figure("latency_lost", sum(not text.came_at for text in texts), "texts", 0)
    yield Figure("latency_doubled", sum(len(text.came_at) > 1 for text in texts), "texts", 0)
    yield Figure("text_cpu", round(cpu * 1000, 1), "ms", 16)


class _Load:
    """A studio that texts a new phone each time."""

    def __init__(self, stack: Stack, studio: StudioSoftware, pool: ThreadPoolExecutor) -> None:
        self._stack, self._studio, self._pool = stack, studio, pool
        self._phones = Phones(stack.carrier_url)
        self._new = (f"+1212{number}" for number in count(2_000_000))
        self._texted: list[str] = []
        self._cursor = "0"  # of the inbox

    def send(self, rate: int, seconds: int) -> list[Text]:
        """Post texts to new phones, and wait until all have arrived, or no more do."""
        phones = [next(self._new) for _ in range(rate * seconds)]
        posted = self._each_at_its_time([partial(self._post, phone) for phone in phones], rate)
        self._texted += phones
        with suppress(CheckFailed):
            eventually(lambda: all(map(self._came_at, reversed(phones))), "the last text")
        return [Text(*post, self._came_at(phone)) for phone, post in zip(phones, posted, strict=True)]

    def _post(self, phone: str) -> tuple[datetime, float]:
        at, start = datetime.now(UTC), time.perf_counter()
        answer = self._studio.ask("POST", "/messages", {"to": phone, "body": "Your proofs are ready."})
        if answer.status != 202:
            raise RuntimeError(f"not accepted: {answer}")
        return at, time.perf_counter() - start

    def _came_at(self, phone: str) -> tuple[datetime, ...]:
        return tuple(datetime.fromisoformat(text["at"]) for text in self._phones.conversation(phone))

    def replies(self) -> list[float]:
        """Return the seconds from each reply on a phone to its appearance in the inbox."""
        phones = self._texted[-_REPLIES:]
        typed: dict[str, datetime] = {}
        seen: dict[str, datetime] = {}

        def look() -> bool:
            page = self._studio.ask("GET", f"/inbox?after={self._cursor}&limit=200").json
            now, self._cursor = datetime.now(UTC), page["next_cursor"]
            seen.update((reply["message"]["phone"], now) for reply in page["items"])
            return len(seen) == len(phones)

        def reply(phone: str) -> None:
            typed[phone] = datetime.now(UTC)
            self._phones.reply(phone, self._phones.texted_from(phone)[-1], "Yes")

        typing = self._pool.submit(self._each_at_its_time, [partial(reply, phone) for phone in phones], _REPLY_RATE)
        eventually(look, "the last reply")
        typing.result()
        return [(seen[phone] - at).total_seconds() for phone, at in typed.items()]

    def _each_at_its_time(self, acts: Sequence[Callable[[], T]], rate: float) -> list[T]:
        start = time.monotonic()
        running = []
        for index, act in enumerate(acts):
            time.sleep(max(0, start + index / rate - time.monotonic()))
            running.append(self._pool.submit(act))
        return [act.result() for act in running]


def _p95(seconds: Sequence[float]) -> float:
    return round(quantiles(seconds, n=20)[-1], 3)


def _cpu_seconds_of_functions(stack: Stack) -> float:
    """Return the CPU that the emulator's workers have taken so far; a function has one process or several."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            if f"{stack.logs}/tmp/ministack-lambda-" in (process / "cmdline").read_text():
                ticks += sum(map(int, (process / "stat").read_text().rpartition(")")[2].split()[11:15]))
    return ticks / _TICKS_A_SECOND
