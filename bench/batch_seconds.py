"""The seconds that a worker takes for a full batch, with 300 ms for a carrier call and 5 ms for an AWS call.

The batch is recorded on moto, and its responses are then played back, so that the worker is timed and not moto.
"""

import time
from collections.abc import Iterator

from bench.rig import Figure, least
from bench.tape import Tape
from longcode.aws import batches
from longcode.carriers.carrier import SendResult, Sent, Text
from send import api, worker
from tests.support.fakes import NOW, FakeCarrier, sqs_event, studio, take_queued
from tests.support.local_aws import local_aws

_BATCH, _CARRIER_SECONDS, _AWS_SECONDS = 10, 0.3, 0.005


class SlowCarrier(FakeCarrier):
    """A carrier that takes 300 ms for every text."""

    def send(self, text: Text) -> SendResult:
        """Accept a text after 300 ms."""
        time.sleep(_CARRIER_SECONDS)
        return Sent(text.reference)


def measure() -> Iterator[Figure]:
    """Time batches, and take the least time."""
    tape = Tape()
    with local_aws():
        account = studio()
        for index in range(_BATCH):
            form = api.NewMessage(to=f"+121255501{index:02}", body="Hello")
            api.accept(account.id, form, f"k-{index}", NOW)
        bodies = take_queued("send")
        with tape.recording():
            deliver = worker.prepare(bodies, FakeCarrier(), NOW)
            for body in bodies:
                deliver(body)
    yield Figure("batch_seconds", round(least({"": lambda: _seconds(tape, bodies)})[""], 3), "s", 0.7)


def _seconds(tape: Tape, bodies: list[str]) -> float:
    event = sqs_event(*bodies)
    with tape.playing(_AWS_SECONDS):
        start = time.perf_counter()
        deliver = worker.prepare(bodies, SlowCarrier(), NOW)
        answer = batches.run_at_once(event, deliver)
        seconds = time.perf_counter() - start
    if answer["batchItemFailures"]:
        raise RuntimeError(f"not delivered: {answer}")
    return seconds
