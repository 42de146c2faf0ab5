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
from tests.house.reading import functions
from tests.local_aws import read_template

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
    deployed = {name: build.ROOT / one["CodeUri"] for name, one in sorted(functions(read_template()).items())}
    seconds = {name: _seconds(name, folder) for name, folder in deployed.items()}
    bare = min(bare for bare, _ in seconds.values())
    for name, (_, added) in seconds.items():
        bar = _API_BAR if _is_api(name) else _WORKER_BAR
        yield Figure(f"startup_ratio_{name.replace('.', '_')}", round((bare + added) / bare, 2), "x", bar)


def _is_api(name: str) -> bool:
    return "web.resolver(" in (build.FUNCTIONS / f"{name.replace('.', '/')}.py").read_text()


def _seconds(name: str, folder: Path) -> tuple[float, float]:
    command = [sys.executable, "-c", _PROGRAM, name, str(_FORKS)]
    environment = {"PYTHONPATH": str(folder)}
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    bare, added = json.loads(run.stdout)
    return bare, added
