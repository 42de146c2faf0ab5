"""Each command of `longcode` that a page names is there, with the options that the page gives it."""

import re
from collections.abc import Iterator
from typing import Any

import typer.main

from longcode_cli.main import app
from tests.house.test_files import pages
from tests.support.source_reading import relative_path

WORDS = re.compile(r"(?:`|^ +|\$ |&& )longcode ([^`\n|]+)", re.MULTILINE)


def commands(command: Any, *names: str) -> Iterator[tuple[str, set[str]]]:
    """Yield each command with its options."""
    groups = getattr(command, "commands", None)
    if groups is None:
        yield " ".join(names), {option for each in command.params for option in each.opts} | {"--help"}
    for name, one in (groups or {}).items():
        yield from commands(one, *names, name)


COMMANDS = dict(commands(typer.main.get_command(app)))
GROUPS = sorted({name.partition(" ")[0] for name in COMMANDS if " " in name})
SHORT = re.compile(rf"`((?:{'|'.join(GROUPS)}) [^`\n]+)`")
"""A command as a page names it after it has named `longcode` once, such as `month paid`."""


def test_each_command_that_a_page_names_is_there_with_its_options() -> None:
    named = [
        (relative_path(page), words)
        for page in pages()
        for pattern in (WORDS, SHORT)
        for words in pattern.findall(page.read_text())
    ]

    assert len(named) > 200
    assert [found for found in named if not is_command(found[1])] == []


def is_command(words: str) -> bool:
    """Return whether words are a group of commands, or a command with options that it has."""
    if words in {"--help", *(name.partition(" ")[0] for name in COMMANDS)}:
        return True
    name = next((name for name in COMMANDS if re.match(rf"{name}(?: |$)", words)), None)
    return name is not None and set(re.findall(r"--[a-z-]+", words)) <= COMMANDS[name]
