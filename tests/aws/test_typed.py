"""Threads may convert values to a type that no thread has converted to before."""

import subprocess
import sys

PROGRAM = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Literal

import msgspec

from longcode.aws.typed import describe

sys.setswitchinterval(1e-6)
fields = [(f"field{number}", Literal["a", "b"]) for number in range(6)]
value = {name: "a" for name, _ in fields}
with ThreadPoolExecutor(8) as pool:
    for _ in range(200):
        kind, start = msgspec.defstruct("Kind", fields, frozen=True, kw_only=True), Barrier(8)

        def convert(_):
            start.wait()
            describe(kind)
            return msgspec.convert(value, kind)

        assert len(set(pool.map(convert, range(8)))) == 1
"""


def test_eight_threads_convert_to_a_new_type_at_once() -> None:
    """Without `describe`, this program ends with a segmentation fault in most runs."""
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, "")
