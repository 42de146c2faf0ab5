"""Whatever is typed for a part of a command, it is carried out or refused in plain words: it does not break."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from longcode_cli.main import app
from tests.support.fakes import client, studio
from tests.support.operator import Log, deployment, longcode
from tests.support.text_steps import accept

pytestmark = [pytest.mark.usefixtures("aws"), pytest.mark.long]

ELSEWHERE = {"dead-letters", "doctor", "fetch-replies"}
"""What speaks with queues and other functions, tested in tests/cli/test_dead_letters.py, doctor/ and tests/stack/."""

STEERING = "\x1b]0;x\x07\u202e\udcff a\nb"
EDGES = {
    "month": "9999-12",
    "--month": "9999-12",
    "--from": "0001-01-01",
    "--until": "9999-12-31",
    "--on": "0001-01-01",
}
"""Values that can be read and that no order expects; for other parts, more digits than any number has."""

PHONE, WORDS = "2125550123", "Secret words"
GOOD = {
    "account": "10000001",
    "amount": "1.00",
    "broadcast": "b1",
    "carrier_id": "SM1",
    "email": "bo@foxglove.example",
    "key": "k1",
    "message": "m1",
    "month": "2026-10",
    "number": "+12135550177",
    "number_or_account": "10000001",
    "partner": "fotoware",
    "phone": f"+1{PHONE}",
    "point": "2026-11-30T10:00:00Z",
    "text": "m1",
    "text_id": "m1",
    "to": "10000002",
    "units": "20000",
    "--id": "case-1",
    "--name": "Fotoware",
    "--on": "2026-11-20",
    "--reason": "Unpaid",
}
"""A value for each part that a command must have; `file` is one of this test's."""


def commands(command: Any, *names: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    groups = getattr(command, "commands", None)
    if groups is None:
        yield names, command
    for name, one in (groups or {}).items():
        yield from commands(one, *names, name)


COMMANDS = {" ".join(names): one for names, one in commands(typer.main.get_command(app)) if names[0] not in ELSEWHERE}


def parts(command: Any) -> dict[str, Any]:
    """Return the arguments and the options with a value of a command, each by what `GOOD` calls it."""
    return {
        part.name if part.param_type_name == "argument" else part.opts[0]: part
        for part in command.params
        if not getattr(part, "is_flag", False)
    }


def line(name: str, good: dict[str, str], **typed: str) -> list[str]:
    """Return the words of a command with what it must have, and with what is typed for a part of it."""
    options: list[str] = ["--yes"] if any("--yes" in part.opts for part in COMMANDS[name].params) else []
    arguments: list[str] = []
    for part, described in parts(COMMANDS[name]).items():
        if part not in typed and not described.required:
            continue
        value = typed.get(part, good.get(part, ""))
        if part.startswith("--"):
            options += [part, value]
        else:
            arguments.append(value)
    return [*name.split(), *options, "--", *arguments]


@pytest.fixture
def good(tmp_path: Path) -> dict[str, str]:
    client(account := studio())
    studio("10000002")
    accept(account, body=WORDS)
    file = tmp_path / "file"
    file.write_text("{}")
    return {**GOOD, "file": str(file)}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_answers_and_its_json_can_be_read(name: str, good: dict[str, str]) -> None:
    of = deployment(logs=Log([]))

    plain = longcode(*line(name, good), of=of)
    as_json = longcode("--json", *line(name, good), of=of)  # it reads what is printed as JSON

    assert {plain.exit_code, as_json.exit_code} <= {0, 1}
    for ended in (plain, as_json):
        assert "The command failed" not in ended.printed
        assert WORDS not in ended.printed
        assert PHONE not in ended.printed or f"+1{PHONE}" in line(name, good)


@pytest.mark.parametrize(
    ("name", "part"),
    [(name, part) for name, command in COMMANDS.items() for part in parts(command) if part != "--out"],
)
def test_a_command_refuses_what_it_cannot_use_in_plain_words(name: str, part: str, good: dict[str, str]) -> None:
    of = deployment(logs=Log([]))

    values = [STEERING, EDGES.get(part, "9" * 30)]
    ended = {typed: longcode(*line(name, good, **{part: typed}), of=of) for typed in values}

    assert {one.exit_code for one in ended.values()} <= {0, 1, 2}
    assert [typed for typed, one in ended.items() if "The command failed" in one.printed] == []
    assert [typed for typed, one in ended.items() if WORDS in one.printed] == []
    assert [
        typed for typed, one in ended.items() if any(not character.isprintable() for character in one.printed)
    ] == []
