"""The AWS usage of a function's calls: counted once on moto, then timed with the responses that were recorded there.

The time is the CPU that the flow takes here, 5 ms for each round trip to AWS, and any other waiting of the flow.
Lambda gives a function a whole CPU at 1,769 MB and less in proportion, so CPU takes longer in a smaller one. TLS to
AWS is not measured, nor is the start of a new instance, which is rare when all are busy.
"""

import io
import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from enum import Enum

from bench.meter import counted_calls, counted_read_units, counted_write_units
from bench.rig import least
from bench.tape import Tape
from longcode.aws.telemetry import logger
from tests.support.local_aws import read_template

Usage = dict[str, float]
"""How much is used of each item in infra/prices.json."""

TEXTS_A_MINUTE = 600
_ROUND_TRIP_SECONDS = 0.005
_MEGABYTES_OF_A_CPU = 1769
_TRACED = 0.05  # by X-Ray's own rule, of all calls of a function after the first in a second, which is always traced
_SETTLED_AFTER, _AT_MOST = 4, 20
# The log lines that Lambda itself writes for each call, and the 26 bytes that CloudWatch adds to a line.
_ID = "2f9c1a60-7d1e-4a55-8b6f-0d2e4c6a8b10"
_LAMBDAS_LINES = (
    f"START RequestId: {_ID} Version: $LATEST\n",
    f"END RequestId: {_ID}\n",
    f"REPORT RequestId: {_ID}\tDuration: 123.45 ms\tBilled Duration: 124 ms\tMemory Size: 1024 MB\t"
    "Max Memory Used: 123 MB\t\n",
)
_LINE_BYTES = 26


class Trigger(Enum):
    """What invokes a function, as far as AWS charges for it."""

    API = "api"
    QUEUE = "queue"
    SCHEDULE = "schedule"
    UNCHARGED = "the API's check of a password, or the function URL"


_CHARGED_PER_CALL: dict[Trigger, tuple[str, ...]] = {
    Trigger.API: ("api_gateway_request",),
    Trigger.QUEUE: ("sqs_request", "sqs_fair_request") * 2,  # a batch is received and deleted
    Trigger.SCHEDULE: ("schedule",),
    Trigger.UNCHARGED: (),
}


@dataclass(frozen=True, kw_only=True)
class Invocations:
    """The calls of a function (by its name in template.yaml) for some texts: their usage, and how to repeat them."""

    function: str
    calls: int
    texts: int
    used: Usage
    tape: Tape
    again: Callable[[], object]

    @property
    def megabytes(self) -> int:
        """The function's memory in template.yaml."""
        template = read_template()
        of_all: int = template["Globals"]["Function"]["MemorySize"]
        own: int = template["Resources"][self.function]["Properties"].get("MemorySize", of_all)
        return own

    def milliseconds(self) -> int:
        """The time of a call, as Lambda bills it."""
        return math.ceil(
            least({"": self._seconds}, settled_after=_SETTLED_AFTER, at_most=_AT_MOST)[""] * 1000 / self.calls
        )

    def _seconds(self) -> float:
        slower = max(1, _MEGABYTES_OF_A_CPU / self.megabytes) - 1
        with self.tape.playing(_ROUND_TRIP_SECONDS):
            wall, cpu = time.perf_counter(), time.process_time()
            self.again()
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        return wall + cpu * slower


def counted(
    function: str,
    run: Callable[[], object],
    *,
    trigger: Trigger,
    calls: int,
    texts: int,
    again: Callable[[], object] | None = None,
) -> Invocations:
    """Make and count the calls for some texts, in order; `again` makes them as Lambda does, for the timing."""
    tape = Tape()
    with (
        counted_calls("sqs") as queue_calls,
        counted_read_units() as read,
        counted_write_units() as written,
        _logged() as lines,
        tape.recording(),
    ):
        run()
    own = sum(len(line.encode()) + _LINE_BYTES for line in _LAMBDAS_LINES)
    used: Usage = {
        "api_gateway_request": 0,
        "schedule": 0,
        "sqs_request": len(queue_calls),
        "sqs_fair_request": len(queue_calls),
        "lambda_request": calls,
        "dynamodb_read_unit": read.total,
        "dynamodb_write_unit": written.total,
        "log_byte": calls * own + sum(len(line.encode()) + _LINE_BYTES for line in lines),
        "trace": calls * _traced_share(calls / texts * TEXTS_A_MINUTE / 60),
    }
    for name in _CHARGED_PER_CALL[trigger]:
        used[name] += calls
    return Invocations(function=function, calls=calls, texts=texts, used=used, tape=tape, again=again or run)


def _traced_share(calls_a_second: float) -> float:
    """Return the share of a function's calls that X-Ray traces: none, unless the template makes tracing active."""
    if read_template()["Globals"]["Function"]["Tracing"] != "Active":
        return 0
    first = min(calls_a_second, 1)
    return (first + (calls_a_second - first) * _TRACED) / calls_a_second


@contextmanager
def _logged() -> Iterator[list[str]]:
    """Collect the lines that the functions log or print; metrics are printed."""
    lines: list[str] = []
    logs, printed = io.StringIO(), io.StringIO()
    handler = logging.StreamHandler(logs)
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    try:
        with redirect_stdout(printed):
            yield lines
    finally:
        logger._logger.removeHandler(handler)  # Powertools adds handlers and takes none away
        lines += [*logs.getvalue().splitlines(), *printed.getvalue().splitlines()]
