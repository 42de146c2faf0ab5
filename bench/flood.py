"""How long one studio's texts and STOPs take in the local stack while another studio floods it, beside a quiet run.

The figures show that nothing waits in line behind the flood, not what AWS can take: emulator, functions and carrier
share this machine's processors. So the flood is small, and no process of a function should start during a run. On AWS
a start has a processor to itself; here it takes most of a second of one that the calls need, and calls that wait have
more processes started: twenty starts stop everything for ten seconds. Before the runs, as many conversations as a run
can have are held at once, until they start no process; the second run begins when the flood starts no more.
`flood_starts_…` is the number of processes that a run started nevertheless.

The flood lasts as long as its run: texts whose webhooks go to a slow receiver, other calls, templates without end and
imports.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from threading import Event
from urllib.parse import quote

from urllib3.exceptions import HTTPError

from bench.local_studio import local_studio
from bench.rig import Figure
from infra.local.emulator import processes_started
from infra.local.endpoint import serving_endpoint
from infra.local.participants import Phones, StudioSoftware, eventually
from infra.local.stack import Stack, new_stack

_CONVERSATIONS, _PAUSE_SECONDS = 12, 1.0
_WARM_UPS_MOST = 6
_FLOOD_FIRST_SECONDS, _FLOOD_FIRST_SECONDS_MOST, _WITHOUT_START_SECONDS = 25, 120, 5
_SLOW_RECEIVER_SECONDS = 8.0
_NO_ANSWER = 0
_IMPORT_ROWS = 200
_TIMES_A_SECOND = {"texts": 4, "reads": 8, "templates": 4, "imports": 1}


def measure() -> Iterator[Figure]:
    """Start a stack, and measure a studio's conversations without and with the flood of another studio."""
    with new_stack(lambda _: None) as stack:
        calm, flooder = local_studio(stack, "calm", "volume"), local_studio(stack, "flooder", "volume")
        phones = (f"+1212{number}" for number in count(3_000_000))
        _warm_up(stack, calm, phones)
        runs = {"quiet": _run(stack, calm, phones)}
        with _flood(stack, flooder) as answered:
            _wait_for_starts(stack)
            runs["flooded"] = _run(stack, calm, phones)
    for name, index, bar in (("text", 0, 2.0), ("stop", 1, 3.0)):
        for run, (seconds, _) in runs.items():
            each = [times[index] for times in seconds]
            yield Figure(f"flood_{name}_{run}_median", round(median(each), 2), "s", None)
            yield Figure(f"flood_{name}_{run}_most", round(max(each), 2), "s", bar)
    for run, (_, starts) in runs.items():
        yield Figure(f"flood_starts_{run}", starts, "processes", None)
    for (what, status), number in sorted(answered.items()):
        yield Figure(f"flood_{what}_{status}", number, "calls", None)


def _warm_up(stack: Stack, studio: StudioSoftware, phones: Iterator[str]) -> None:
    """Hold a run's conversations at once, and again until they start no process; the first may exceed time-outs."""
    for _ in range(_WARM_UPS_MOST):
        before = processes_started(Path(stack.logs))
        with ThreadPoolExecutor(_CONVERSATIONS) as pool:
            for _ in range(_CONVERSATIONS):
                pool.submit(_conversation, stack, studio, next(phones))
        if processes_started(Path(stack.logs)) == before:
            return


def _wait_for_starts(stack: Stack) -> None:
    """Wait until the flood has started no process for a while."""
    begun = last_start = time.monotonic()
    started = processes_started(Path(stack.logs))
    while (now := time.monotonic()) < begun + _FLOOD_FIRST_SECONDS_MOST:
        if now > begun + _FLOOD_FIRST_SECONDS and now > last_start + _WITHOUT_START_SECONDS:
            return
        time.sleep(0.5)
        if (until_now := processes_started(Path(stack.logs))) > started:
            started, last_start = until_now, time.monotonic()


def _run(stack: Stack, studio: StudioSoftware, phones: Iterator[str]) -> tuple[list[tuple[float, float]], int]:
    """Text a dozen phones, one a second, and have each reply STOP; return the seconds of both, and the starts."""
    running = []
    before = processes_started(Path(stack.logs))
    with ThreadPoolExecutor(_CONVERSATIONS) as pool:
        for _ in range(_CONVERSATIONS):
            running.append(pool.submit(_conversation, stack, studio, next(phones)))
            time.sleep(_PAUSE_SECONDS)
    return [each.result() for each in running], processes_started(Path(stack.logs)) - before


def _conversation(stack: Stack, studio: StudioSoftware, phone: str) -> tuple[float, float]:
    """Return the seconds from a request to the text's arrival, and from a STOP to the opt-out in the API."""
    at_carrier = Phones(stack.carrier_url)
    posted_at = datetime.now(UTC)
    answer = studio.ask("POST", "/messages", {"to": phone, "body": "Your proofs are ready."})
    if answer.status != 202:
        raise RuntimeError(f"not accepted: {answer}")
    (text,) = eventually(lambda: at_carrier.conversation(phone), "a text")
    stopped_at = time.monotonic()
    at_carrier.reply(phone, at_carrier.texted_from(phone)[-1], "STOP")
    eventually(lambda: studio.ask("GET", f"/optouts/{quote(phone)}").json["opted_out"], "an opt-out")
    return (datetime.fromisoformat(text["at"]) - posted_at).total_seconds(), time.monotonic() - stopped_at


@contextmanager
def _flood(stack: Stack, studio: StudioSoftware) -> Iterator[dict[tuple[str, int], int]]:
    """Flood the stack until the block ends; yield the number of calls by kind and status."""
    answered: dict[tuple[str, int], int] = {}
    ended, numbers = Event(), count(2_000_000)
    calls: dict[str, Callable[[], int]] = {
        "texts": lambda: _status(studio, "POST", "/messages", {"to": f"+1212{next(numbers)}", "body": "Sale!"}),
        "reads": lambda: _status(studio, "GET", "/clients?limit=200"),
        "templates": lambda: _status(studio, "PUT", f"/templates/t{next(numbers)}", {"body": "Sale!"}),
        "imports": lambda: _import(studio, numbers),
    }

    def repeat(what: str, pause: float) -> None:
        while not ended.wait(pause):
            try:
                status = calls[what]()
            except HTTPError:
                status = _NO_ANSWER  # while the flood's first processes start, an import can exceed the time-out
            answered[what, status] = answered.get((what, status), 0) + 1

    with serving_endpoint(stack.webhook_certificate) as endpoint, ThreadPoolExecutor(len(calls)) as pool:
        endpoint.seconds = _SLOW_RECEIVER_SECONDS
        settings = {"delivery": "webhook", "webhook_url": endpoint.url}
        endpoint.secret = studio.ask("PATCH", "/account", settings).json["webhook_secret"]
        for what, times in _TIMES_A_SECOND.items():
            pool.submit(partial(repeat, what, 1 / times))
        try:
            yield answered
        finally:
            ended.set()
            studio.ask("PATCH", "/account", {"delivery": "poll"})
            endpoint.seconds = 0


def _status(studio: StudioSoftware, method: str, path: str, body: object = None, **headers: str) -> int:
    return studio.ask(method, path, body, **headers).status


def _import(studio: StudioSoftware, numbers: Iterator[int]) -> int:
    rows = [f"c{number},+1213{number}" for number in (next(numbers) for _ in range(_IMPORT_ROWS))]
    headers = {"Content-Type": "text/csv"}
    return _status(studio, "POST", "/clients/import", "\n".join(["id,phone", *rows]) + "\n", **headers)
