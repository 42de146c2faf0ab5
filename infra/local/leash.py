"""Runs a command for as long as standard input stays open, then kills it with all its children.

Whoever holds the other end may itself be killed: the pipe closes all the same. Nothing was said on it then, and the
folder that its holder would have removed is removed here.
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
    """Run the command to its end or the pipe's; gives its exit code."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    orphaned = threading.Event()

    def hold() -> None:
        # Not through sys.stdin, whose lock this thread would hold at the exit.
        if not os.read(0, 1):
            orphaned.set()
        _kill(child.pid)

    threading.Thread(target=hold, daemon=True).start()
    try:
        return child.wait()
    finally:
        _end(child)
        if orphaned.is_set():
            _remove(folder)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill the command's whole group, which may outlive it, and see it gone."""
    deadline = time.monotonic() + 1
    while _kill(child.pid) and time.monotonic() < deadline:
        child.poll()
        time.sleep(0.01)


def _kill(group: int) -> bool:
    """Kill a group: nothing that runs here has anything to keep. Gives whether there was one."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _remove(folder: Path) -> None:
    """Remove a folder into which others of the same stack may be writing as they end."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)


def main() -> None:
    """Run `FOLDER COMMAND…`; SIGTERM ends it as well."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(run(sys.argv[2:], Path(sys.argv[1])) & 0xFF)


if __name__ == "__main__":
    main()
