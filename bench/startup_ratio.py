"""The CPU of a cold start with a function's imports, divided by the CPU of boto3 and two clients alone.

The bare clients are opened in a fresh process each time; for each import of a function, a process that has them open
forks. Before each import the bare clients are measured too, so that what else the machine does affects both; the
figure is the median of the ratios. The processes see only the packages of the function's artifact and those that the
Lambda runtime has.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.rig import Figure
from infra import build
from tests.support.local_aws import read_template

_RUNTIME = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
_WORKER_BAR, _API_BAR = 1.3, 1.7
_HUB, _HUB_BAR = "hub.site_api", 2.2  # it loads the functions of the API that its pages call
_TURNS = 15
_BARE = """
import sys, time
start = time.process_time()
import boto3
for service in ("dynamodb", "sqs"):
    boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
print(time.process_time() - start, flush=True)
"""
_FORKING = f"""{_BARE}
import os
for line in sys.stdin:
    if os.fork() == 0:
        start = time.process_time()
        __import__(line.strip())
        print(time.process_time() - start, flush=True)
        os._exit(0)
    os.wait()
"""


_CONSTANTS = {
    name: value
    for name, value in read_template()["Globals"]["Function"]["Environment"]["Variables"].items()
    if isinstance(value, str)
}


def measure() -> Iterator[Figure]:
    """Compare each function with the bare clients."""
    build.build(build.this_machine())
    deployed = _deployed()
    with ExitStack() as running:
        runtime = running.enter_context(_runtime())
        forking = {folder: _Forking(f"{folder}:{runtime}", running) for folder in set(deployed.values())}
        ratios: dict[str, list[float]] = {name: [] for name in deployed}
        for name, folder in [*deployed.items()] * _TURNS:
            bare, added = _bare_seconds(runtime), forking[folder].import_seconds(name)
            ratios[name].append((bare + added) / bare)
    for name, of_turns in ratios.items():
        bar = _HUB_BAR if name == _HUB else _API_BAR if _is_api(name) or name.startswith("hub.") else _WORKER_BAR
        yield Figure(f"startup_ratio_{name.replace('.', '_')}", round(median(of_turns), 2), "x", bar)


@contextmanager
def _runtime() -> Iterator[str]:
    """Make a folder of the packages that the Lambda runtime has, until the block ends."""
    with TemporaryDirectory() as folder:
        for name in _RUNTIME:
            source = Path(import_module(name).__file__ or "")
            if source.name == "__init__.py":
                source = source.parent
            (Path(folder) / source.name).symlink_to(source)
        yield folder


class _Forking:
    """A process that has the bare clients open, and forks for each import."""

    def __init__(self, path: str, running: ExitStack) -> None:
        self._process = running.enter_context(
            subprocess.Popen(
                [sys.executable, "-S", "-c", _FORKING],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={"PYTHONPATH": path, **_CONSTANTS},
            )
        )
        self._answer()

    def import_seconds(self, module: str) -> float:
        assert self._process.stdin
        print(module, file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> float:
        assert self._process.stdout
        return float(self._process.stdout.readline())


def _bare_seconds(runtime: str) -> float:
    command = [sys.executable, "-S", "-c", _BARE]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": runtime})
    return float(run.stdout)


def _deployed() -> dict[str, Path]:
    """Return the folder that each function's module is deployed in."""
    resources = read_template()["Resources"].items()
    functions = {name: each["Properties"] for name, each in resources if each["Type"].endswith("::Function")}
    modules = {each["Handler"].removesuffix(".handler"): build.artifact_of(name) for name, each in functions.items()}
    return {module: build.this_machine().folder / artifact for module, artifact in sorted(modules.items())}


def _is_api(name: str) -> bool:
    source = (build.FUNCTIONS / f"{name.replace('.', '/')}.py").read_text()
    return "app = web.resolver(" in source or "app = account_resolver.resolver(" in source
