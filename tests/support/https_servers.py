"""Webhook endpoints on loopback, over TLS, whose responses (or silence) each test chooses."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.certificate import write_certificate

PUBLIC = "93.184.215.14"


@dataclass
class HttpsEndpoint:
    """An endpoint: its port and certificate, the requests received, and an event that ends hanging responses."""

    port: int
    trust: ssl.SSLContext
    requests: list[bytes] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    connections: int = 0

    def connect(self, address: str, _port: int, seconds: float) -> socket.socket:
        """Connect to this endpoint for the address `PUBLIC`; refuse any other address."""
        if address != PUBLIC:
            raise ConnectionRefusedError(address)
        return socket.create_connection(("127.0.0.1", self.port), seconds)


@contextmanager
def https_endpoint(folder: Path, behave: Callable[[socket.socket, HttpsEndpoint], None]) -> Iterator[HttpsEndpoint]:
    """Run an endpoint for studio.example until the block ends; `behave` gets the connection after a request."""
    with _serving(folder, behave, reads=True) as endpoint:
        yield endpoint


@contextmanager
def mute_endpoint(folder: Path) -> Iterator[HttpsEndpoint]:
    """Run an endpoint that accepts connections but never answers the TLS handshake."""
    with _serving(folder, None, reads=False) as endpoint:
        yield endpoint


@contextmanager
def _serving(
    folder: Path, behave: Callable[[socket.socket, HttpsEndpoint], None] | None, *, reads: bool
) -> Iterator[HttpsEndpoint]:
    certificate = write_certificate(folder / "certificate.pem", "studio.example", "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = HttpsEndpoint(server.getsockname()[1], ssl.create_default_context(cafile=certificate))

        def serve(raw: socket.socket) -> None:
            with suppress(OSError), raw:
                if behave is None:
                    endpoint.ended.wait(30)
                    return
                with context.wrap_socket(raw, server_side=True) as connection:
                    endpoint.requests.append(_request(connection))
                    behave(connection, endpoint)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    raw, _ = server.accept()
                    endpoint.connections += 1
                    threading.Thread(target=serve, args=(raw,), daemon=True).start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield endpoint
        finally:
            endpoint.ended.set()
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            accepting.join(5)


def _request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
