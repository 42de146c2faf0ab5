"""docs/examples/poll_inbox.py, run as a studio runs it, against the real handler."""

import json
import os
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from inbox import api
from longcode.accounts.account import Account
from tests.support.fakes import NOW, ApiResponse, call
from tests.support.reply_steps import receive

pytestmark = pytest.mark.account(texted=NOW)

PROGRAM = Path(__file__).parents[3] / "docs" / "examples" / "poll_inbox.py"


class Served:
    """The API on a loopback address. `before` is called before each response; `lost` bytes of it are cut off."""

    def __init__(self) -> None:
        self.queries: list[str] = []
        self.before: Callable[[], object] = lambda: None
        self.response: ApiResponse | None = None  # instead of the API's
        self.lost = 0
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                served.before()
                response = served.response or served.call(self.path, self.headers["Authorization"])
                self.send_response(response.status)
                self.send_header("Content-Length", str(len(response.text.encode()) + served.lost))
                self.end_headers()
                self.wfile.write(response.text.encode())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def call(self, path: str, authorization: str) -> ApiResponse:
        """Return the API's response to a request with the right password."""
        account, password = b64decode(authorization.removeprefix("Basic ")).decode().split(":")
        assert password == "secret"
        parts = urlsplit(path)
        self.queries.append(parts.query)
        return call(api, "GET", parts.path.removeprefix("/v1"), account=account, query=dict(parse_qsl(parts.query)))


@pytest.fixture
def served() -> Iterator[Served]:
    """Serve the API on this machine."""
    served = Served()
    thread = Thread(target=served.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    served.server.shutdown()
    thread.join()
    served.server.server_close()


@pytest.fixture
def run(served: Served, tmp_path: Path) -> Callable[[], "subprocess.CompletedProcess[str]"]:
    """Return a function that runs the program."""
    files = ["--replies", str(tmp_path / "replies.jsonl"), "--cursor", str(tmp_path / "inbox.cursor")]
    address = f"http://127.0.0.1:{served.server.server_port}/v1"
    command = [sys.executable, "-I", str(PROGRAM), "--api", address, "--account", "10000001", *files]
    environment = {**os.environ, "LONGCODE_PASSWORD": "secret"}
    return lambda: subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def fetched(folder: Path) -> list[str]:
    lines = (folder / "replies.jsonl").read_text().splitlines()
    return [json.loads(line)["message"]["body"] for line in lines]


Run = Callable[[], "subprocess.CompletedProcess[str]"]


def test_each_run_appends_the_new_replies_and_saves_the_cursor(
    account: Account, served: Served, run: Run, tmp_path: Path
) -> None:
    receive("SM1", "One 😀\nline two")
    receive("SM2", "Two")
    first = run()
    receive("SM3", "Three")

    second = run()

    assert (first.returncode, second.returncode, first.stderr + second.stderr) == (0, 0, "")
    assert fetched(tmp_path) == ["One 😀\nline two", "Two", "Three"]
    assert (tmp_path / "inbox.cursor").read_text() == "3"
    assert [query.partition("&")[0] for query in served.queries] == ["after=0", "after=2", "after=2", "after=3"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["inbox.cursor", "replies.jsonl"]


def test_after_a_failure_between_replies_and_cursor_the_same_replies_come_again_with_the_same_ids(
    account: Account, run: Run, tmp_path: Path
) -> None:
    receive("SM1", "One")
    (tmp_path / "inbox.cursor.new").mkdir()  # so that the cursor cannot be written
    broken = run()
    (tmp_path / "inbox.cursor.new").rmdir()

    healed = run()

    ids = [json.loads(line)["delivery_id"] for line in (tmp_path / "replies.jsonl").read_text().splitlines()]
    assert (broken.returncode, healed.returncode) == (1, 0)
    assert "the next run continues here" in broken.stderr
    assert fetched(tmp_path) == ["One", "One"]
    assert len(set(ids)) == 1


def test_after_an_incomplete_line_the_reply_comes_again_on_a_line_of_its_own(
    account: Account, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "replies.jsonl").write_text('{"delivery_id": "cut of')
    receive("SM1", "One")

    run()

    cut, whole = (tmp_path / "replies.jsonl").read_text().splitlines()
    assert cut == '{"delivery_id": "cut of'
    assert json.loads(whole)["message"]["body"] == "One"


def test_replies_that_arrive_during_a_run_are_fetched_by_it_or_by_the_next(
    account: Account, served: Served, run: Run, tmp_path: Path
) -> None:
    bodies = iter("0123456789")

    def arrive() -> None:
        if body := next(bodies, None):
            receive(f"SM{body}", body)

    served.before = arrive

    for _ in range(3):
        run()

    assert fetched(tmp_path) == list("0123456789")


@pytest.mark.long
@pytest.mark.parametrize(
    "response",
    [ApiResponse(401, {}, '{"code": "unauthorized"}'), ApiResponse(200, {}, '{"items": ['), ApiResponse(503, {}, "")],
)
def test_after_an_error_response_the_next_run_fetches_everything(
    account: Account, served: Served, run: Run, tmp_path: Path, response: ApiResponse
) -> None:
    receive("SM1", "One")
    served.response = response
    refused = run()
    served.response = None

    run()

    assert refused.returncode == 1
    assert refused.stderr
    assert fetched(tmp_path) == ["One"]


def test_a_truncated_response_is_reported_and_the_next_run_fetches_everything(
    account: Account, served: Served, run: Run, tmp_path: Path
) -> None:
    receive("SM1", "One")
    served.lost = 5
    cut_off = run()
    served.lost = 0

    run()

    assert cut_off.returncode == 1
    assert cut_off.stderr.startswith("Nothing is lost, the next run continues here: IncompleteRead")
    assert fetched(tmp_path) == ["One"]
