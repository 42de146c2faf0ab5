"""Has msgspec describe a type before several threads use it."""

from contextlib import suppress
from threading import Lock
from typing import Any

import msgspec

_described: set[Any] = set()
_describing = Lock()


def describe(kind: Any) -> None:
    """Prepare a type for conversions in threads.

    msgspec describes a type when it first converts a value to it, and the process crashes if two threads do that at
    once (msgspec 0.22.0, `tests/aws/test_typed.py`).
    """
    if kind in _described:
        return
    with _describing:
        with suppress(msgspec.ValidationError):
            msgspec.convert(None, kind)
        _described.add(kind)
