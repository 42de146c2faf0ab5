"""The participants of the demo: studio software that calls the API, and the phones of clients."""

import json
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import urllib3

T = TypeVar("T")
CLIENTS = Path(__file__).parent / "clients.csv"
_PATIENCE_SECONDS = 30.0

_http = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=30))


class CheckFailed(Exception):
    """A check of the demo failed."""


@dataclass(frozen=True, slots=True)
class Response:
    """The response of a server."""

    status: int
    text: str

    @property
    def json(self) -> Any:
        """Return the body, read as JSON."""
        return json.loads(self.text) if self.text else None


def ask(method: str, url: str, body: object = None, headers: dict[str, str] | None = None) -> Response:
    """Call a server; text and bytes are sent as they are, any other body as JSON."""
    sent_headers = headers or {}
    if body is not None and not isinstance(body, str | bytes):
        body, sent_headers = json.dumps(body), {"Content-Type": "application/json"} | sent_headers
    response = _http.request(method, url, body=body, headers=sent_headers)
    return Response(response.status, response.data.decode())


def eventually(found: Callable[[], T | None], what: str) -> T:
    """Wait until `found` returns something, and return it; raise `CheckFailed` if that takes too long."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        value = found()
        if value:
            return value
        if time.monotonic() > deadline:
            raise CheckFailed(f"still waiting after {_PATIENCE_SECONDS:.0f} s: {what}")
        time.sleep(0.1)


@dataclass(frozen=True, slots=True)
class StudioSoftware:
    """A studio's software, which calls the API with the account number and the password."""

    api_url: str
    name: str
    account: str
    password: str

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Response:
        """Call the API."""
        basic = b64encode(f"{self.account}:{self.password}".encode()).decode()
        return ask(method, f"{self.api_url}{path}", body, {"Authorization": f"Basic {basic}", **headers})

    def all_items(self, path: str) -> list[Any]:
        """Return all items of a list."""
        items: list[Any] = []
        cursor = ""
        while True:
            page = self.ask("GET", f"{path}{'&' if '?' in path else '?'}limit=200{cursor}").json
            items += page["items"]
            if not page["next_cursor"]:
                return items
            cursor = f"&cursor={page['next_cursor'].replace('#', '%23').replace('+', '%2B')}"


@dataclass(frozen=True, slots=True)
class Phones:
    """The phones at the simulated carrier."""

    carrier_url: str

    def conversation(self, phone: str) -> list[Any]:
        """Return the texts that a phone received and sent."""
        texts: list[Any] = ask("GET", f"{self.carrier_url}/phones/{phone}").json["conversation"]
        return texts

    def received(self, *, undelivered: bool = True) -> dict[str, tuple[str, str]]:
        """Return the texts to all phones, with or without undelivered ones, by the carrier's id: phone and words."""
        phones = ask("GET", f"{self.carrier_url}/phones?limit=1000&last=1000").json["phones"]
        return {
            text["sid"]: (phone["number"], text["body"])
            for phone in phones
            for text in phone["conversation"]
            if text["direction"].startswith("outbound") and (undelivered or text["status"] != "undelivered")
        }

    def texted_from(self, phone: str) -> list[str]:
        """Return the numbers that a phone's texts came from, oldest first."""
        return [text["from"] for text in self.conversation(phone) if text["direction"].startswith("outbound")]

    def reply(self, phone: str, number: str, words: str) -> None:
        """Reply from a phone."""
        answer = ask("POST", f"{self.carrier_url}/phones/{phone}/replies", {"to": number, "body": words})
        if answer.status != 202:
            raise CheckFailed(f"the carrier did not accept the reply: {answer}")

    def drop_answer(self, phone: str) -> None:
        """Let the carrier deliver the next text to a phone, and close the connection without a response."""
        ask("PUT", f"{self.carrier_url}/faults/{phone}", {"drop_answer": {"times": 1}})

    def lose_webhooks(self, phone: str) -> None:
        """Let the carrier post no webhooks for the replies from a phone."""
        ask("PUT", f"{self.carrier_url}/faults/{phone}", {"lose_inbound": {}})

    def fail(self, phone: str, code: int) -> None:
        """Let the next text to a phone end as undelivered, with a code of the carrier."""
        ask("PUT", f"{self.carrier_url}/faults/{phone}", {"undelivered": {"code": code, "times": 1}})
