"""A proxy before the emulator that fails calls to DynamoDB and SQS as AWS and the network do."""

import json
import random
import time
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

import urllib3

_ERRORS = {
    "DynamoDB": (("InternalServerError", 500), ("ProvisionedThroughputExceededException", 400)),
    "AmazonSQS": (("ServiceUnavailable", 503), ("InternalFailure", 500), ("RequestThrottled", 400)),
}
_LONGEST_DELAY_SECONDS = 1.5
_Response = tuple[int, dict[str, str], bytes]


class Kind(StrEnum):
    """A kind of fault."""

    ERROR = "error"  # the call fails, or is throttled, and does nothing
    PARTIAL = "partial"  # the last entry of a batch is not done, and the response says so; of other calls, an error
    DELAY = "delay"
    LOST_ANSWER = "lost answer"  # the call is done, and the connection closes: the SDK repeats the call


class FaultProxy:
    """A proxy that fails a share of the calls, in one of these ways each. `calls` and `injected` count."""

    def __init__(self, *kinds: Kind) -> None:
        self.share, self.calls = 0.0, 0
        self.injected = dict.fromkeys(kinds, 0)
        self._pool = urllib3.PoolManager(maxsize=100, retries=False)
        self._random = random.Random(1)  # not a secret
        self._lock = Lock()

    def start(self, upstream: str) -> str:
        """Start the proxy before a server, for as long as this process runs; return its URL."""
        answer = self._answer

        class Call(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.do_GET = self.do_POST = self.do_PUT = self.do_HEAD = self.do_DELETE = self._answer
                super().handle_one_request()

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                sent = {name.casefold(): value for name, value in self.headers.items()}
                response = answer(self.command, f"{upstream}{self.path}", sent, body)
                if response is None:
                    self.close_connection = True
                    return
                status, headers, content = response
                self.send_response(status)
                for name, value in headers.items():
                    if name.casefold() not in {"content-length", "transfer-encoding", "connection", "date", "server"}:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Write no log."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                """Print nothing when a caller has closed its connection: it waited for as long as it could."""

        server = Server(("127.0.0.1", 0), Call)
        Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    def _answer(self, method: str, url: str, headers: dict[str, str], body: bytes) -> _Response | None:
        """Return the emulator's response, or that of a fault; None closes the connection without one.

        The names in `headers` are in lower case.
        """
        target = headers.get("x-amz-target", "")
        errors = next((errors for service, errors in _ERRORS.items() if target.startswith(service)), None)
        kind = self._chosen() if errors else None
        left_out: dict[str, Any] = {}
        if kind is Kind.PARTIAL:
            content = json.loads(body)
            left_out = _leave_out_a_part(target, content)
            body = json.dumps(content).encode()
        if kind is Kind.DELAY:
            time.sleep(self._random.random() * _LONGEST_DELAY_SECONDS)
        if errors and (kind is Kind.ERROR or (kind is Kind.PARTIAL and not left_out)):
            code, status = self._random.choice(errors)
            error = {"__type": f"com.amazonaws#{code}", "message": "injected"}
            return status, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(error).encode()
        response = self._forwarded(method, url, headers, body, left_out)
        return None if kind is Kind.LOST_ANSWER else response

    def _chosen(self) -> Kind | None:
        """Count a call, and return the fault that it has."""
        with self._lock:
            self.calls += 1
            if self._random.random() >= self.share:
                return None
            kind = self._random.choice(list(self.injected))
            self.injected[kind] += 1
            return kind

    def _forwarded(
        self, method: str, url: str, headers: dict[str, str], body: bytes, left_out: dict[str, Any]
    ) -> _Response:
        kept = {name: value for name, value in headers.items() if name not in {"host", "content-length"}}
        response = self._pool.request(method, url, body=body, headers=kept, timeout=60, redirect=False)
        content = response.data
        if left_out:
            content = json.dumps(json.loads(content) | left_out).encode()
        sent_on = {name: value for name, value in response.headers.items() if name.casefold() != "x-amz-crc32"}
        return response.status, sent_on, content


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
