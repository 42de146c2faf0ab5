"""What importing a function takes, over importing boto3 and opening two clients, run in turn in fresh processes."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.figure import Figure

_FUNCTIONS = Path(__file__).parents[1] / "functions"
_RUNS = 5
_BASE = (
    "import boto3; "
    "[boto3.client(name, region_name='us-east-1', aws_access_key_id='a', aws_secret_access_key='b')"
    " for name in ('dynamodb', 'sqs')]"
)
_TIMED = "import time; start = time.process_time(); {}; print(time.process_time() - start)"


def measure() -> Iterator[Figure]:
    """Compare each function with the bare clients."""
    for path in sorted(_FUNCTIONS.glob("*/*.py")):
        if path.parent.name == "longcode" or "def handler(" not in path.read_text():
            continue
        name = f"{path.parent.name}.{path.stem}"
        is_api = "web.resolver()" in path.read_text()
        ratio = median(_seconds(f"{_BASE}; import {name}") / _seconds(_BASE) for _ in range(_RUNS))
        yield Figure(f"startup_ratio_{name.replace('.', '_')}", round(ratio, 2), "x", 1.8 if is_api else 1.4)


def _seconds(code: str) -> float:
    timed = _TIMED.format(code)
    run = subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True)
    return float(run.stdout)
