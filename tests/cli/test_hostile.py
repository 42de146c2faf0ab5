"""What studios and phones have written cannot steer the operator's terminal, nor write to another file."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from longcode.jobs import Means
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent
from longcode_cli.deployment import Deployment
from longcode_cli.errors import Refused
from longcode_cli.output import Output
from tests.support.fakes import NOW
from tests.support.operator import longcode

# To a terminal, ESC or one character of U+0080 to U+009F begins a command; U+202E turns the text around.
STEERING = "\x1b]0;owned\x07\x9b2J\x7f\u202e"


class Terminal(io.StringIO):
    """A file that a person reads as it is written."""

    def isatty(self) -> bool:
        return True


class Answering(Deployment):
    """A deployment that gives each order one answer, or refuses it."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        super().__init__("longcode", None)
        self.answer = answer

    def order(self, do: str, **fields: object) -> dict[str, Any]:  # noqa: ARG002 - as its class has it
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def steers(printed: str) -> bool:
    return any(not character.isprintable() and character != "\n" for character in printed)


def test_no_form_of_output_steers_a_terminal() -> None:
    terminal = Terminal()
    output = Output(console=Console(file=terminal, width=200, color_system=None))

    output.items([{"name": STEERING}], {"name": "name"}, "")
    output.items([], {}, f"Nothing of {STEERING}")
    output.facts({}, {"name": STEERING})
    output.done({}, f"The reply of {STEERING} is moved.")
    output.raw(f"number,studio\r\n1,{STEERING}\r\n")

    assert not steers(terminal.getvalue())


def test_a_refusal_does_not_steer_a_terminal() -> None:
    refusing = Answering(Refused(f"There is no text {STEERING}.", code="not_found", field="what"))

    ended = longcode("texts", "find", "x", of=refusing)

    assert (ended.exit_code, ended.printed) == (1, "There is no text ]0;owned2J. (WHAT)")


@pytest.mark.parametrize("name", [STEERING, "\ud800", "a\u2028b", "Zoë 👩‍👩‍👧"])
def test_json_is_the_same_value_without_what_steers_a_terminal_or_cannot_be_written(name: str) -> None:
    file = Terminal()
    output = Output(json=True, console=Console(file=file))

    output.items([{"name": name}], {}, "")

    assert json.loads(file.getvalue()) == [{"name": name}]
    assert not steers(file.getvalue())
    assert file.getvalue().encode()


@pytest.mark.usefixtures("aws")
def test_the_words_of_a_stop_do_not_steer_the_terminal_that_an_export_is_printed_to() -> None:
    said = OptOutEvent(
        id="e1",
        phone="+12125550001",
        scope=SHARED,
        out=True,
        at=NOW - timedelta(minutes=1),
        means=Means.TEXT,
        words=f"STOP {STEERING}",
    )
    optouts.record(said)

    ended = longcode("optouts", "export")

    assert not steers(ended.printed)
    assert json.loads(ended.printed)["words"] == f"STOP {STEERING}"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (("month", "csv", "2026-11"), {"csv": "number\r\n"}),
        (("optouts", "export"), {"lines": "{}\n", "next_cursor": None}),
    ],
)
def test_a_file_is_not_written_through_a_link_and_only_its_owner_can_read_it(
    command: tuple[str, ...], answer: dict[str, Any], tmp_path: Path
) -> None:
    other, link = tmp_path / "other", tmp_path / "out"
    other.write_text("kept")
    link.symlink_to(other)

    ended = longcode(*command, "--out", str(link), of=Answering(answer))

    assert ended.exit_code == 0
    assert (other.read_text(), link.is_symlink()) == ("kept", False)
    assert link.stat().st_mode & 0o777 == 0o600
