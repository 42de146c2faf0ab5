"""Writes the files that commands are told to write."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from longcode_cli.errors import Failure


@contextmanager
def whole(path: Path) -> Iterator[IO[str]]:
    """Open a file that gets its name only once it is whole; a file or link of that name stays until then.

    Only its owner can read it: it may have phones.
    """
    try:
        with NamedTemporaryFile("w", encoding="utf-8", newline="", dir=path.parent, delete=False) as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error}") from error
