"""A broadcast to 250 clients, from its POST to its last receipt, each function counted by itself."""

from collections.abc import Iterator

import msgspec

from bench.invocations import By, Invocations, counted
from bench.texts import BATCH, delivering
from longcode.jobs import Send
from send import broadcast, broadcasts
from tests.fakes import LambdaContext, call, queued, sqs_event, studio
from tests.functions.send.rounds import people
from tests.functions.send.wire import taking_turns

_CLIENTS = 250  # a chunk
_WORDS = "Hello {{client.first_name|there}}, our gallery of the season is open. Please look through it by Friday."


def steps(carrier_url: str) -> Iterator[Invocations]:
    """Take a broadcast through the functions; of its batches the second counts: the first opens what they keep."""
    account = studio(quiet_hours=False)
    people(account, _CLIENTS)
    form = {"audience": {"all": True}, "body": _WORDS}
    yield counted(
        "SendBroadcastsApi",
        lambda: call(broadcasts, "POST", "/broadcasts", form, account=account.id, headers={"Idempotency-Key": "k"}),
        by=By.API,
        calls=1,
        texts=_CLIENTS,
    )
    while jobs := queued("broadcast"):
        event = sqs_event(*jobs)
        with taking_turns():
            yield counted(
                "SendBroadcast",
                lambda event=event: broadcast.handler(event, LambdaContext()),  # type: ignore[misc]
                by=By.QUEUE,
                calls=1,
                texts=_CLIENTS,
            )
    bodies = queued("bulk")
    if len(bodies) != _CLIENTS:
        raise RuntimeError(f"{len(bodies)} texts of a broadcast to {_CLIENTS}")
    for start in (0, BATCH):
        batch = bodies[start : start + BATCH]
        named = [msgspec.json.decode(body, type=Send) for body in batch]
        references = [f"{one.account}.{one.message_id}" for one in named]
        measured = list(delivering(batch, references, carrier_url))
    yield from measured
