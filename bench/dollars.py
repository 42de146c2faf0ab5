"""What AWS asks for 1,000 texts, at the list prices of infra/prices.json.

The mix: single texts to a client's one phone, on a plan that charges beyond what it includes, in a system that is
busy with 600 a minute. For each text there is a POST /messages with a check of the password (API Gateway keeps its
answer for a minute, and a studio's next single text comes later), a tenth of a worker's batch of ten whose carrier
takes 300 ms a call, the carrier's two receipts `sent` and `delivered`, and a 600th of the minute's sweep. Free tiers
count as used up. Left out is what does not come with a text: storage, alarms, empty polls of idle queues, traffic to
the internet, waiting for a number's pace, and secrets and parameters, which are read every five minutes. Beside it
stands the same text of an account with every limit on.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import texts
from bench.figure import Figure
from bench.invocations import Usage
from infra.local.folder import run_folder
from infra.local.stack import simulated_carrier
from longcode.plans import Change
from tests.fakes import NOW
from tests.local_aws import local_aws

_TEXTS_A_MINUTE, _BAR = 600, 0.02
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
    """Measure the mix, and tell where its money goes."""
    with run_folder() as folder, simulated_carrier(folder, texts.ACCOUNT_SID, texts.TOKEN) as url:
        used, milliseconds = _text(url)
        guarded, _ = _text(url, plan_changes=(Change(NOW, "small"),), units_a_day=1000)
    yield Figure("dollars_per_1000_texts", _rounded(used), "$", _BAR)
    for part, names in _PARTS.items():
        yield Figure(f"dollars_{part}", _rounded({name: used[name] for name in names}), "$", None)
    for function, took in milliseconds.items():
        yield Figure(f"milliseconds_{function}", took, "ms", None)
    yield Figure("dollars_per_1000_texts_all_guards", _rounded(guarded), "$", None)


def dollars(used: Usage) -> float:
    """Price what was used."""
    return sum(amount * _PRICES[name]["dollars"] / _PRICES[name]["per"] for name, amount in used.items())


def _rounded(of_a_text: Usage) -> float:
    return round(dollars(of_a_text) * 1000, 5)


def _text(carrier_url: str, **account: Any) -> tuple[Usage, dict[str, int]]:
    """Measure what a text uses, and the milliseconds of each function's call."""
    with local_aws():
        sweep, *steps = texts.steps(carrier_url, **account)
    used: Usage = defaultdict(float)
    milliseconds = {}
    for step, texts_a_step in ((sweep, _TEXTS_A_MINUTE), *((one, texts.BATCH) for one in steps)):
        milliseconds[step.function] = took = step.milliseconds()
        gigabyte_seconds = step.calls * took / 1000 * step.megabytes / 1024
        for name, amount in (*step.used.items(), ("lambda_gigabyte_second", gigabyte_seconds)):
            used[name] += amount / texts_a_step
    used["api_gateway_request"] = 1  # receipts come to the address of their own function
    for name in ("sqs_request", "sqs_fair_request"):
        used[name] += 2 / texts.BATCH  # Lambda receives a batch and deletes it
    used["schedule"] = 1 / _TEXTS_A_MINUTE
    return used, milliseconds
