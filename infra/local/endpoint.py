"""The webhook endpoint of a hosted studio on this machine: it receives webhooks over TLS and verifies signatures.

It imports nothing of the service: an endpoint needs to know only the standard and its own secret.
"""

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from infra.local.processes import HOST

_TOLERANCE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Call:
    """A received webhook, whether its signature was genuine, and the status of the response."""

    id: str
    genuine: bool
    status: int
    body: Any


@dataclass
class Endpoint:
    """A webhook endpoint; while `failing`, it responds with 503. It takes `seconds` for each response."""

    url: str
    secret: str = ""
    failing: bool = False
    seconds: float = 0
    calls: list[Call] = field(default_factory=list)

    def receive(self, headers: dict[str, str], body: bytes) -> int:
        """Record a webhook; return the status of the response."""
        genuine = is_genuine(headers, body, self.secret, time.time())
        status = 401 if not genuine else 503 if self.failing else 204
        self.calls.append(Call(headers.get("webhook-id", ""), genuine, status, json.loads(body)))
        time.sleep(self.seconds)
        return status


def is_genuine(headers: dict[str, str], body: bytes, secret: str, now: float) -> bool:
    """Return whether one of the header's signatures is right and recent (Standard Webhooks 1.0)."""
    timestamp = headers.get("webhook-timestamp", "0")
    signed = b".".join([headers.get("webhook-id", "").encode(), timestamp.encode(), body])
    digest = hmac.new(base64.b64decode(secret.split("_", 1)[-1]), signed, hashlib.sha256).digest()
    expected = f"v1,{base64.b64encode(digest).decode()}"
    recent = timestamp.isdecimal() and abs(now - int(timestamp)) < _TOLERANCE_SECONDS
    signatures = headers.get("webhook-signature", "").split()
    return recent and any(hmac.compare_digest(signature, expected) for signature in signatures)


@contextmanager
def serving_endpoint(certificate: str) -> Iterator[Endpoint]:
    """Run an endpoint until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(endpoint.receive(headers, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing: the story prints the calls."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        endpoint = Endpoint(f"https://localhost:{server.server_port}/longcode")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield endpoint
        finally:
            server.shutdown()
            thread.join()
