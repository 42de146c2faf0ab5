"""`make mail`, `make logs` and `make stop`: show the mails and logs of the stack that `make up` runs, and end it."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from infra.local import stack
from infra.local.emulator import mails
from infra.local.processes import Failed, is_alive

_LOGS = ("carrier.log", "emulator.log")
_LINES_BEFORE = 40
_POLL_SECONDS = 0.2
_STOP_SECONDS = 30


def show_mails(own: stack.Stack, to: str) -> None:
    """Print the mails that were sent, oldest first: all, or those to addresses that contain a text."""
    shown = [mail for mail in mails(own.emulator_url) if any(to in address for address in mail["To"])]
    print("\n".join(map(as_text, shown)) or "no mails")


def as_text(mail: dict[str, Any]) -> str:
    """Return a mail with its time here, its address, its subject and its words."""
    sent = datetime.fromtimestamp(float(mail["Timestamp"])).astimezone()
    return f"== {sent:%H:%M:%S}  to {', '.join(mail['To'])}\n== {mail['Subject']}\n\n{mail['BodyText'].strip()}\n"


def follow_logs(own: stack.Stack) -> None:
    """Print what emulator, functions and carrier log, until the stack ends."""
    for line in followed([Path(own.logs) / name for name in _LOGS], lambda: is_alive(own.pid)):
        print(line, end="", flush=True)


def followed(logs: list[Path], goes_on: Callable[[], bool]) -> Iterator[str]:
    """Yield the last lines of some files, and then each line that is added, while the writer goes on."""
    files = [log.open(errors="replace") for log in logs]
    try:
        for file in files:
            yield from file.readlines()[-_LINES_BEFORE:]
        while goes_on():
            for file in files:
                yield from file
            time.sleep(_POLL_SECONDS)
        for file in files:
            yield from file
    finally:
        for file in files:
            file.close()


def stop(own: stack.Stack) -> None:
    """End a stack, and wait until it has removed all that it made."""
    os.kill(own.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while is_alive(own.pid):
        if time.monotonic() > deadline:
            raise Failed(f"process {own.pid} still runs after {_STOP_SECONDS} s")
        time.sleep(_POLL_SECONDS)
    print(f"the stack at {own.api_url} has ended")


def main() -> None:
    """Run `mail [PART_OF_ADDRESS]`, `logs` or `stop`."""
    command, *words = sys.argv[1:]
    own = stack.find()
    try:
        if own is None:
            raise Failed("no stack runs in this folder; `make up` starts one")
        match command:
            case "mail":
                show_mails(own, " ".join(words))
            case "logs":
                follow_logs(own)
            case _:
                stop(own)
    except Failed as failed:
        sys.exit(f"make {command}: {failed}")
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(1)


if __name__ == "__main__":
    main()
