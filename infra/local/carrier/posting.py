"""Post signed forms to the service, now or later, from a few threads and only on this machine."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from urllib.parse import parse_qs, urldefrag, urlencode, urlsplit

from infra.local.carrier.protocol import signature

WAIT_SECONDS = 15  # Twilio's own time-out for a webhook
_MOST_RETRIES = 5
_NO_ANSWER = "no answer"

Form = list[tuple[str, str]]


def may_call(url: str) -> bool:
    """Return whether a URL is http on this machine: a simulated carrier calls no other."""
    try:
        parts = urlsplit(url)
        _ = parts.port
        host = parts.hostname or ""
        return parts.scheme == "http" and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False


def post(url: str, form: Form, auth_token: str) -> str:
    """Post a form as Twilio does, without redirects or proxies; return the last status, or `no answer`.

    Connection overrides in the URL's fragment, such as `#rc=3&rp=all`, say how often and after what it is repeated;
    the fragment is neither posted nor signed (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
    """
    if not may_call(url):
        raise ValueError(f"not on this machine: {url}")
    url, fragment = urldefrag(url)
    overrides = parse_qs(fragment)
    retries = min(int(overrides.get("rc", ["0"])[0]), _MOST_RETRIES)
    policies = overrides.get("rp", ["ct"])[0].split(",")
    answer = _post_once(url, form, auth_token)
    while retries and _is_repeated(answer, policies):
        answer, retries = _post_once(url, form, auth_token), retries - 1
    return answer


def _is_repeated(answer: str, policies: list[str]) -> bool:
    if answer.startswith("2"):
        return False
    kind = "ct" if answer == _NO_ANSWER else f"{answer[0]}xx"
    return "all" in policies or kind in policies


def _post_once(url: str, form: Form, auth_token: str) -> str:
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
        return _NO_ANSWER
    finally:
        connection.close()


class DelayedTasks:
    """Runs tasks on a few threads, each after its delay. It is full when `most` tasks wait or run."""

    def __init__(self, most: int, workers: int = 4) -> None:
        self._most = most
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._running = 0
        for _ in range(workers):
            threading.Thread(target=self._work, name="delayed-task", daemon=True).start()

    @property
    def pending(self) -> int:
        with self._changed:
            return len(self._due) + self._running

    @property
    def full(self) -> bool:
        return self.pending >= self._most

    def later(self, seconds: float, task: Callable[[], None]) -> None:
        """Run a task in some seconds."""
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._number), task))
            self._changed.notify()

    def close(self) -> None:
        """Drop all waiting tasks; a running task ends by itself."""
        with self._changed:
            self._closed = True
            self._due.clear()
            self._changed.notify_all()

    def _work(self) -> None:
        while task := self._next():
            try:
                task()
            except Exception:
                logging.exception("a task failed")
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
