"""How long texts take while 3 % of the calls to DynamoDB and SQS fail, or parts of their batches do.

The local stack runs behind a proxy that fails calls as AWS does: an error of the service, a throttled call,
unprocessed keys, refused entries. Two texts a second, for FAULT_SECONDS (60 unless the environment says otherwise).
"""

import os
import time
from collections.abc import Iterator
from statistics import quantiles

from bench.fault_proxy import FaultProxy, Kind
from bench.load import Load, busy_studio
from bench.rig import Figure
from infra.local.stack import new_stack

_SHARE = 0.03
_RATE, _CALLERS = 2, 5
_SECONDS = int(os.environ.get("FAULT_SECONDS", "60"))
_FINAL = {"delivered", "sent"}


def measure() -> Iterator[Figure]:
    """Warm up a stack, let calls fail, and wait until nothing fails any more."""
    faults = FaultProxy(Kind.ERROR, Kind.PARTIAL)
    with new_stack(lambda _: None, faults.start) as stack, busy_studio(stack) as load:
        load.warm_up(_CALLERS)
        faults.share = _SHARE
        texts = load.send(_RATE, _SECONDS)
        faults.share = 0.0
        stuck = _stuck(load)
    waits = [(text.came_at[0] - text.posted_at).total_seconds() for text in texts if text.came_at]
    yield Figure("faults_hand_over_p90", round(quantiles(waits, n=10)[-1], 2), "s", 5)
    yield Figure("faults_lost", sum(not text.came_at for text in texts), "texts", 0)
    yield Figure("faults_doubled", sum(len(text.came_at) > 1 for text in texts), "texts", 0)
    yield Figure("faults_stuck", stuck, "texts", 0)
    yield Figure("faults_injected", sum(faults.injected.values()), f"of {faults.calls} calls", None)


def _stuck(load: Load) -> int:
    """Return how many texts have not reached a final state two sweeps after the last fault."""
    deadline = time.monotonic() + 150
    while (stuck := sum(state not in _FINAL for state in load.states())) and time.monotonic() < deadline:
        time.sleep(5)
    return stuck


if __name__ == "__main__":
    for figure in measure():
        print(figure)
