"""How long texts and replies take in the local stack, warmed up, at 30 texts a second for 20 seconds.

The load is an open loop: each text is posted at its own time, whether or not earlier requests were answered. The CPU
of the functions per text is measured too, at 20 texts a second, each to a phone that was never texted: to accept it,
to deliver it, and to apply one receipt. The carrier posts two, `sent` and `delivered`, so what they take is halved.
What the emulator's worker takes for a call that does nothing is a figure of its own.
"""

import io
import os
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import quantiles

from bench.load import busy_studio
from bench.rig import Figure
from infra.local.emulator import client
from infra.local.stack import Stack, new_stack

_RATE, _SECONDS = 30, 20
_REPLIES, _REPLY_RATE = 100, 5
_CALLERS = 17  # at 30 texts a second, up to a dozen calls of one function run at once
_RAMP = ((10, 5), (20, 5))  # texts a second, and for how many seconds
_CPU_RATE, _CPU_SECONDS = 20, 20
_RECEIPTS, _RECEIPTS_A_TEXT = "SendReceipts", 2
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_EMPTY, _EMPTY_CALLS = "longcode-Empty-0", 200


def measure() -> Iterator[Figure]:
    """Start a stack, warm it up, and load it."""
    with new_stack(lambda _: None) as stack, busy_studio(stack) as load:
        load.warm_up(_CALLERS)
        for rate, seconds in _RAMP:
            load.send(rate, seconds)
        texts = load.send(_RATE, _SECONDS)
        replied = load.replies(_REPLIES, _REPLY_RATE)
        before = _cpu_seconds(stack)
        load.send(_CPU_RATE, _CPU_SECONDS)
        taken = _added(before, _cpu_seconds(stack))
        taken[_RECEIPTS] /= _RECEIPTS_A_TEXT
        empty_milliseconds = _empty_call_milliseconds(stack)
    handed_over = [(text.came_at[0] - text.posted_at).total_seconds() for text in texts if text.came_at]
    yield Figure("latency_accept_p95", _p95([text.accept_seconds for text in texts]), "s", 0.35)
    yield Figure("latency_hand_over_p95", _p95(handed_over), "s", 0.5)
    yield Figure("latency_reply_p95", _p95(replied), "s", 0.6)
    yield Figure("latency_lost", sum(not text.came_at for text in texts), "texts", 0)
    yield Figure("latency_doubled", sum(len(text.came_at) > 1 for text in texts), "texts", 0)
    yield Figure("text_cpu", _milliseconds(sum(taken.values()), _CPU_RATE * _CPU_SECONDS), "ms", 16)
    for function, cpu in sorted(taken.items()):
        yield Figure(f"text_cpu_{function}", _milliseconds(cpu, _CPU_RATE * _CPU_SECONDS), "ms", None)
    yield Figure("text_cpu_empty_call", empty_milliseconds, "ms", None)


def _p95(seconds: Sequence[float]) -> float:
    return round(quantiles(seconds, n=20)[-1], 3)


def _milliseconds(seconds: float, number: int) -> float:
    return round(seconds * 1000 / number, 2)


def _cpu_seconds(stack: Stack) -> dict[str, float]:
    """Return the CPU that the emulator's workers have taken so far, by function; a function has several workers."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            command = (process / "cmdline").read_text()
            function = re.search(rf"{stack.logs}/tmp/ministack-lambda-longcode-(\w+)-", command)
            if function:
                ticks = sum(map(int, (process / "stat").read_text().rpartition(")")[2].split()[11:15]))
                seconds[function[1]] += ticks / _TICKS_A_SECOND
    return dict(seconds)


def _added(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Return the seconds of each function that took some."""
    added = {name: seconds - before.get(name, 0) for name, seconds in after.items()}
    return {name: seconds for name, seconds in added.items() if seconds}


def _empty_call_milliseconds(stack: Stack) -> float:
    """Return the CPU of a worker for a call of a function that does nothing."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("empty.py", "def handler(event, context):\n    print()\n")
    functions = client("lambda", stack.emulator_url)
    functions.create_function(
        FunctionName=_EMPTY,
        Runtime="python3.13",
        Handler="empty.handler",
        Role="arn:aws:iam::000000000000:role/empty",
        Code={"ZipFile": code.getvalue()},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=_EMPTY)
    stack.invoke(_EMPTY, {})
    before = _cpu_seconds(stack)
    for _ in range(_EMPTY_CALLS):
        stack.invoke(_EMPTY, {})
    return _milliseconds(sum(_added(before, _cpu_seconds(stack)).values()), _EMPTY_CALLS)
