"""What importing a function as deployed takes, over importing boto3 and opening two clients, in turn."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure
from infra import build

_ROOT = Path(__file__).parents[1]
_FUNCTIONS, _DEPLOYED = _ROOT / "functions", _ROOT / ".build" / "functions"
_RUNS = 5
_WORKER_BAR, _API_BAR = 1.4, 1.8
_BASE = (
    "import boto3; "
    "[boto3.client(name, region_name='us-east-1', aws_access_key_id='a', aws_secret_access_key='b')"
    " for name in ('dynamodb', 'sqs')]"
)
_TIMED = "import time; start = time.process_time(); {}; print(time.process_time() - start)"


def measure() -> Iterator[Figure]:
    """Compare each function with the bare clients: the least of several runs, which noise can only add to."""
    build.build(build.this_machine())
    bare: list[float] = []
    least: dict[str, float] = {}
    for _ in range(_RUNS):
        for name in _names():
            bare.append(_seconds(_BASE))
            least[name] = min(_seconds(f"{_BASE}; import {name}"), least.get(name, 60.0))
    for name, seconds in least.items():
        bar = _API_BAR if _is_api(name) else _WORKER_BAR
        yield Figure(f"startup_ratio_{name.replace('.', '_')}", round(seconds / min(bare), 2), "x", bar)


def _names() -> list[str]:
    files = [path for path in sorted(_FUNCTIONS.glob("*/*.py")) if "def handler(" in path.read_text()]
    return [f"{path.parent.name}.{path.stem}" for path in files]


def _is_api(name: str) -> bool:
    return "web.resolver()" in (_FUNCTIONS / f"{name.replace('.', '/')}.py").read_text()


def _seconds(code: str) -> float:
    timed = _TIMED.format(code)
    environment = {"PYTHONPATH": str(_DEPLOYED)}
    run = subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True, env=environment)
    return float(run.stdout)
