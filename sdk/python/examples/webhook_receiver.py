"""A receiver of webhooks: it stores each genuine one once, answers, and works on it after that.

    LONGCODE_WEBHOOK_SECRET=whsec_... python webhook_receiver.py --port 8080 --store webhooks.sqlite

A proxy in front of it has the certificate: Longcode posts to https addresses only. The secret is `webhook_secret` in
`GET /account`; while it is being changed, LONGCODE_WEBHOOK_SECRET has the old and the new one, with a space between.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from longcode_client import NotGenuine, verify

MOST_BYTES = 1_000_000
SECONDS = 10
_TABLE = """CREATE TABLE IF NOT EXISTS webhooks (
    id TEXT PRIMARY KEY, body BLOB, done INTEGER DEFAULT 0, at TEXT DEFAULT CURRENT_TIMESTAMP)"""

Work = Callable[[Any], object]


class Store:
    """The webhooks that came, by `webhook-id`, for a week: longer than one is sent again."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._change(_TABLE)

    def add(self, webhook_id: str, body: bytes) -> bool:
        """Store a webhook; return whether it is new."""
        self._change("DELETE FROM webhooks WHERE done AND at < datetime('now', '-7 days')")
        return self._change("INSERT OR IGNORE INTO webhooks (id, body) VALUES (?, ?)", webhook_id, body) == 1

    def done(self, webhook_id: str) -> None:
        """Store that the work on a webhook is done."""
        self._change("UPDATE webhooks SET done = 1 WHERE id = ?", webhook_id)

    def waiting(self) -> list[tuple[str, bytes]]:
        """Return the webhooks that were not worked on, because the machine stopped or the work failed."""
        with closing(sqlite3.connect(self._file)) as database:
            return database.execute("SELECT id, body FROM webhooks WHERE NOT done ORDER BY at").fetchall()

    def _change(self, statement: str, *values: object) -> int:
        with closing(sqlite3.connect(self._file, timeout=SECONDS)) as database, database:
            return database.execute(statement, values).rowcount


def server(port: int, secrets: list[str], store: Store, work: Work) -> ThreadingHTTPServer:
    """Return a server on this machine; `work` gets each new event, after the answer."""
    for webhook_id, body in store.waiting():
        work(json.loads(body))
        store.done(webhook_id)

    class Receiver(BaseHTTPRequestHandler):
        timeout = SECONDS

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            if not 0 < length <= MOST_BYTES:
                self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                return
            body, webhook_id = self.rfile.read(length), self.headers.get("webhook-id", "")
            try:
                event = verify(self.headers, body, secrets)
            except NotGenuine as error:
                print(f"refused: {error}", file=sys.stderr)
                self._answer(HTTPStatus.UNAUTHORIZED)
                return
            is_new = store.add(webhook_id, body)  # if this fails, there is no answer, and it is sent again
            self._answer(HTTPStatus.NO_CONTENT)
            if is_new:
                work(event)
                store.done(webhook_id)

        def _answer(self, status: HTTPStatus) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.wfile.flush()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            pass

    return ThreadingHTTPServer(("127.0.0.1", port), Receiver)


def show(event: Any) -> None:
    """Show an event. A studio's software works on it here."""
    print(event["type"], event["timestamp"], event["data"].get("body", ""), flush=True)


def main() -> None:
    """Receive webhooks until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Receive Longcode's webhooks.")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--store", type=Path, default=Path("webhooks.sqlite"))
    options = parser.parse_args()
    secrets = os.environ["LONGCODE_WEBHOOK_SECRET"].split()
    server(options.port, secrets, Store(options.store), show).serve_forever()


if __name__ == "__main__":
    main()
