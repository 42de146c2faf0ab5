"""The ways in which `longcode-inbox` hands a reply over: to a program, as a file of its own, as a line of a file."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from longcode_client.api.messages import InboxReply
from longcode_client.place import flush_to_disk, replace_file

Handover = Callable[[InboxReply], None]
_NAME = re.compile(r"[\w.-]{1,100}")


class NotTaken(Exception):
    """A reply that was not taken, and so comes again."""


def to_program(command: Sequence[str], seconds: float, environment: Mapping[str, str]) -> Handover:
    """Run a program for each reply, with the reply on its standard input."""

    def hand_over(reply: InboxReply) -> None:
        delivery_id = reply["delivery_id"]
        try:
            run = subprocess.run(  # noqa: S603 - the studio's own program, without a shell
                command, input=json.dumps(reply).encode(), timeout=seconds, env=environment, check=False
            )
        except subprocess.TimeoutExpired:
            raise NotTaken(f"{command[0]} took more than {seconds:g} s for the reply {delivery_id}") from None
        except OSError as error:
            raise NotTaken(f"{command[0]} cannot be run: {error}") from None
        if run.returncode:
            raise NotTaken(f"{command[0]} ended with {run.returncode} for the reply {delivery_id}")

    return hand_over


def write_file(folder: Path) -> Handover:
    """Write each reply to a file, named by its time and `delivery_id`: `20261203T170512.000Z-000000000042.json`.

    Under its name, a file is always whole; until then, its name ends in `.new`.
    """

    def hand_over(reply: InboxReply) -> None:
        name = f"{re.sub('[-:]', '', reply['received_at'])}-{reply['delivery_id']}"
        if not _NAME.fullmatch(name):
            raise NotTaken(f"{name!r} cannot be the name of a file")
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(folder / f"{name}.json", json.dumps(reply))

    return hand_over


def add_line(file: Path) -> Handover:
    """Add each reply to a file, as a line of JSON."""

    def hand_over(reply: InboxReply) -> None:
        with file.open("a+b") as output:
            if output.tell() and not _ends_a_line(file):
                output.write(b"\n")  # a run was interrupted within a line; its reply comes again
            output.write(json.dumps(reply).encode() + b"\n")
            flush_to_disk(output)

    return hand_over


def _ends_a_line(file: Path) -> bool:
    with file.open("rb") as lines:
        lines.seek(-1, 2)
        return lines.read() == b"\n"
