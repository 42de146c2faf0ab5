"""The place of `longcode-inbox`: a file with the cursor and the replies of its page that are handed over."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class Busy(Exception):
    """Another run holds the lock."""


class Unreadable(Exception):
    """The file is not one of ours."""


@dataclass
class Place:
    """Where the next run begins: the cursor, and the `delivery_id` of each reply after it that is handed over."""

    file: Path
    after: str = "0"
    handed_over: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, file: Path) -> Place:
        """Read the file, or begin with the first reply if there is none."""
        try:
            stored = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls(file)
        except ValueError:
            raise Unreadable(f"{file} stores no place of longcode-inbox") from None
        match stored:
            case {"after": str(after), "handed_over": [*ids]}:
                return cls(file, after, ids)
            case int(number) if not isinstance(number, bool):  # as poll_inbox.py stored it
                return cls(file, str(number))
        raise Unreadable(f"{file} stores no place of longcode-inbox")

    def add(self, delivery_id: str) -> None:
        """Store that a reply is handed over."""
        self.handed_over.append(delivery_id)
        self._store()

    def move(self, after: str) -> None:
        """Store the cursor of the next page."""
        if after != self.after:
            self.after, self.handed_over = after, []
            self._store()

    def _store(self) -> None:
        replace_file(self.file, json.dumps({"after": self.after, "handed_over": self.handed_over}))


def replace_file(file: Path, text: str) -> None:
    """Replace a file: whenever the machine stops, it has either its old text or the new one."""
    new = file.with_name(f"{file.name}.new")
    with new.open("w", encoding="utf-8") as output:
        output.write(text)
        flush_to_disk(output)
    new.replace(file)
    if sys.platform != "win32":  # there, a folder cannot be opened
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def flush_to_disk(output: IO[str] | IO[bytes]) -> None:
    """Return once a file's bytes are on the disk."""
    output.flush()
    os.fsync(output.fileno())


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the lock beside a file, or raise `Busy`. If the process ends, the system releases it."""
    with file.with_name(f"{file.name}.lock").open("a+b") as lock:
        try:
            if sys.platform == "win32":
                lock.seek(0)
                msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy from None
        yield
