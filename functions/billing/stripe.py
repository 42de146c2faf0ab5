"""Stripe's HTTP API, or whoever speaks it at another address: one POST at a time, never repeated from here."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct
from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError

from longcode.export import Call

API_BASE = "https://api.stripe.com"
VERSION = "2024-06-20"
TIMEOUT_SECONDS = 10.0

# The same key makes each of these safe to ask again: 409 is our own other call, at this moment.
_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.FAILED_DEPENDENCY, HTTPStatus.TOO_MANY_REQUESTS}
_REFUSALS = set(range(400, 500))


class Made(Struct, frozen=True):
    """It is there, made now or under the same key before."""

    id: str


class Again(Struct, frozen=True):
    """Nobody knows, or not now."""

    why: str


class Refused(Struct, frozen=True):
    """Stripe does not want it, and would not want it again."""

    why: str


Answer = Made | Again | Refused


class Stripe:
    """Posts to Stripe under an API key, which is in no log and no answer."""

    def __init__(self, api_key: str, api_base: str = API_BASE, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._base = api_base.rstrip("/")
        self._headers = {
            "Authorization": f"Bearer {api_key}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Stripe-Version": VERSION,
        }
        self._pool = PoolManager()
        self._timeout = Timeout(total=timeout_seconds)

    def post(self, call: Call) -> Answer:
        """Post once."""
        try:
            response = self._pool.request(
                "POST",
                f"{self._base}{call.path}",
                body=urlencode(call.form, errors="replace"),
                headers={**self._headers, "Idempotency-Key": call.key},
                timeout=self._timeout,
                retries=False,
                redirect=False,
            )
        except HTTPError as problem:
            return Again(type(problem).__name__)
        return _answer(response)


def _answer(response: BaseHTTPResponse) -> Answer:
    told = _told(response)
    made = told.get("id")
    if response.status < HTTPStatus.MULTIPLE_CHOICES and isinstance(made, str) and made:
        return Made(made)
    if response.status in _REFUSALS - _AGAIN:
        return Refused(f"http {response.status} {_code(told)}".strip())
    return Again(f"http {response.status}")


def _code(told: dict[str, Any]) -> str:
    """Find Stripe's word for it. Its sentence is left out: it may quote an address, or the end of a key."""
    error = told.get("error")
    found = (error.get("code") or error.get("type")) if isinstance(error, dict) else None
    return found[:60] if isinstance(found, str) else ""


def _told(response: BaseHTTPResponse) -> dict[str, Any]:
    try:
        told = response.json()
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
