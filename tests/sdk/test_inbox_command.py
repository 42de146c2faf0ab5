"""`longcode-inbox` against the real handler: no reply is lost, whatever fails, interrupts or runs at once."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from longcode.accounts.account import Account
from longcode_client import Longcode, inbox
from longcode_client.place import Place, locked
from tests.support.fakes import ApiResponse
from tests.support.reply_steps import receive, record_text
from tests.support.served_api import ServedApi
from tests.support.source_reading import ROOT

Run = Callable[..., int]


class Ended(BaseException):
    """The process ends here."""


# Adds what it gets to a file; ends with 3 while there is a file `refuse`.
PROGRAM = """
import os, pathlib, sys
folder = pathlib.Path(sys.argv[1])
reply = sys.stdin.buffer.read()
if (folder / "refuse").exists():
    sys.exit(3)
with (folder / "taken").open("ab") as taken:
    taken.write(reply + b"\\n")
(folder / "password").write_text(os.environ.get("LONGCODE_PASSWORD", "none"))
"""


@pytest.fixture(autouse=True)
def studio_texted_c1(account: Account) -> None:
    record_text(account)


@pytest.fixture
def options(served: ServedApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The options that all runs have."""
    monkeypatch.setenv("LONGCODE_PASSWORD", "secret")
    return ["--api", served.url, "--account", "10000001", "--cursor", str(tmp_path / "inbox.cursor")]


@pytest.fixture
def run(options: list[str]) -> Run:
    """Return a function that runs the command with further options."""
    return lambda *more: inbox.main([*options, *map(str, more)])


@pytest.fixture
def program(tmp_path: Path) -> list[str]:
    """A program for `--run`, without Python's own start-up files, which take long."""
    (tmp_path / "program.py").write_text(PROGRAM)
    return ["--run", sys.executable, "-I", "-S", str(tmp_path / "program.py"), str(tmp_path)]


def bodies(file: Path) -> list[str]:
    return [json.loads(line)["message"]["body"] for line in file.read_text().splitlines()]


def place(folder: Path) -> Any:
    return json.loads((folder / "inbox.cursor").read_text())


def test_each_run_adds_the_new_replies_as_lines(served: ServedApi, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "replies.jsonl"
    receive("SM1", "One 😀\nline two")
    receive("SM2", "Two")

    first = run("--replies", file)
    receive("SM3", "Three")
    second = run("--replies", file)

    assert (first, second) == (0, 0)
    assert bodies(file) == ["One 😀\nline two", "Two", "Three"]
    assert [request.query["after"] for request in served.requests] == ["0", "2", "2", "3"]
    assert place(tmp_path) == {"after": "3", "handed_over": []}
    assert {path.name for path in tmp_path.iterdir()} == {"inbox.cursor", "inbox.cursor.lock", "replies.jsonl"}


def test_each_reply_becomes_a_file_in_the_order_of_time(run: Run, tmp_path: Path) -> None:
    receive("SM1", "One")
    receive("SM2", "Two")

    run("--folder", tmp_path / "replies")

    files = sorted((tmp_path / "replies").iterdir())
    replies = [json.loads(file.read_text()) for file in files]
    assert [reply["message"]["body"] for reply in replies] == ["One", "Two"]
    assert [file.name for file in files] == [f"20261122T153000.000Z-{one['delivery_id']}.json" for one in replies]


def test_a_program_gets_each_reply_and_not_the_password(run: Run, program: list[str], tmp_path: Path) -> None:
    receive("SM1", "One 😀")
    receive("SM2", "Two")

    assert run(*program) == 0

    assert bodies(tmp_path / "taken") == ["One 😀", "Two"]
    assert (tmp_path / "password").read_text() == "none"


def test_a_reply_that_the_program_refuses_comes_again_and_those_before_it_do_not(
    run: Run, program: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receive("SM1", "One")
    run(*program)
    receive("SM2", "Two")
    (tmp_path / "refuse").touch()

    refused = run(*program)
    (tmp_path / "refuse").unlink()
    receive("SM3", "Three")
    taken = run(*program)

    assert (refused, taken) == (1, 0)
    assert "ended with 3 for the reply " in capsys.readouterr().err
    assert bodies(tmp_path / "taken") == ["One", "Two", "Three"]


def test_within_a_page_only_what_was_not_handed_over_comes_again(run: Run, tmp_path: Path) -> None:
    for name in ("One", "Two", "Three"):
        receive(f"SM {name}", name)
    run("--folder", tmp_path / "all")
    ids = [json.loads(file.read_text())["delivery_id"] for file in sorted((tmp_path / "all").iterdir())]
    (tmp_path / "inbox.cursor").write_text(json.dumps({"after": "0", "handed_over": ids[:2]}))

    run("--replies", tmp_path / "replies.jsonl")

    assert bodies(tmp_path / "replies.jsonl") == ["Three"]
    assert place(tmp_path) == {"after": "3", "handed_over": []}


def test_a_program_that_takes_too_long_or_is_not_there_has_not_taken_the_reply(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receive("SM1", "One")

    slow = run("--seconds", "0.05", "--run", "sleep", "60")
    missing = run("--run", tmp_path / "nowhere")

    assert (slow, missing) == (1, 1)
    assert not (tmp_path / "inbox.cursor").exists()
    assert "sleep took more than 0.05 s" in capsys.readouterr().err


def test_after_a_failure_between_reply_and_place_the_reply_comes_again_with_the_same_id(
    run: Run, tmp_path: Path
) -> None:
    receive("SM1", "One")
    (tmp_path / "inbox.cursor.new").mkdir()  # so that the place cannot be written
    broken = run("--replies", tmp_path / "replies.jsonl")
    (tmp_path / "inbox.cursor.new").rmdir()

    healed = run("--replies", tmp_path / "replies.jsonl")

    lines = [json.loads(line) for line in (tmp_path / "replies.jsonl").read_text().splitlines()]
    assert (broken, healed, len(lines)) == (1, 0, 2)
    assert lines[0] == lines[1]


@pytest.mark.parametrize("point", range(10))
def test_a_run_that_ends_at_any_point_loses_no_reply_and_repeats_at_most_one(
    longcode: Longcode, tmp_path: Path, point: int
) -> None:
    """The points: before and after each of two replies is handed over, and before and after each place is stored."""
    receive("SM1", "One")
    receive("SM2", "Two")
    taken: list[str] = []
    passed = iter(range(100))

    def pass_point() -> None:
        if next(passed) == point:
            raise Ended

    class MortalPlace(Place):
        def _store(self) -> None:
            pass_point()
            super()._store()
            pass_point()

    def hand_over(reply: Any) -> None:
        pass_point()
        taken.append(reply["message"]["body"])
        pass_point()

    with pytest.raises(Ended):
        inbox.run(longcode, MortalPlace.read(tmp_path / "inbox.cursor"), hand_over)
    inbox.run(longcode, MortalPlace.read(tmp_path / "inbox.cursor"), hand_over)

    repeated = {
        1: ["One", "One", "Two"],
        2: ["One", "One", "Two"],
        5: ["One", "Two", "Two"],
        6: ["One", "Two", "Two"],
    }
    assert taken == repeated.get(point, ["One", "Two"])


def test_in_a_folder_a_repeated_reply_is_the_same_file(run: Run, tmp_path: Path) -> None:
    receive("SM1", "One")
    run("--folder", tmp_path / "replies")
    (tmp_path / "inbox.cursor").unlink()

    run("--folder", tmp_path / "replies")

    assert len(list((tmp_path / "replies").iterdir())) == 1


def test_after_an_incomplete_line_the_reply_comes_on_a_line_of_its_own(run: Run, tmp_path: Path) -> None:
    (tmp_path / "replies.jsonl").write_text('{"delivery_id": "cut of')
    receive("SM1", "One")

    run("--replies", tmp_path / "replies.jsonl")

    cut, whole = (tmp_path / "replies.jsonl").read_text().splitlines()
    assert cut == '{"delivery_id": "cut of'
    assert json.loads(whole)["message"]["body"] == "One"


def test_replies_that_arrive_during_a_run_are_fetched_by_it_or_by_the_next(
    served: ServedApi, run: Run, tmp_path: Path
) -> None:
    arriving = iter("0123456789")

    def arrive() -> None:
        if body := next(arriving, None):
            receive(f"SM{body}", body)

    served.before = arrive

    for _ in range(3):
        run("--replies", tmp_path / "replies.jsonl")

    assert bodies(tmp_path / "replies.jsonl") == list("0123456789")


@pytest.mark.parametrize(
    "failure",
    [
        (ApiResponse(401, {}, '{"code": "unauthorized", "detail": "No."}'), "401 unauthorized: No."),
        (ApiResponse(200, {}, '{"items": ['), "not JSON"),
        (ApiResponse(200, {}, '{"items": []}'), "next_cursor"),
        (ApiResponse(403, {}, ""), "403 Forbidden"),
    ],
)
def test_after_an_error_response_the_next_run_fetches_everything(
    served: ServedApi, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], failure: tuple[ApiResponse, str]
) -> None:
    response, said = failure
    receive("SM1", "One")
    served.instead = [response]

    refused = run("--replies", tmp_path / "replies.jsonl")
    taken = run("--replies", tmp_path / "replies.jsonl")

    assert (refused, taken) == (1, 0)
    assert said in capsys.readouterr().err
    assert bodies(tmp_path / "replies.jsonl") == ["One"]


def test_while_one_run_is_at_work_another_ends(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    receive("SM1", "One")
    with locked(tmp_path / "inbox.cursor"):
        second = run("--replies", tmp_path / "replies.jsonl")

    third = run("--replies", tmp_path / "replies.jsonl")

    assert (second, third) == (1, 0)
    assert "another run is at work" in capsys.readouterr().err
    assert bodies(tmp_path / "replies.jsonl") == ["One"]


def test_a_run_that_was_killed_leaves_no_lock_and_its_reply_comes_again(
    options: list[str], run: Run, program: list[str], tmp_path: Path
) -> None:
    receive("SM1", "One")
    with subprocess.Popen(
        [sys.executable, "-m", "longcode_client.inbox", *options, "--run", "sh", "-c", "echo here; exec sleep 60"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "sdk" / "python" / "src")},
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as killed:
        assert killed.stdout
        said = killed.stdout.readline()  # once the program has the reply
        busy = run(*program)
        os.killpg(killed.pid, 9)

    assert (said, busy, run(*program)) == (b"here\n", 1, 0)
    assert bodies(tmp_path / "taken") == ["One"]


@pytest.mark.parametrize("stored", ["", "{}", "[1]", '{"after": 3}', "true"])
def test_a_place_that_cannot_be_read_is_not_taken_for_the_beginning(run: Run, tmp_path: Path, stored: str) -> None:
    receive("SM1", "One")
    (tmp_path / "inbox.cursor").write_text(stored)

    assert run("--replies", tmp_path / "replies.jsonl") == 1
    assert not (tmp_path / "replies.jsonl").exists()


def test_the_cursor_of_the_earlier_program_is_read(run: Run, tmp_path: Path) -> None:
    receive("SM1", "One")
    receive("SM2", "Two")
    (tmp_path / "inbox.cursor").write_text("1")

    run("--replies", tmp_path / "replies.jsonl")

    assert bodies(tmp_path / "replies.jsonl") == ["Two"]


def test_the_password_may_be_in_a_file(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LONGCODE_PASSWORD")
    (tmp_path / "password").write_text("\ufeffsecret\r\n", encoding="utf-8")

    assert run("--replies", tmp_path / "replies.jsonl", "--password-file", tmp_path / "password") == 0


@pytest.mark.parametrize("wrong", [["--run"], ["--replies", "a", "--folder", "b"], []])
def test_wrong_options_are_refused(run: Run, wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(*wrong)

    assert ended.value.code == 2


def test_without_a_password_nothing_is_asked(run: Run, monkeypatch: pytest.MonkeyPatch, served: ServedApi) -> None:
    monkeypatch.delenv("LONGCODE_PASSWORD")

    with pytest.raises(SystemExit):
        run("--replies", "a")

    assert served.requests == []
