"""A hosted studio's software on this machine: it takes webhooks over TLS, and checks their signatures by itself.

Nothing of the service is imported here: what a receiver needs to know is the standard, and its own secret.
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
    """One webhook as it came, whether its signature is genuine, and how it was answered."""

    id: str
    genuine: bool
    answered: int
    body: Any


@dataclass
class Receiver:
    """Takes webhooks; with `failing`, it answers that it cannot."""

    url: str
    secret: str = ""
    failing: bool = False
    calls: list[Call] = field(default_factory=list)

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Take a webhook: one that is not genuine is refused."""
        genuine = is_genuine(headers, body, self.secret, time.time())
        answer = 401 if not genuine else 503 if self.failing else 204
        self.calls.append(Call(headers.get("webhook-id", ""), genuine, answer, json.loads(body)))
        return answer


def is_genuine(headers: dict[str, str], body: bytes, secret: str, now: float) -> bool:
    """Check a signature as Standard Webhooks 1.0 says: any of those in the header, over what was said just now."""
    said_at = headers.get("webhook-timestamp", "0")
    signed = b".".join([headers.get("webhook-id", "").encode(), said_at.encode(), body])
    digest = hmac.new(base64.b64decode(secret.split("_", 1)[-1]), signed, hashlib.sha256).digest()
    wanted = f"v1,{base64.b64encode(digest).decode()}"
    fresh = said_at.isdecimal() and abs(now - int(said_at)) < _TOLERANCE_SECONDS
    return fresh and any(hmac.compare_digest(one, wanted) for one in headers.get("webhook-signature", "").split())


@contextmanager
def receiving(certificate: str) -> Iterator[Receiver]:
    """Run a receiver until the block ends."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(receiver.take(headers, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing: the story tells."""

    with ThreadingHTTPServer((HOST, 0), Door) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        receiver = Receiver(f"https://localhost:{server.server_port}/longcode")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
