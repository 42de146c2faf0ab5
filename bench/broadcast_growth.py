"""Cost of a broadcast for each recipient at 20,000 over that at 1,000: calls, write units, CPU; the worst counts.

A broadcast here is what a studio does with one: a dry run, the broadcast until its last text is on the queue, a look
at its progress. What then delivers a text knows nothing of the others. It runs on `bench/quick_aws.py`, whose own CPU
is taken off. Of several runs the least CPU counts, for a busy machine can only add to it.
"""

import gc
import time
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from bench.figure import Figure
from bench.quick_aws import Quick, quick_aws
from longcode.client import Client, Phone
from longcode.jobs import Broadcast as Job
from longcode.table import broadcast_texts, keys
from longcode.table.codec import attributes
from longcode.table.writes import whole
from send import broadcast, ordering, orders, steering
from tests.fakes import NOW, studio

_SMALL, _LARGE, _ROUNDS = 1_000, 20_000, 2
_FORM = orders.NewBroadcast.model_validate(
    {
        "audience": {"all": True},
        "body": "Hello {{client.first_name}}, your proofs are ready at {{studio.name}}. Please look through the"
        " gallery by Friday and mark those that you like best.",
    }
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a recipient costs."""

    calls: float
    units: float
    microseconds: float


def measure() -> Iterator[Figure]:
    """Compare the two."""
    _cost(300)  # what is made once, and kept
    runs = [(_cost(_SMALL), _cost(_LARGE), _cost(_SMALL)) for _ in range(_ROUNDS)]
    small = min((one for first, _, last in runs for one in (first, last)), key=_by_cpu)
    large = min((one for _, one, _ in runs), key=_by_cpu)
    growths = [large.calls / small.calls, large.units / small.units, large.microseconds / small.microseconds]
    yield Figure("broadcast_growth", round(max(growths), 3), "x", 1.1)
    yield Figure("broadcast_calls_per_recipient", round(large.calls, 2), "calls", None)
    yield Figure("broadcast_write_units_per_recipient", round(large.units, 2), "units", None)
    yield Figure("broadcast_cpu_per_recipient", round(large.microseconds), "us", None)


def _by_cpu(one: Cost) -> float:
    return one.microseconds


def _cost(recipients: int) -> Cost:
    with quick_aws() as quick:
        account = studio().id
        _fill(quick, account, recipients)
        gc.collect()
        gc.freeze()  # or it would go through what stands in the table, which is no part of the functions' memory
        quick.calls, quick.units, quick.seconds = 0, 0, 0.0
        start = time.process_time()
        _broadcast(quick, account, recipients)
        seconds = time.process_time() - start - quick.seconds
        gc.unfreeze()
        return Cost(quick.calls / recipients, quick.units / recipients, seconds / recipients * 1e6)


def _broadcast(quick: Quick, account: str, recipients: int) -> None:
    told = ordering.try_dry(account, _FORM, 0, 200, NOW)
    broadcast_id = ordering.take(account, _FORM, "key", NOW).id
    while quick.jobs["broadcast"]:
        broadcast.advance(msgspec.json.decode(quick.jobs["broadcast"].pop(), type=Job), NOW)
    progress = broadcast_texts.progress(steering.need(account, broadcast_id))
    queued = len(set(quick.jobs["bulk"]))
    if not told.totals.texts == queued == progress["accepted"] == recipients:
        raise RuntimeError(f"{told.totals.texts} were told, {queued} are queued, {progress}")


def _fill(quick: Quick, account: str, recipients: int) -> None:
    for index in range(recipients):
        number = f"+1212{2_000_000 + index}"
        client = Client(
            account=account,
            id=f"client-{index:06}",
            updated_at=NOW,
            first_name="Zoë",
            last_name="Winter",
            phones=(Phone(number=number, entered=number),),
            allow_text_marketing=True,
            tags=("2026",),
        )
        quick.put(whole(keys.client(account, client.id), {"type": "client", **attributes(client)}))
