"""The examples of the pages in docs/guide/: read them from a page, run them in a shell, and compare their answers.

- A block `sh` is run. It fails the page if it ends with an error; an HTTP error is one, unless its answer is shown.
- A block `json` or `text` after it is its answer. Of a JSON object only the fields that are shown are compared. `…`
  stands for anything: as a value, within a string, or in a list for any number of entries.
- A block that only reads, by `GET` or from a file, is run again until it answers as shown: texts take a moment.
- A block `python` is saved under the name that its first line gives.
- A block `console` is not run.
"""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.up import write_variables

SECONDS = 30.0
_LISTED = re.compile(r"^- \[.+?\]\((.+?\.md)\):", re.MULTILINE)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_WRITES = re.compile(r" (-X|-d|--data\S*)\b|[>&]\s*$|<<", re.MULTILINE)
_HTTP_ERROR = 22  # the exit code of curl for one, with `fail-with-body`
_ANY = "…"


@dataclass
class Example:
    """A block of a page: a shell command with the answer that the page shows, or a file to save."""

    command: str
    answer: str | None = None
    saved_as: str | None = None


def pages(index: Path) -> list[str]:
    """Return the names of the pages that an index lists, in order."""
    return _LISTED.findall(index.read_text())


def examples(page: Path) -> Iterator[Example]:
    """Yield the examples of a page in order; raise `ValueError` for a block of another kind."""
    example = None
    for kind, text in _BLOCK.findall(page.read_text()):
        match kind:
            case "sh":
                yield from [example] if example else []
                example = Example(text)
            case "json" | "text" if example and example.answer is None:
                example.answer = text
            case "python" if text.startswith("# "):
                yield from [example] if example else []
                yield Example(text, saved_as=text.partition("\n")[0].removeprefix("# "))
                example = None
            case "console":
                continue
            case _:
                raise ValueError(f"{page.name}: this block is no example: {text}")
    yield from [example] if example else []


class Shell:
    """A shell in a folder, whose variables last from one command to the next; `end` ends its background jobs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state = folder / "state"
        self._first = subprocess.Popen(["cat"], stdin=subprocess.PIPE, process_group=0)  # of the group of all others
        write_variables(self._state, {"CURL_HOME": str(folder)})
        (folder / ".curlrc").write_text('silent\nshow-error\nfail-with-body\nnoproxy = "127.0.0.1,localhost"\n')

    def run(self, example: Example, seconds: float = SECONDS) -> str | None:
        """Run an example; return None if it ends and answers as the page says, or else what it did."""
        if example.saved_as:
            (self._folder / example.saved_as).write_text(example.command)
            return None
        deadline, pause = time.monotonic() + seconds, 0.1
        while fault := self._fault(example):
            if _WRITES.search(example.command) or time.monotonic() > deadline:
                return fault
            time.sleep(pause)
            pause = min(2 * pause, 0.8)
        return None

    def end(self) -> None:
        """End everything that the examples have left running."""
        os.killpg(self._first.pid, signal.SIGKILL)
        self._first.communicate()

    def _fault(self, example: Example) -> str | None:
        script = f". {self._state}; set -a\n{example.command}\nexport -p > {self._state}"
        command = ["bash", "-e", "-o", "pipefail", "-c", script]
        ended = subprocess.run(
            command,
            cwd=self._folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            process_group=self._first.pid,
        )
        is_shown_error = ended.returncode == _HTTP_ERROR and example.answer is not None
        is_right = ended.returncode == 0 or is_shown_error
        if is_right and (example.answer is None or answers(ended.stdout, example.answer)):
            return None
        return f"{example.command}exit code {ended.returncode}\n{ended.stdout}{ended.stderr}"


def answers(output: str, shown: str) -> bool:
    """Return whether an output is the answer that a page shows."""
    try:
        return _is_shown(json.loads(output), json.loads(shown))
    except json.JSONDecodeError:
        return bool(_pattern(shown.strip()).search(output))


def _is_shown(value: Any, shown: Any) -> bool:
    match shown:
        case str():
            return shown == _ANY or (isinstance(value, str) and bool(_pattern(shown).fullmatch(value)))
        case dict():
            return isinstance(value, dict) and all(
                name in value and _is_shown(value[name], part) for name, part in shown.items()
            )
        case [first, *others] if first == _ANY:
            return isinstance(value, list) and any(_is_shown(value[n:], others) for n in range(len(value) + 1))
        case [first, *others]:
            return (
                isinstance(value, list)
                and value[:1] != []
                and _is_shown(value[0], first)
                and _is_shown(value[1:], others)
            )
        case _:
            return bool(value == shown) and type(value) is type(shown)


def _pattern(shown: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, shown.split(_ANY))), re.DOTALL)
