"""A call of the API: its address, headers, time-out, and repetitions after a failure that may pass."""

from __future__ import annotations

import json
import random
import sys
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError

from longcode_client.errors import NoAnswer, RequestRefused
from longcode_client.items import Items, Page

VERSION = "0.6.0"
SECONDS = 35.0  # the API answers within 29 s, or with 504
ATTEMPTS = 4

_CONNECT_SECONDS = 10.0
_TOO_MANY = 429
_REPEATED = {_TOO_MANY, 500, 502, 503, 504}
_FIRST_PAUSE, _LONGEST_PAUSE, _LONGEST_RETRY_AFTER = 0.5, 20.0, 60.0
_PASSING_429 = {"", "too_many_requests"}  # other codes with this status, such as `too_many_forms`, last longer
_LOCAL = {"127.0.0.1", "localhost", "::1"}
_AGENT = f"longcode-client/{VERSION} python/{sys.version_info[0]}.{sys.version_info[1]}"


@dataclass(frozen=True)
class Answer:
    """A successful response."""

    headers: Mapping[str, str]
    data: bytes

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.data.decode()

    def json(self) -> Any:
        """Return the body, read as JSON; raise `NoAnswer` if it is none."""
        try:
            return json.loads(self.data)
        except ValueError as error:
            raise NoAnswer("The answer is not JSON. Is this the API's address?") from error


class Calls:
    """Calls one account's API. Several threads may use it at once."""

    def __init__(
        self,
        api: str,
        account: str = "",
        password: str = "",
        *,
        timeout: float = SECONDS,
        attempts: int = ATTEMPTS,
        pool: urllib3.PoolManager | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Remember where to call, and as whom; nothing is sent yet.

        `password` is the account's or an API key; neither is needed to sign up. `timeout` is in seconds, for each of
        at most `attempts` attempts. `pool` is for a proxy or certificates that the system does not know of.
        """
        address = urlsplit(api)
        if address.scheme != "https" and not (address.scheme == "http" and address.hostname in _LOCAL):
            raise ValueError("The API's address must begin with https://.")
        if address.username or address.password or address.query or address.fragment:
            raise ValueError("The API's address must be its beginning alone, such as https://api.example/v1.")
        self.api = api.rstrip("/")
        self.account = account
        self._authorization = f"Basic {b64encode(f'{account}:{password}'.encode()).decode()}" if account else ""
        self._timeout = urllib3.Timeout(connect=min(timeout, _CONNECT_SECONDS), read=timeout)
        self._attempts = attempts
        self._pool = pool or _pool(address.scheme, address.hostname or "")
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.api!r}, account={self.account!r})"

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: object = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        key: str | None = None,
        repeatable: bool = False,
        with_password: bool = True,
        bearer: str | None = None,
    ) -> Answer:
        """Call the API, and return its answer; raise `RequestRefused` or `NoAnswer`. `bearer` replaces the password.

        After a failure that may pass, the call is repeated only if it is `repeatable` or has an Idempotency-Key.
        """
        headers = {"Accept": accept, "User-Agent": _AGENT}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        elif with_password and self._authorization:
            headers["Authorization"] = self._authorization
        if key is not None:
            headers["Idempotency-Key"] = key
        if body is not None:
            headers["Content-Type"] = content_type
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        url = f"{self.api}{path}{_query(query or {})}"
        attempts = self._attempts if repeatable or key is not None else 1
        attempt = 1
        while True:
            try:
                return self._attempt(method, url, data, headers)
            except (NoAnswer, RequestRefused) as error:
                error.idempotency_key = key
                pause = _pause(error, attempt)
                if pause is None or attempt == attempts:
                    raise
            self._sleep(pause)
            attempt += 1

    def _attempt(self, method: str, url: str, data: bytes | None, headers: Mapping[str, str]) -> Answer:
        try:
            response = self._pool.request(
                method, url, body=data, headers=headers, timeout=self._timeout, retries=False, redirect=False
            )
        except HTTPError as error:
            raise NoAnswer(f"{method} got no answer: {error}") from error
        if response.status >= 300:  # noqa: PLR2004 - a redirect is not followed: it would take the password along
            raise RequestRefused(
                response.status, _problem(response.data), response.reason or "", _seconds(response.headers)
            )
        return Answer(response.headers, response.data)

    def _items(
        self, path: str, query: Mapping[str, object], cursor_name: str = "", cursor: str | None = None
    ) -> Items[Any]:
        """Return a list that is read page by page."""

        def fetch(cursor: str | None) -> Page[Any]:
            at = {cursor_name: cursor} if cursor_name else {}
            page: Page[Any] = self._call("GET", path, query={**query, **at}, repeatable=True).json()
            return page

        return Items(fetch, cursor)

    def _texts(self, path: str, query: Mapping[str, object], cursor_name: str, cursor: str | None) -> Items[str]:
        """Return a CSV file in parts, each a page of it."""

        def fetch(cursor: str | None) -> Page[str]:
            asked = {**query, cursor_name: cursor}
            answer = self._call("GET", path, query=asked, accept="text/csv", repeatable=True)
            following = answer.headers.get("Next-Cursor")  # encoded for a query
            return {"items": [answer.text], "next_cursor": following and unquote(following)}

        return Items(fetch, cursor)


def in_path(value: str) -> str:
    """Return an id as part of a path; raise `ValueError` for what would be another path."""
    if value in ("", ".", ".."):
        raise ValueError(f"{value!r} is no id.")
    return quote(value, safe="")


def new_key() -> str:
    """Return a new Idempotency-Key."""
    return str(uuid.uuid4())


def _query(values: Mapping[str, object]) -> str:
    given = {name: json.dumps(value) if isinstance(value, bool) else value for name, value in values.items()}
    query = urlencode({name: value for name, value in given.items() if value is not None})
    return f"?{query}" if query else ""


def _pool(scheme: str, host: str) -> urllib3.PoolManager:
    """Return connections through the system's proxy, if it has one for this host."""
    proxy = None if host in _LOCAL or proxy_bypass(host) else getproxies().get(scheme)
    if not proxy:
        return urllib3.PoolManager()
    parts = urlsplit(proxy)
    credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
    return urllib3.ProxyManager(proxy, proxy_headers=urllib3.make_headers(proxy_basic_auth=credentials))


def _problem(data: bytes) -> dict[str, Any]:
    try:
        problem = json.loads(data)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _pause(error: NoAnswer | RequestRefused, attempt: int) -> float | None:
    """Return the seconds until the next attempt: twice as long each time, with chance; None if none would help."""
    pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1)  # noqa: S311
    if isinstance(error, NoAnswer):
        return pause
    if error.status not in _REPEATED or (error.status == _TOO_MANY and error.code not in _PASSING_429):
        return None
    if error.retry_after is None:
        return pause
    return error.retry_after + pause if error.retry_after <= _LONGEST_RETRY_AFTER else None


def _seconds(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the header Retry-After asks to wait, as a number or a date; None without it."""
    value = headers.get("Retry-After", "")
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        at: datetime = parsedate_to_datetime(value)
        return max(0.0, (at - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
