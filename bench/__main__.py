"""`make bench [ONLY=name]`: a line `name value unit bar` for each figure; fails when a bar is missed."""

import sys
from collections.abc import Callable, Iterable

from bench import (
    attribution,
    batch_seconds,
    broadcast_growth,
    crash_points,
    deliver_cpu,
    dollars,
    fairness,
    month_close_growth,
    round_trips,
    startup,
    write_units,
)
from bench.figure import Figure

BENCHMARKS: dict[str, Callable[[], Iterable[Figure]]] = {
    "write_units_per_text": write_units.measure,
    "round_trips": round_trips.measure,
    "batch_seconds": batch_seconds.measure,
    "deliver_cpu": deliver_cpu.measure,
    "broadcast_growth": broadcast_growth.measure,
    "month_close_growth": month_close_growth.measure,
    "crash_points": crash_points.measure,
    "fairness": fairness.measure,
    "dollars_per_1000_texts": dollars.measure,
    "attribution": attribution.measure,
    "startup_ratio": startup.measure,
}


def main(only: str) -> int:
    """Run the benchmarks whose names or figures begin with `only`."""
    chosen = [run for name, run in BENCHMARKS.items() if name.startswith(only) or only in name]
    if not chosen:
        print(f"no benchmark is named {only}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    missed = 0
    for run in chosen:
        for figure in run():
            print(figure, flush=True)
            missed += not figure.is_met
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
