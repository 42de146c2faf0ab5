"""Run a command while standard input stays open, then kill it with all its children.

Standard input is a pipe from the process that started the command. If that process is killed, the pipe closes without
a byte having been written, and the folder that it would have removed is removed here.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path


def run(command: list[str], folder: Path) -> int:
    """Run the command until it ends or the pipe closes; return its exit code."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    orphaned = threading.Event()

    def kill_when_closed() -> None:
        # Not through sys.stdin: this thread would hold its lock at the exit.
        if not os.read(0, 1):
            orphaned.set()
        _kill(child.pid)

    threading.Thread(target=kill_when_closed, daemon=True).start()
    try:
        return child.wait()
    finally:
        _end(child)
        if orphaned.is_set():
            _remove(folder)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill the command's process group, which may outlive the command, and wait until it is gone."""
    deadline = time.monotonic() + 1
    while _kill(child.pid) and time.monotonic() < deadline:
        child.poll()
        time.sleep(0.01)


def _kill(group: int) -> bool:
    """Kill a process group, which has no data to save; return whether it existed."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _remove(folder: Path) -> None:
    """Remove a folder, although other processes of the stack may still write to it as they end."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)


def main() -> None:
    """Run `FOLDER COMMAND…` until it ends or SIGTERM arrives."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(run(sys.argv[2:], Path(sys.argv[1])) & 0xFF)


if __name__ == "__main__":
    main()
