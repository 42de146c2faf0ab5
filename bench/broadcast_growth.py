"""The cost of a broadcast per recipient with 2,000 recipients, divided by the cost with 200.

The costs are calls, write units and CPU; the highest of the three ratios counts. They include a dry run, the
broadcast until its last text is on the queue, and a request for its progress, but no deliveries, because delivering a
text does not depend on the others. The emulator is a separate process, so that only the CPU of this process counts.
The CPU's ratio is the median of several rounds. In a round, ten small broadcasts follow the large one, so that what
else the machine does affects both alike.
"""

import gc
import time
from collections.abc import Iterator
from operator import truediv
from statistics import mean, median

import msgspec

from bench.meter import counted_calls, counted_write_units
from bench.rig import Figure
from broadcasts import api, forms, worker
from longcode.aws.settings import settings
from longcode.broadcasts import counts
from longcode.clients.client import Client, Phone
from longcode.jobs import AdvanceBroadcast as Job
from longcode.message import MessageState
from longcode.table import keys
from longcode.table.writes import attributes, wire_item
from tests.support.emulated_aws import SeparateClients, Wire, emulated_aws
from tests.support.fakes import NOW, studio

_SMALL, _LARGE = 200, 2_000
_ROUNDS = 5
_FORM = forms.NewBroadcast.model_validate(
    {
        "audience": {"all": True},
        "body": "Hello {{client.first_name}}, your proofs are ready at {{studio.name}}. Please look through the"
        " gallery by Friday and mark those that you like best.",
    }
)


def measure() -> Iterator[Figure]:
    """Compare the two sizes."""
    _seconds(_SMALL)  # fills the caches
    large, small = [], []
    for _ in range(_ROUNDS):
        large.append(_seconds(_LARGE))
        small.append(mean(_seconds(_SMALL) for _ in range(_LARGE // _SMALL)))
    small_calls, small_units = _calls_and_units(_SMALL)
    calls, units = _calls_and_units(_LARGE)
    growth = max(median(map(truediv, large, small)), calls / small_calls, units / small_units)
    yield Figure("broadcast_growth", round(growth, 3), f"x ({_LARGE} recipients over {_SMALL})", 1.1)
    yield Figure("broadcast_calls_per_recipient", round(calls, 2), "calls", None)
    yield Figure("broadcast_write_units_per_recipient", round(units, 2), "units", None)
    yield Figure("broadcast_cpu_per_recipient", round(median(large) * 1e6), "us", None)


def _seconds(recipients: int) -> float:
    """Return the CPU seconds per recipient."""
    with emulated_aws() as outside:
        account = _filled(outside, recipients)
        gc.collect()
        start = time.process_time()
        _broadcast(outside, account, recipients)
        seconds = time.process_time() - start
        _check(outside, recipients)
        return seconds / recipients


def _calls_and_units(recipients: int) -> tuple[float, float]:
    """Return the calls and the write units per recipient."""
    with emulated_aws() as outside:
        account = _filled(outside, recipients)
        with counted_calls("dynamodb", "sqs") as calls, counted_write_units() as units:
            _broadcast(outside, account, recipients)
        return len(calls) / recipients, units.total / recipients


def _broadcast(outside: SeparateClients, account: str, recipients: int) -> None:
    dry = api.dry_run(account, _FORM, 0, 200, NOW)
    broadcast_id = api.create_broadcast(account, _FORM, "key", NOW).id
    while jobs := outside.take(settings().broadcast_queue_url):
        for job in jobs:
            worker.advance(msgspec.json.decode(job, type=Job), NOW)
    [texts] = counts.all_now([api.broadcast_or_raise(account, broadcast_id)], NOW)
    progress = texts.states
    if not dry.totals.texts == progress[MessageState.ACCEPTED] == recipients:
        raise RuntimeError(f"the dry run had {dry.totals.texts} texts, and there is {progress}")


def _check(outside: SeparateClients, recipients: int) -> None:
    queued = len(set(outside.take(settings().bulk_queue_url)))
    if queued != recipients:
        raise RuntimeError(f"{queued} texts are queued for {recipients} recipients")


def _filled(outside: SeparateClients, recipients: int) -> str:
    account = studio().id
    outside.put([_client(account, index) for index in range(recipients)])
    return account


def _client(account: str, index: int) -> Wire:
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
    return wire_item(keys.client(account, client.id), {"type": "client", **attributes(client)})
