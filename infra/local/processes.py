"""The programs of the local stack. Each ends with the process that started it (supervisor.py)."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"


class Failed(Exception):
    """A program of the local stack ended with an error or did not become ready."""


@contextmanager
def started(
    command: list[str], folder: Path, log: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in the background until the block ends; if this process dies, `folder` is removed as well."""
    supervised = [sys.executable, "-m", "infra.local.supervisor", str(folder), *command]
    with (
        log.open("ab") as output,
        subprocess.Popen(
            supervised,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that Ctrl-C reaches only the foreground process
        ) as process,
    ):
        try:
            yield process
        finally:
            process.communicate(b".")  # the supervisor ends the program and removes no folder


def run(command: list[str], folder: Path, log: Path, environment: Mapping[str, str]) -> None:
    """Run a program to its end; raise `Failed` if it fails."""
    with started(command, folder, log, environment) as process:
        if process.wait() != 0:
            raise Failed(f"{Path(command[0]).name} failed:\n{tail(log)}")


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, seconds: float = 20) -> None:
    """Wait until a started program is ready; raise `Failed` if it ends or takes too long."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise Failed(f"{log.stem} did not start:\n{tail(log)}")
        time.sleep(0.05)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return this process's environment without its AWS account, and with temporary files in `folder`."""
    scratch = folder / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_"))}
    return inherited | {"TMPDIR": str(scratch), "PYTHONPATH": str(ROOT), "NO_PROXY": HOST, "no_proxy": HOST} | more


def free_port() -> int:
    """Return a port that no process listens on."""
    with socket.create_server((HOST, 0)) as server:
        return int(server.getsockname()[1])


def is_alive(pid: int) -> bool:
    """Return whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def tail(log: Path, lines: int = 40) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
