"""How long texts take while 3 % of the calls to DynamoDB and SQS fail, or parts of their batches do.

The local stack runs behind a proxy that fails calls as AWS does: an error of the service, a throttled call,
unprocessed keys, refused entries. Two texts a second, for FAULT_SECONDS (60 unless the environment says otherwise).
"""

import json
import os
import random
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import quantiles
from threading import Thread
from typing import Any

import urllib3

from bench.load import Load, busy_studio
from bench.rig import Figure
from infra.local.stack import new_stack

_SHARE = 0.03
_RATE, _CALLERS = 2, 5
_SECONDS = int(os.environ.get("FAULT_SECONDS", "60"))
_ERRORS = {
    "DynamoDB": (("InternalServerError", 500), ("ProvisionedThroughputExceededException", 400)),
    "AmazonSQS": (("ServiceUnavailable", 503), ("InternalFailure", 500)),
}
_FINAL = {"delivered", "sent"}


def measure() -> Iterator[Figure]:
    """Warm up a stack, let calls fail, and wait until nothing fails any more."""
    faults = _Faults()
    with new_stack(lambda _: None, faults.proxy) as stack, busy_studio(stack) as load:
        load.warm_up(_CALLERS)
        faults.share = _SHARE
        texts = load.send(_RATE, _SECONDS)
        faults.share = 0.0
        stuck = _stuck(load)
    waits = [(text.came_at[0] - text.posted_at).total_seconds() for text in texts if text.came_at]
    yield Figure("faults_hand_over_p90", round(quantiles(waits, n=10)[-1], 2), "s", 5)
    yield Figure("faults_lost", sum(not text.came_at for text in texts), "texts", 0)
    yield Figure("faults_doubled", sum(len(text.came_at) > 1 for text in texts), "texts", 0)
    yield Figure("faults_stuck", stuck, "texts", 0)
    yield Figure("faults_injected", faults.injected, f"of {faults.calls} calls", None)


def _stuck(load: Load) -> int:
    """Return how many texts have not reached a final state two sweeps after the last fault."""
    deadline = time.monotonic() + 150
    while (stuck := sum(state not in _FINAL for state in load.states())) and time.monotonic() < deadline:
        time.sleep(5)
    return stuck


class _Faults:
    """A proxy before the emulator that fails a share of the calls; of batches, it fails half in part only."""

    def __init__(self) -> None:
        self.share, self.calls, self.injected = 0.0, 0, 0
        self._pool = urllib3.PoolManager(maxsize=100, retries=False)
        self._random = random.Random(1)  # not a secret

    def proxy(self, upstream: str) -> str:
        """Start the proxy, for as long as this process runs; return its URL."""
        faults = self

        class Call(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.do_GET = self.do_POST = self.do_PUT = self.do_HEAD = self.do_DELETE = self._answer
                super().handle_one_request()

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                sent = {name.casefold(): value for name, value in self.headers.items()}
                status, headers, content = faults.answer(self.command, f"{upstream}{self.path}", sent, body)
                self.send_response(status)
                for name, value in headers.items():
                    if name.casefold() not in {"content-length", "transfer-encoding", "connection", "date", "server"}:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Write no log."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Call)
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    def answer(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Return the status, headers and body of the emulator's response, or of a failure.

        The names in `headers` are in lower case.
        """
        target = headers.get("x-amz-target", "")
        errors = next((errors for service, errors in _ERRORS.items() if target.startswith(service)), None)
        left_out: dict[str, Any] = {}
        if errors:
            self.calls += 1
            if self._random.random() < self.share:
                self.injected += 1
                content = json.loads(body)
                if self._random.random() < 0.5 and (left_out := _leave_out_a_part(target, content)):
                    body = json.dumps(content).encode()
                else:
                    code, status = self._random.choice(errors)
                    error = {"__type": f"com.amazonaws#{code}", "message": "injected"}
                    return status, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(error).encode()
        kept = {name: value for name, value in headers.items() if name not in {"host", "content-length"}}
        response = self._pool.request(method, url, body=body, headers=kept, timeout=60, redirect=False)
        content = response.data
        if left_out:
            content = json.dumps(json.loads(content) | left_out).encode()
        response_headers = {
            name: value for name, value in response.headers.items() if name.casefold() != "x-amz-crc32"
        }
        return response.status, response_headers, content


def _leave_out_a_part(target: str, content: dict[str, Any]) -> dict[str, Any]:
    """Take the last entry out of a batch of several; return what the response says of it, or nothing for no batch."""
    match target.rpartition(".")[2]:
        case "SendMessageBatch" if len(content["Entries"]) > 1:
            entry = content["Entries"].pop()
            return {"Failed": [{"Id": entry["Id"], "SenderFault": False, "Code": "InternalError"}]}
        case "BatchGetItem":
            [(table, wanted)] = content["RequestItems"].items()
            if len(wanted["Keys"]) > 1:
                return {"UnprocessedKeys": {table: {**wanted, "Keys": [wanted["Keys"].pop()]}}}
    return {}


if __name__ == "__main__":
    for figure in measure():
        print(figure)
