"""Without the name of a stack, `longcode` finds the one that runs in this folder, if it is this user's."""

import json
import os
from pathlib import Path

import pytest

from longcode_cli.deployment import local_url

URL = "http://127.0.0.1:4566"
ME = os.geteuid()


@pytest.fixture
def running(tmp_path: Path) -> Path:
    """Return a folder with the file of a stack that this process runs."""
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").write_text(json.dumps({"emulator_url": URL, "pid": os.getpid()}))
    return tmp_path


def test_a_stack_is_found_from_its_folder_and_those_below(running: Path) -> None:
    below = running / "docs" / "flows"
    below.mkdir(parents=True)

    assert (local_url(running, ME), local_url(below, ME)) == (URL, URL)


def test_the_file_of_another_user_is_not_trusted(running: Path) -> None:
    assert local_url(running, ME + 1) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pid": 999999999, "emulator_url": "http://127.0.0.1:1"}'])
def test_a_file_that_a_killed_stack_left_behind_does_not_count(running: Path, content: str) -> None:
    (running / ".local" / "stack.json").write_text(content)

    assert local_url(running, ME) is None


def test_a_file_without_an_address_does_not_count(running: Path) -> None:
    (running / ".local" / "stack.json").write_text(json.dumps({"pid": os.getpid()}))

    assert local_url(running, ME) is None
