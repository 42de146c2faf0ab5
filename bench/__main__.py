"""`make bench [ONLY=name]`: print `name value unit bar` for each figure; fail if a bar is missed."""

import os
import sys
from collections.abc import Callable, Iterable

from bench import (
    batch_seconds,
    broadcast_growth,
    crash_points,
    deliver_cpu_ratio,
    dollars,
    faults,
    find_text,
    flood,
    hub_pages,
    latency,
    lighthouse,
    month_close_growth,
    round_trips,
    single_text_seconds,
    soak,
    startup_ratio,
    write_units,
    wrong_studio,
)
from bench.rig import Figure

BENCHMARKS: dict[str, Callable[[], Iterable[Figure]]] = {
    "write_units": write_units.measure,
    "round_trips": round_trips.measure,
    "batch_seconds": batch_seconds.measure,
    "deliver_cpu_ratio": deliver_cpu_ratio.measure,
    "broadcast_growth": broadcast_growth.measure,
    "month_close_growth": month_close_growth.measure,
    "crash_points": crash_points.measure,
    "single_text_seconds": single_text_seconds.measure,
    "latency": latency.measure,
    "text_cpu": latency.measure,
    "lighthouse": lighthouse.measure,
    "faults": faults.measure,
    "soak": soak.measure,
    "flood": flood.measure,
    "find_text": find_text.measure,
    "hub_page_milliseconds": hub_pages.measure,
    "dollars": dollars.measure,
    "wrong_studio": wrong_studio.measure,
    "startup_ratio": startup_ratio.measure,
}
_ONLY_BY_NAME = {"soak"}  # it takes three quarters of an hour


def main(only: str) -> int:
    """Run the benchmarks whose name contains `only`, or is part of it, so that the name of a figure works too."""
    named = {name for name in BENCHMARKS if (only in name or name in only) and (only or name not in _ONLY_BY_NAME)}
    chosen = dict.fromkeys(run for name, run in BENCHMARKS.items() if name in named)
    if not chosen:
        print(f"no benchmark is named {only}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    os.environ["AWS_LAMBDA_FUNCTION_NAME"] = "bench"  # the clients are opened as on Lambda
    missed = 0
    for run in chosen:
        for figure in run():
            print(figure, flush=True)
            missed += not figure.is_met
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
