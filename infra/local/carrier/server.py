"""Serve the simulated carrier on this machine: python -m infra.local.carrier.server --help."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType
from urllib.parse import parse_qsl, unquote, urlsplit

from infra.local.carrier import account_api, control_api, twilio_api
from infra.local.carrier.carrier import Carrier
from infra.local.carrier.posting import may_call
from infra.local.carrier.routes import Request, Response, respond

HOST = "127.0.0.1"
MAX_BODY_BYTES = 65_536
ROUTES = [*account_api.ROUTES, *twilio_api.ROUTES, *control_api.ROUTES]


class Server(ThreadingHTTPServer):
    """An HTTP server for one carrier, with a thread for each connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, carrier: Carrier) -> None:
        super().__init__((HOST, port), Handler)
        self.carrier = carrier

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    """Reads a request and writes the response of its route."""

    protocol_version = "HTTP/1.1"
    server_version = "carrier"
    sys_version = ""
    timeout = 60
    # Headers and body are sent together: two small packets cost 40 ms of delayed acknowledgement.
    wbufsize = -1
    server: Server

    def do_GET(self) -> None:
        """Serve a request of any method."""
        response = self._refuse() or respond(self.server.carrier, self._read(), ROUTES)
        if response is None:
            self.close_connection = True
            return
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.body:
            self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(response.body)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Log nothing: bodies and numbers do not belong in a log."""

    def _read(self) -> Request:
        url = urlsplit(self.path)
        return Request(
            method=self.command,
            path=unquote(url.path),
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers=self.headers,  # type: ignore[arg-type]  # an email.message.Message has get()
            body=self.rfile.read(int(self.headers.get("Content-Length", 0))),
        )

    def _refuse(self) -> Response | None:
        """Refuse an unreadable request, and another website whose name resolves to this machine (DNS rebinding)."""
        length = self.headers.get("Content-Length", "0")
        if not may_call(f"http://{self.headers.get('Host', '')}"):
            status = 403
        elif self.headers.get("Transfer-Encoding") or not length.isdecimal():
            status = 411
        elif int(length) > MAX_BODY_BYTES:
            status = 413
        else:
            return None
        self.close_connection = True
        return Response(status, b"{}")


@contextmanager
def serving(carrier: Carrier, port: int = 0) -> Iterator[Server]:
    """Serve a carrier in the background; port 0 takes a free port."""
    server = Server(port, carrier)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="carrier", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        carrier.close()
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    options = _options()
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    carrier = Carrier(
        options.account_sid, options.auth_token, options.inbound_url, options.receipt_seconds, options.keep
    )
    with serving(carrier, options.port) as server:
        print(f"carrier {server.url}", flush=True)
        ended.wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="carrier", description="A simulated carrier that speaks Twilio's protocol.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--account-sid", default=os.environ.get("TWILIO_ACCOUNT_SID"), help="or TWILIO_ACCOUNT_SID")
    parser.add_argument("--auth-token", default=os.environ.get("TWILIO_AUTH_TOKEN"), help="or TWILIO_AUTH_TOKEN")
    parser.add_argument("--inbound-url", help="the URL for replies; can be set later by POST /settings")
    parser.add_argument("--receipt-seconds", type=float, default=0.2, help="time between two statuses of a text")
    parser.add_argument("--keep", type=int, default=10_000, help="number of texts to keep")
    options = parser.parse_args()
    if not options.account_sid or not options.auth_token:
        parser.error("--account-sid and --auth-token are required")
    if options.inbound_url and not may_call(options.inbound_url):
        parser.error("--inbound-url: only http URLs on this machine are allowed")
    return options


if __name__ == "__main__":
    main()
