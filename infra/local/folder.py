"""The folder of a running stack: logs, and the code as built, from which the functions run."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from infra.local.processes import ROOT, is_alive

LOCAL = ROOT / ".local"
_MEMORY = Path("/dev/shm")  # noqa: S108 - its folders are created with mode 0700
_ENOUGH_BYTES = 1_000_000_000  # a stack takes 0.2 GB


@contextmanager
def run_folder() -> Iterator[Path]:
    """Yield a folder of this process; remove it when the block ends."""
    LOCAL.mkdir(exist_ok=True)
    _remove_leftovers()
    folder = _place() / f"longcode-{os.getpid()}-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # not empty: another stack runs
            LOCAL.rmdir()


def _place() -> Path:
    """Return a place for the folder: memory if possible, because a disk takes half a minute to remove the files."""
    if not _MEMORY.is_dir() or not os.access(_MEMORY, os.W_OK):
        return LOCAL
    space = os.statvfs(_MEMORY)
    runs_code = not space.f_flag & os.ST_NOEXEC
    return _MEMORY if runs_code and space.f_bavail * space.f_frsize > _ENOUGH_BYTES else LOCAL


def _remove_leftovers() -> None:
    """Remove the folders of stacks whose process was killed."""
    for folder in [*LOCAL.glob("longcode-*"), *_MEMORY.glob("longcode-*")]:
        if not is_alive(int(folder.name.split("-")[1])):
            shutil.rmtree(folder, ignore_errors=True)
