"""The real API functions on a loopback address, for programs that call the API over HTTP."""

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from infra.openapi import RESOLVERS
from tests.support.fakes import ApiResponse, call
from tests.support.source_reading import routes

_FILES = ("text/csv", "application/x-ndjson")


@dataclass(frozen=True)
class Request:
    """A request that came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path.removeprefix("/v1")

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))


@dataclass
class ServedApi:
    """The API at `url`, and the requests that came.

    A response in `instead` is given in place of the API's. `before` is called before each response, and `lost` bytes
    of its end are cut off. The password is "secret".
    """

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    instead: list[ApiResponse] = field(default_factory=list)
    before: Callable[[], object] = lambda: None
    lost: int = 0

    def answer(self, request: Request) -> ApiResponse:
        """Return the response to a request."""
        self.requests.append(request)
        self.before()
        if self.instead:
            return self.instead.pop(0)
        account, _, password = (
            b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode().partition(":")
        )
        if account and password != "secret":
            return ApiResponse(401, {}, '{"status": 401, "code": "unauthorized", "detail": "No."}')
        is_file = request.headers.get("content-type", "").startswith(_FILES)
        body = request.body if is_file else request.body.decode() or None
        module = import_module(_module_of(request.method, request.path))
        return call(
            *(module, request.method, request.path, body),
            account=account or None,
            headers=request.headers,
            query=request.query,
        )


@contextmanager
def served_api() -> Iterator[ServedApi]:
    """Serve the API until the block ends."""
    served = ServedApi()

    class Handler(BaseHTTPRequestHandler):
        def _respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            response = served.answer(Request(self.command, self.path, headers, body))
            data = b64decode(response.text) if response.is_base64 else (response.text or "").encode()
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data) + served.lost))
            self.end_headers()
            with suppress(BrokenPipeError):  # a client that has not waited
                self.wfile.write(data)

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _respond  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _module_of(method: str, path: str) -> str:
    found = [(pattern, name) for verb, pattern, name in _patterns() if verb == method and re.fullmatch(pattern, path)]
    return min(found, key=lambda one: one[0].count("[^/]+"))[1]  # a fixed path comes before one with an id


@cache
def _patterns() -> list[tuple[str, str, str]]:
    return [(verb, re.sub(r"\{\w+\}", "[^/]+", path), name) for name in RESOLVERS for verb, path in routes(name)]
