"""How long a worker takes for a full batch whose carrier takes 300 ms a call."""

import time
from collections.abc import Iterator
from itertools import count

from aws_lambda_powertools.utilities.batch import async_process_partial_response

from bench.rig import Figure, least
from longcode.carriers.carrier import Answer, Sent, Text
from send import api, requests, worker
from tests.fakes import NOW, FakeCarrier, LambdaContext, queued, sqs_event, studio
from tests.functions.accounts.calls import at_once
from tests.local_aws import local_aws

_BATCH, _CARRIER_SECONDS = 10, 0.3


class SlowCarrier(FakeCarrier):
    """Takes its time for every text."""

    def send(self, text: Text) -> Answer:
        """Take a text, slowly."""
        time.sleep(_CARRIER_SECONDS)
        return Sent(text.reference)


def measure() -> Iterator[Figure]:
    """Time batches; the least counts."""
    with local_aws(), at_once():
        account, batches = studio(), count()
        seconds = least({"": lambda: _batch(account.id, next(batches))})[""]
        yield Figure("batch_seconds", round(seconds, 3), "s", 0.7)


def _batch(account: str, run: int) -> float:
    for index in range(_BATCH):
        phone = (
            f"+1212{2_000_000 + run * _BATCH + index}"  # a phone for each text: one phone gets ten an hour at most
        )
        api.accept(account, requests.NewMessage(to=phone, body="Hello"), f"{run}-{index}", NOW)
    bodies = queued("send")
    event = sqs_event(*bodies)
    start = time.perf_counter()
    handle = worker.record_handler(event, SlowCarrier(), NOW)
    answer = async_process_partial_response(event, handle, worker.processor, LambdaContext())
    seconds = time.perf_counter() - start
    if answer["batchItemFailures"]:
        raise RuntimeError(f"not delivered: {answer}")
    return seconds
