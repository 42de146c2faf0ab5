"""The proxy of the benchmarks fails calls to DynamoDB and SQS as AWS and the network do."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import urllib3

from bench.fault_proxy import FaultProxy, Kind

SEND = {"QueueUrl": "send", "Entries": [{"Id": "a"}, {"Id": "b"}]}
GET = {"RequestItems": {"table": {"Keys": [{"pk": "1"}, {"pk": "2"}]}}}


class Emulator:
    """A server that keeps what it is asked, and answers with an empty object."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        asked = self.asked

        class Call(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: Any) -> None:
                """Write no log."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Call)
        Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    running = Emulator()
    yield running
    running.stop()


def ask(url: str, target: str, body: object) -> urllib3.BaseHTTPResponse:
    with urllib3.PoolManager(retries=False) as pool:
        return pool.request("POST", url, body=json.dumps(body), headers={"X-Amz-Target": target})


def failing(kind: Kind, emulator: Emulator) -> tuple[FaultProxy, str]:
    """Return a proxy that fails each call in one way, and its URL."""
    proxy = FaultProxy(kind)
    url = proxy.start(emulator.url)
    proxy.share = 1.0
    return proxy, url


@pytest.mark.parametrize(
    ("target", "codes"),
    [
        ("DynamoDB_20120810.GetItem", {"InternalServerError", "ProvisionedThroughputExceededException"}),
        ("AmazonSQS.SendMessage", {"ServiceUnavailable", "InternalFailure", "RequestThrottled"}),
    ],
)
def test_a_call_fails_or_is_throttled_and_nothing_is_done(emulator: Emulator, target: str, codes: set[str]) -> None:
    proxy, url = failing(Kind.ERROR, emulator)

    answers = [ask(url, target, {}) for _ in range(40)]

    assert {answer.json()["__type"].partition("#")[2] for answer in answers} == codes
    assert all(answer.status in {400, 500, 503} for answer in answers)
    assert emulator.asked == []
    assert (proxy.calls, proxy.injected) == (40, {Kind.ERROR: 40})


def test_a_call_is_done_and_its_answer_lost(emulator: Emulator) -> None:
    _, url = failing(Kind.LOST_ANSWER, emulator)

    with pytest.raises(urllib3.exceptions.ProtocolError):
        ask(url, "AmazonSQS.SendMessageBatch", SEND)

    assert emulator.asked == [SEND]


@pytest.mark.parametrize(
    ("target", "whole", "done", "left"),
    [
        ("AmazonSQS.SendMessageBatch", SEND, SEND | {"Entries": [{"Id": "a"}]}, "Failed"),
        (
            "DynamoDB_20120810.BatchGetItem",
            GET,
            {"RequestItems": {"table": {"Keys": [{"pk": "1"}]}}},
            "UnprocessedKeys",
        ),
    ],
)
def test_a_batch_is_done_in_part_and_the_answer_says_so(
    emulator: Emulator, target: str, whole: object, done: object, left: str
) -> None:
    _, url = failing(Kind.PARTIAL, emulator)

    answer = ask(url, target, whole)

    assert emulator.asked == [done]
    assert list(answer.json()) == [left]


def test_a_late_call_is_done(emulator: Emulator) -> None:
    _, url = failing(Kind.DELAY, emulator)

    assert ask(url, "DynamoDB_20120810.GetItem", {}).status == 200
    assert emulator.asked == [{}]


def test_calls_of_other_services_never_fail(emulator: Emulator) -> None:
    proxy, url = failing(Kind.ERROR, emulator)

    assert ask(url, "secretsmanager.GetSecretValue", {}).status == 200
    assert proxy.calls == 0
