"""A client of the simulated carrier, and a service that keeps what the carrier posts to it."""

import base64
import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "a token for tests"
OURS = "+12135550100"
OURS_TOO = "+12135550101"
ANN = "+12135550123"
BOB = "+442071838750"
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"

Form = dict[str, str]


@dataclass
class Answered:
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """Speaks HTTP with the carrier, as the service, a script or a person would."""

    port: int

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answered:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return Answered(answer.status, answer.read(), dict(answer.headers))
        finally:
            connection.close()

    def control(self, method: str, path: str, document: object = None) -> Answered:
        body = None if document is None else json.dumps(document).encode()
        return self.call(method, path, body, Content_Type="application/json")

    def twilio(self, method: str, path: str, form: Form | None = None, token: str = AUTH_TOKEN) -> Answered:
        basic = base64.b64encode(f"{ACCOUNT_SID}:{token}".encode()).decode()
        body = urlencode(form).encode() if form is not None else None
        kind = "application/x-www-form-urlencoded"
        return self.call(method, path, body, Authorization=f"Basic {basic}", Content_Type=kind)

    def send(self, **fields: str) -> Answered:
        return self.twilio("POST", MESSAGES, {"To": ANN, "From": OURS, "Body": "Your photos are ready"} | fields)

    def fault(self, who: str, **faults: object) -> None:
        assert self.control("PUT", f"/faults/{who}", faults).status == 200

    def conversation(self, number: str = ANN) -> list[Any]:
        conversation: list[Any] = self.control("GET", f"/phones/{number}").json["conversation"]
        return conversation

    def wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 5
        version = 0
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            version = self.control("GET", f"/changes?after={version}&wait=1").json["version"]


@dataclass
class Webhook:
    path: str
    form: list[tuple[str, str]]
    signature: str

    def __getitem__(self, name: str) -> str:
        return dict(self.form)[name]


@dataclass
class Service:
    """Stands for the service: keeps what the carrier posts to it."""

    url: str = ""
    status: int = 204
    posted: "queue.Queue[Webhook]" = field(default_factory=queue.Queue)

    def next(self) -> Webhook:
        return self.posted.get(timeout=5)

    def next_statuses(self, count: int) -> list[str]:
        return [self.next()["MessageStatus"] for _ in range(count)]


@contextmanager
def posted_to() -> Iterator[Service]:
    """Serve an address for the carrier's webhooks and receipts."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode(), keep_blank_values=True)
            service.posted.put(Webhook(self.path, form, self.headers["X-Twilio-Signature"]))
            self.send_response(service.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    yield service
    server.shutdown()
    server.server_close()
    thread.join()
