"""`longcode optouts`: the whole history in one file or none, and what it lacks recorded again."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from longcode.jobs import Means
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent
from longcode_cli.deployment import Deployment
from longcode_cli.errors import Unreachable
from tests.support.fakes import NOW
from tests.support.operator import longcode

pytestmark = pytest.mark.usefixtures("aws")


def event(index: int) -> OptOutEvent:
    return OptOutEvent(
        id=f"e{index}",
        phone=f"+1212555{index:04}",
        scope=SHARED,
        out=True,
        at=NOW - timedelta(minutes=index),
        means=Means.TEXT,
        words="STOP",
        number="+15555550100",
    )


def test_all_pages_are_written_to_one_file(tmp_path: Path) -> None:
    for index in range(450):
        optouts.record(event(index))
    file = tmp_path / "history.jsonl"

    ended = longcode("optouts", "export", "--out", str(file))

    assert ended.printed == f"450 events are in {file}."
    lines = file.read_text().splitlines()
    assert ('"id":"e449"' in lines[0], '"id":"e0"' in lines[-1], len(lines)) == (True, True, 450)


def test_the_history_of_one_phone_is_printed() -> None:
    optouts.record(event(1))
    optouts.record(event(2))

    ended = longcode("optouts", "export", "--phone", "+12125550002")

    assert '"id":"e2"' in ended.printed
    assert '"id":"e1"' not in ended.printed


def test_the_history_of_a_phone_that_texts_without_end_comes_in_pages() -> None:
    for index in range(450):
        optouts.record(replace(event(index), phone="+12125550001", out=index % 2 == 0))

    ended = longcode("optouts", "export", "--phone", "+12125550001")

    ids = re.findall('"id":"(e[0-9]+)"', ended.printed)
    assert ids == [f"e{index}" for index in reversed(range(450))]


class Breaking(Deployment):
    """A deployment that answers one page, and then no more."""

    def order(self, do: str, **fields: object) -> dict[str, Any]:  # noqa: ARG002 - as its class has it
        if fields["cursor"]:
            raise Unreachable("The function does not answer.")
        return {"lines": "{}\n", "next_cursor": "further"}


def test_an_export_that_breaks_off_leaves_the_file_before_it_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text("yesterday's\n")
    broken = Breaking("longcode", None)

    ended = longcode("optouts", "export", "--out", str(file), of=broken)

    assert ended.exit_code == 3
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"history.jsonl": "yesterday's\n"}


def test_a_folder_that_is_not_there_is_named() -> None:
    ended = longcode("optouts", "export", "--out", "/nowhere/history.jsonl")

    assert (ended.exit_code, "/nowhere/history.jsonl cannot be written" in ended.printed) == (1, True)


def test_an_import_records_what_the_history_lacks_and_a_dry_run_only_counts_it(tmp_path: Path) -> None:
    for index in range(3):
        optouts.record(event(index))
    file = tmp_path / "history.jsonl"
    longcode("optouts", "export", "--out", str(file))
    lost = file.read_text() + file.read_text().splitlines()[0].replace("e2", "e9").replace("0002", "0009") + "\n"
    file.write_text(lost)

    dry = longcode("optouts", "import", str(file), "--dry-run")
    before = optouts.get("+12125550009", SHARED)
    imported = longcode("optouts", "import", str(file))
    again = longcode("--json", "optouts", "import", str(file))

    assert dry.printed == f"The history lacks 1 of the events in {file}."
    assert before is None
    assert imported.printed == f"1 events of {file} are recorded."
    assert optouts.get("+12125550009", SHARED) == optouts.states_of("+12125550009")[0]
    assert again.answer == {"imported": 0}


def test_a_bad_line_is_named_by_its_number_in_the_file_and_nothing_is_recorded(tmp_path: Path) -> None:
    optouts.record(event(1))
    file = tmp_path / "history.jsonl"
    longcode("optouts", "export", "--out", str(file))
    good = file.read_text().replace("e1", "e2").replace("0001", "0002")
    file.write_text(good * 410 + "no line\n")

    ended = longcode("optouts", "import", str(file))

    assert ended.exit_code == 1
    assert "Line 411 is not one of an export" in ended.printed
    assert optouts.get("+12125550002", SHARED) is None
