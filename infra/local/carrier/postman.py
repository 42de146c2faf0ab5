"""Calls the service: a few workers that post signed forms, now or later, and never beyond this machine."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

from infra.local.carrier.protocol import signature

WAIT_SECONDS = 15  # Twilio's own patience with a webhook

Form = list[tuple[str, str]]


def may_call(url: str) -> bool:
    """Tell whether a URL is http on this machine: a simulated carrier never calls anybody else."""
    try:
        parts = urlsplit(url)
        _ = parts.port
        host = parts.hostname or ""
        return parts.scheme == "http" and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False


def post(url: str, form: Form, auth_token: str) -> str:
    """Post a form as Twilio does, without redirects or proxies; the answer is a status, or `no answer`."""
    if not may_call(url):
        raise ValueError(f"not on this machine: {url}")
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=WAIT_SECONDS)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": signature(auth_token, url, form),
    }
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, urlencode(form).encode(), headers)
        return str(connection.getresponse().status)
    except (OSError, HTTPException):
        return "no answer"
    finally:
        connection.close()


class Postman:
    """Runs errands on a few threads, each at its time; `most` may wait before it is full."""

    def __init__(self, most: int, workers: int = 4) -> None:
        self._most = most
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._running = 0
        for _ in range(workers):
            threading.Thread(target=self._work, name="postman", daemon=True).start()

    @property
    def pending(self) -> int:
        with self._changed:
            return len(self._due) + self._running

    @property
    def full(self) -> bool:
        return self.pending >= self._most

    def later(self, seconds: float, errand: Callable[[], None]) -> None:
        """Run an errand in so many seconds."""
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._number), errand))
            self._changed.notify()

    def close(self) -> None:
        """Drop what is left; an errand under way ends by itself."""
        with self._changed:
            self._closed = True
            self._due.clear()
            self._changed.notify_all()

    def _work(self) -> None:
        while errand := self._next():
            try:
                errand()
            except Exception:
                logging.exception("an errand failed")
            finally:
                with self._changed:
                    self._running -= 1

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._closed:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    self._running += 1
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
            return None
