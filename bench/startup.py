"""What importing a function as deployed takes, over importing boto3 and opening two clients.

The bare clients are opened in a fresh process; forks of it then import the function, each anew. Both are CPU time,
and of both the least counts: a busy machine can only add to it.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure
from infra import build

_ROOT = Path(__file__).parents[1]
_FUNCTIONS, _DEPLOYED = _ROOT / "functions", _ROOT / ".build" / "functions"
_FORKS = 8
_WORKER_BAR, _API_BAR = 1.4, 1.8
_PROGRAM = """
import json, os, sys, time
start = time.process_time()
import boto3
for service in ("dynamodb", "sqs"):
    boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
bare = time.process_time() - start
added = []
for _ in range(int(sys.argv[2])):
    reader, writer = os.pipe()
    if os.fork() == 0:
        start = time.process_time()
        __import__(sys.argv[1])
        os.write(writer, json.dumps(time.process_time() - start).encode())
        os._exit(0)
    os.wait()
    added.append(json.loads(os.read(reader, 100)))
print(json.dumps([bare, min(added)]))
"""


def measure() -> Iterator[Figure]:
    """Compare each function with the bare clients."""
    build.build(build.this_machine())
    seconds = {name: _seconds(name) for name in _names()}
    bare = min(bare for bare, _ in seconds.values())
    for name, (_, added) in seconds.items():
        bar = _API_BAR if _is_api(name) else _WORKER_BAR
        yield Figure(f"startup_ratio_{name.replace('.', '_')}", round((bare + added) / bare, 2), "x", bar)


def _names() -> list[str]:
    files = [path for path in sorted(_FUNCTIONS.glob("*/*.py")) if "def handler(" in path.read_text()]
    return [f"{path.parent.name}.{path.stem}" for path in files]


def _is_api(name: str) -> bool:
    return "web.resolver(" in (_FUNCTIONS / f"{name.replace('.', '/')}.py").read_text()


def _seconds(name: str) -> tuple[float, float]:
    command = [sys.executable, "-c", _PROGRAM, name, str(_FORKS)]
    environment = {"PYTHONPATH": str(_DEPLOYED)}
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    bare, added = json.loads(run.stdout)
    return bare, added
