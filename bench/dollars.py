"""The AWS costs of 1,000 texts, at the list prices of infra/prices.json.

The mix: single texts to clients with one phone, on a plan that charges beyond its included units, in a system with
600 texts a minute. Each text has a POST /messages with a check of the password (API Gateway caches it for a minute,
and a studio's next single text comes later), a tenth of a worker's batch of ten whose carrier takes 300 ms a call,
the two receipts `sent` and `delivered`, and a 600th of the minute's sweep. Free tiers count as used up. These costs
are not included: storage, alarms, empty polls of idle queues, traffic to the internet, waiting for a number's
throughput, and secrets and parameters, which are read every five minutes. For comparison, the same is measured for a
text alone in its batch, for an account with every limit, and for a broadcast to 250 clients.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from bench import flows
from bench.invocations import Invocations, Usage
from bench.rig import Figure
from infra.local.folder import run_folder
from infra.local.stack import simulated_carrier
from longcode.plans.plans import PlanChange
from tests.support.fakes import NOW
from tests.support.local_aws import ACCOUNT_SID, local_aws

_BAR = 0.02
_PRICES: dict[str, dict[str, float]] = json.loads((Path(__file__).parents[1] / "infra" / "prices.json").read_text())[
    "prices"
]
_PARTS = {
    "api_gateway": ("api_gateway_request",),
    "table_writes": ("dynamodb_write_unit",),
    "table_reads": ("dynamodb_read_unit",),
    "queues": ("sqs_request", "sqs_fair_request"),
    "function_calls": ("lambda_request",),
    "function_time": ("lambda_gigabyte_second",),
    "logs": ("log_byte",),
    "traces": ("trace",),
    "schedule": ("schedule",),
}


def measure() -> Iterator[Figure]:
    """Measure the costs of the mix, in total and by service."""
    limits: dict[str, Any] = {"plan_changes": (PlanChange(NOW, "small"),), "units_a_day": 1000}
    with run_folder() as folder, simulated_carrier(folder, ACCOUNT_SID, flows.TOKEN) as url:
        used, milliseconds = _of_a_text(lambda: flows.single_texts(url))
        of_one, _ = _of_a_text(lambda: flows.single_texts(url, batch=1))
        others = {
            "all_limits": _of_a_text(lambda: flows.single_texts(url, **limits))[0],
            "of_a_broadcast": _of_a_text(lambda: flows.broadcast_texts(url))[0],
        }
    yield Figure("dollars_per_1000_texts", _rounded(used), "$", _BAR)
    yield Figure("dollars_per_1000_texts_in_batches_of_one", _rounded(of_one), "$", _BAR)
    for part, names in _PARTS.items():
        yield Figure(f"dollars_{part}", _rounded({name: used[name] for name in names}), "$", None)
    for function, took in milliseconds.items():
        yield Figure(f"milliseconds_{function}", took, "ms", None)
    for name, of_another in others.items():
        yield Figure(f"dollars_per_1000_texts_{name}", _rounded(of_another), "$", None)


def dollars(used: Usage) -> float:
    """Return the price of a usage."""
    return sum(amount * _PRICES[name]["dollars"] / _PRICES[name]["per"] for name, amount in used.items())


def _rounded(of_a_text: Usage) -> float:
    return round(dollars(of_a_text) * 1000, 5)


def _of_a_text(flow: Callable[[], Iterable[Invocations]]) -> tuple[Usage, dict[str, int]]:
    """Return the usage of a text, and the milliseconds of a call of each function."""
    used: Usage = defaultdict(float)
    milliseconds = {}
    with local_aws():
        steps = list(flow())
    # Timed without delay: after some minutes a function reads its cached settings again, which is not recorded.
    for step in steps:
        milliseconds[step.function] = took = step.milliseconds()
        gigabyte_seconds = step.calls * took / 1000 * step.megabytes / 1024
        for name, amount in (*step.used.items(), ("lambda_gigabyte_second", gigabyte_seconds)):
            used[name] += amount / step.texts
    return used, milliseconds
