"""How long another account's single text takes to reach its phone while a broadcast of 5,000 texts is being sent.

Measured in the local stack: the emulator, the deployed template, the simulated carrier. The first single text is
reported separately: it waits for its functions to start, which takes seconds on this machine's two processors while
the broadcast is being sent.
"""

import json
import time
from collections.abc import Iterator
from statistics import median

from bench.local_studio import local_studio
from bench.rig import Figure
from infra.local.participants import Phones, StudioSoftware
from infra.local.stack import Stack, new_stack

_CLIENTS, _IMPORTED_AT_ONCE = 5_000, 500
_SINGLE_TEXTS = 10
_UNDER_WAY = 200
_PATIENCE_SECONDS = 60.0


def measure() -> Iterator[Figure]:
    """Start a stack, fill the queue, and time single texts."""
    with new_stack(lambda _: None) as stack:
        crowd, other = (local_studio(stack, name, plan) for name, plan in (("crowd", "volume"), ("other", "medium")))
        for start in range(0, _CLIENTS, _IMPORTED_AT_ONCE):
            _import(crowd, start)
        crowd.ask("PATCH", "/account", {"quiet_hours": False})
        form = {"audience": {"all": True}, "body": "Two spring slots are left."}
        broadcast = crowd.ask("POST", "/broadcasts", form).json["id"]
        _until_under_way(crowd, broadcast)
        first, *seconds = [_single(stack, other, f"+1213555{index:04}") for index in range(1 + _SINGLE_TEXTS)]
        left = _CLIENTS - _sent(crowd, broadcast)
    yield Figure("single_text_seconds_behind_5000", round(max(seconds), 2), "s", 5)
    yield Figure("single_text_seconds_behind_5000_median", round(median(seconds), 2), "s", None)
    yield Figure("first_single_text_seconds", round(first, 2), "s", None)
    yield Figure("texts_still_waiting_then", left, "texts", None)


def _import(studio: StudioSoftware, start: int) -> None:
    rows = [
        {"id": f"c{index}", "allow_text_marketing": True, "phones": [{"number": f"+1212{5_550_000 + index}"}]}
        for index in range(start, start + _IMPORTED_AT_ONCE)
    ]
    lines = "\n".join(map(json.dumps, rows))
    report = studio.ask("POST", "/clients/import", lines, **{"Content-Type": "application/x-ndjson"}).json
    if report["refused"]:
        raise RuntimeError(f"not imported: {report}")


def _until_under_way(studio: StudioSoftware, broadcast: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while _sent(studio, broadcast) < _UNDER_WAY:
        if time.monotonic() > deadline:
            raise RuntimeError("the broadcast does not start")
        time.sleep(0.2)


def _sent(studio: StudioSoftware, broadcast: str) -> int:
    progress = studio.ask("GET", f"/broadcasts/{broadcast}").json["progress"]
    return sum(progress.get(state, 0) for state in ("sent", "delivered"))


def _single(stack: Stack, studio: StudioSoftware, phone: str) -> float:
    """Send a single text, and return the seconds until its phone has it."""
    start = time.monotonic()
    studio.ask("POST", "/messages", {"to": phone, "body": "Your proofs are ready."})
    phones = Phones(stack.carrier_url)
    while not phones.conversation(phone):
        if time.monotonic() - start > _PATIENCE_SECONDS:
            raise RuntimeError("a single text does not arrive")
        time.sleep(0.05)
    return time.monotonic() - start
