"""The worker's CPU for a text, divided by the CPU of only the AWS and carrier calls that it makes.

The calls of one batch are recorded on moto with their responses. Then the worker, and a loop that only makes the
recorded calls, are run in turn on these responses, so that both include botocore and neither includes AWS. The
carrier is a separate process, so that only the client's side of HTTP counts. The figure is the median of the turns'
ratios: the two runs of a turn follow each other, so what else the machine does affects both.
"""

import time
from collections.abc import Callable, Iterator
from operator import truediv
from statistics import median
from urllib.parse import urlencode

from urllib3 import PoolManager, Timeout
from urllib3.util import make_headers

from bench.rig import Figure
from bench.tape import Tape
from infra.local.folder import run_folder
from infra.local.stack import simulated_carrier
from longcode.aws.clients import client
from longcode.carriers.twilio import Twilio
from send import api, worker
from tests.support.fakes import NOW, studio, take_queued
from tests.support.local_aws import local_aws

_BATCH, _TURNS = 10, 200
_ACCOUNT, _TOKEN = "AC0", "test-token"
_WORDS = "Hello Zoë, your proofs are ready. Please look through the gallery by Friday and mark those you like best."


def measure() -> Iterator[Figure]:
    """Compare the worker with its bare calls."""
    with run_folder() as folder, simulated_carrier(folder, _ACCOUNT, _TOKEN) as url, PoolManager() as pool:
        carrier = Twilio(account_sid=_ACCOUNT, auth_token=_TOKEN, callback_base="http://127.0.0.1:9", api_base=url)
        bodies, tape = _recorded(carrier)
        worker, bare = [], []
        for _ in range(_TURNS):
            worker.append(_cpu_seconds(tape, lambda: _deliver(bodies, carrier)))
            bare.append(_cpu_seconds(tape, lambda: _call_bare(tape, pool, url)))
    yield Figure("deliver_cpu_ratio", round(median(map(truediv, worker, bare)), 2), "x", 1.4)
    yield Figure("deliver_cpu_milliseconds", round(median(worker) / _BATCH * 1000, 2), "ms", None)


def _recorded(carrier: Twilio) -> tuple[list[str], Tape]:
    tape = Tape()
    with local_aws():
        account = studio()
        for index in range(_BATCH):
            form = api.NewMessage(to=f"+121255501{index:02}", body=_WORDS)
            api.accept(account.id, form, f"k-{index}", NOW)
        bodies = take_queued("send")
        with tape.recording():
            _deliver(bodies, carrier)
    return bodies, tape


def _deliver(bodies: list[str], carrier: Twilio) -> None:
    deliver = worker.prepare(bodies, carrier, NOW)
    for body in bodies:
        deliver(body)


def _call_bare(tape: Tape, pool: PoolManager, url: str) -> None:
    for service, operation, params in tape.calls:
        getattr(client(service), _method(operation))(**params)
    form = {"To": "+12125550123", "From": "+15555550100", "Body": _WORDS, "StatusCallback": "http://127.0.0.1:9/r"}
    headers = make_headers(basic_auth=f"{_ACCOUNT}:{_TOKEN}") | {"Content-Type": "application/x-www-form-urlencoded"}
    address = f"{url}/2010-04-01/Accounts/{_ACCOUNT}/Messages.json"
    for _ in range(_BATCH):
        pool.request(
            "POST", address, body=urlencode(form), headers=headers, timeout=Timeout(10), retries=False
        ).json()


def _cpu_seconds(tape: Tape, run: Callable[[], None]) -> float:
    with tape.playing():
        start = time.process_time()
        run()
        return time.process_time() - start


def _method(operation: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation)[1:]
