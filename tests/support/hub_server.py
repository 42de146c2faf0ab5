"""Serves the hub on this machine, over the AWS of the tests, and finds a browser to look at it."""

import shutil
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from tests.support.browser import function_of
from tests.support.fakes import LambdaContext

# Without these, Chromium calls its maker's hosts, which a test may not reach.
CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


_one_at_a_time = threading.Lock()  # as in a function's process


class _Gateway(BaseHTTPRequestHandler):
    """Passes requests to the function, with events as API Gateway sends them."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        content = self.rfile.read(length)
        is_file = (self.headers.get("Content-Type") or "").startswith("multipart/form-data")
        body = b64encode(content).decode() if is_file else content.decode() or None
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True)) or None
        event = {
            "resource": "/hub/{page+}",
            "path": url.path,
            "httpMethod": self.command,
            "headers": dict(self.headers),
            "multiValueHeaders": {name: [value] for name, value in self.headers.items()},
            "queryStringParameters": query,
            "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()},
            "pathParameters": None,
            "stageVariables": None,
            "requestContext": {
                "requestId": str(uuid4()),
                "stage": "v1",
                "httpMethod": self.command,
                "path": url.path,
                "identity": {"sourceIp": "127.0.0.1"},
            },
            "body": body,
            "isBase64Encoded": is_file,
        }
        with _one_at_a_time:
            answer = function_of(url.path).handler(event, LambdaContext())
        content = b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
        self.send_response(answer["statusCode"])
        for name, values in answer["multiValueHeaders"].items():
            for value in values:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815 - the name is the base class's

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class _Server(ThreadingHTTPServer):
    """Has a thread for each connection: a browser also opens some without a request, for which nobody must wait."""

    daemon_threads = False  # its end waits for the requests under way


@contextmanager
def serving_hub() -> Iterator[str]:
    """Serve the hub until the block ends; yield the address of /hub."""
    with _Server(("127.0.0.1", 0), _Gateway) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.02])  # seconds between its looks at shutdown()
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hub"
        finally:
            server.shutdown()
            thread.join()


def chromium() -> str:
    """Return the path of Chromium or Chrome; raise `LookupError` if there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        raise LookupError("There is no Chromium on the PATH: `make browser` installs it on Debian, as root.")
    return path
