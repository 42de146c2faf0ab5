"""How long texts and replies take in the local stack, warmed up, at 30 texts a second for 20 seconds.

The load is an open loop: each text is posted at its own time, whether or not earlier requests were answered. The CPU
of the functions per text is measured too, at 20 texts a second, each to a phone that was never texted.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import quantiles

from bench.load import busy_studio
from bench.rig import Figure
from infra.local.stack import Stack, new_stack

_RATE, _SECONDS = 30, 20
_WARM_UP = ((5, 10), (15, 10), (30, 10))  # texts a second, and for how many seconds
_CPU_RATE, _CPU_SECONDS = 20, 20
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def measure() -> Iterator[Figure]:
    """Start a stack, warm it up, and load it."""
    with new_stack(lambda _: None) as stack, busy_studio(stack) as load:
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
