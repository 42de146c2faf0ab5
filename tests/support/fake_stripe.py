"""A fake Stripe on loopback. It replays tests/exchanges/stripe, idempotently by key, or fails on request."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qsl

EXCHANGES = Path(__file__).parents[1] / "exchanges" / "stripe"
INVOICE: list[dict[str, Any]] = json.loads((EXCHANGES / "invoice.json").read_text())
ERRORS: dict[str, dict[str, Any]] = json.loads((EXCHANGES / "errors.json").read_text())
KEY, TEST_KEY = "rk_live_fake_p7dc", "rk_test_fake_p7dc"
HANGS, LOSES = "hangs", "loses the answer"

Answer = dict[str, Any]


@dataclass
class FakeStripe:
    """The received requests and the created objects, by idempotency key.

    `instead` has the next failures: the name of an error, `HANGS` or `LOSES`; None for a normal response.
    `gone` has the customers that do not exist any more; the response that says so is repeated for the same key.
    What is created a second time, under another key, gets an id that ends with `_2`.
    """

    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    instead: list[str | None] = field(default_factory=list)
    created: dict[str, tuple[dict[str, str], Answer]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    refused: dict[str, Answer] = field(default_factory=dict)
    ended: Event = field(default_factory=Event)
    turn: Lock = field(default_factory=Lock)

    def answer(self, request: dict[str, Any]) -> Answer | None:
        """Return the response to a request, or None to close the connection without one."""
        with self.turn:
            self.requests.append(request)
            how = self.instead.pop(0) if self.instead else None
        if how == HANGS:
            self.ended.wait(5)
            return None
        if how in ERRORS:
            return ERRORS[how]
        with self.turn:
            answer = self._create(request["path"], request["headers"]["idempotency-key"], request["form"])
        return None if how == LOSES else answer

    def _create(self, path: str, key: str, form: dict[str, str]) -> Answer:
        if key in self.created:
            first, answer = self.created[key]
            return answer if first == form else ERRORS["other_parameters"]
        if key in self.refused or form.get("customer") in self.gone:
            return self.refused.setdefault(key, ERRORS["no_such_customer"])
        known = [
            exchange
            for exchange in INVOICE
            if (exchange["request"]["path"], exchange["request"]["form"]) == (path, _first_ids(form))
        ]
        if not known:
            return ERRORS["bad_request"]
        answer = known[0]["answer"]
        number = 1 + sum(_first_ids(one["body"])["id"] == answer["body"]["id"] for _, one in self.created.values())
        if number > 1:
            answer = {**answer, "body": {**answer["body"], "id": f"{answer['body']['id']}_{number}"}}
        self.created[key] = (form, answer)
        return answer

    def ids(self, prefix: str) -> list[str]:
        """Return the ids of the created objects with this prefix, oldest first."""
        return [
            answer["body"]["id"] for _, answer in self.created.values() if answer["body"]["id"].startswith(prefix)
        ]


def _first_ids(values: dict[str, Any]) -> dict[str, Any]:
    """Return a form or a body as it is when everything is created for the first time."""
    names = {"id", "customer", "invoice"} & values.keys()
    return {**values, **{name: re.sub(r"_[0-9]+$", "", values[name]) for name in names}}


@contextmanager
def stripe() -> Iterator[FakeStripe]:
    """Run a fake Stripe until the block ends."""
    fake = FakeStripe()

    class Call(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode(), strict_parsing=True))
            names = ("authorization", "content-type", "stripe-version", "idempotency-key")
            headers = {name: self.headers[name] for name in names}
            fake.agents.append(
                self.headers["x-stripe-client-user-agent"] + self.headers.get("x-stripe-client-telemetry", "")
            )
            answer = fake.answer({"method": self.command, "path": self.path, "headers": headers, "form": form})
            if answer is not None:
                body = answer["body"]
                self._write(answer, body if isinstance(body, str) else json.dumps(body))

        def _write(self, answer: Answer, body: str) -> None:
            self.send_response(answer["status"])
            for name, value in answer["headers"].items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Call) as server:
        fake.url = f"http://127.0.0.1:{server.server_port}"
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield fake
        finally:
            fake.ended.set()
            server.shutdown()
            serving.join()
