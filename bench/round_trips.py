"""The AWS calls before a text's 202, and the worker's AWS calls for each text of a full batch."""

from collections.abc import Iterator

from bench.meter import counted_calls
from bench.rig import Figure
from send import api, worker
from tests.support.fakes import NOW, FakeCarrier, client, studio, take_queued
from tests.support.local_aws import local_aws

_BATCH = 10


def measure() -> Iterator[Figure]:
    """Count the calls."""
    with local_aws():
        account = studio()
        phones = [f"+121255501{index:02}" for index in range(_BATCH)]
        for phone in phones:
            client(account, phone, phone)
        with counted_calls("dynamodb", "sqs") as accepting:
            for phone in phones:
                api.accept(account.id, api.NewMessage(client_id=phone, body="Hello"), phone, NOW)
        bodies = take_queued("send")
        with counted_calls("dynamodb", "sqs") as delivering:
            deliver = worker.prepare(bodies, FakeCarrier(), NOW)
            for body in bodies:
                deliver(body)
    yield Figure("accept_round_trips", len(accepting) / _BATCH, "calls", 3)
    yield Figure("deliver_round_trips", len(delivering) / _BATCH, "calls", 3.5)
