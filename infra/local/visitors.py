"""Who takes part in the story: studios at the API, and clients at their phones."""

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


class NotSo(Exception):
    """The story took another turn than it must."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    text: str

    @property
    def json(self) -> Any:
        """Read the answer as JSON."""
        return json.loads(self.text) if self.text else None


def ask(method: str, url: str, body: object = None, headers: dict[str, str] | None = None) -> Answer:
    """Call a server; a `str` body goes as it is, anything else as JSON."""
    sent = headers or {}
    if body is not None and not isinstance(body, str):
        body, sent = json.dumps(body), {"Content-Type": "application/json"} | sent
    answer = _http.request(method, url, body=body, headers=sent)
    return Answer(answer.status, answer.data.decode())


def eventually(found: Callable[[], T | None], what: str) -> T:
    """Wait for something that queues and workers bring about; raises `NotSo` when it does not come."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        value = found()
        if value:
            return value
        if time.monotonic() > deadline:
            raise NotSo(f"still waiting after {_PATIENCE_SECONDS:.0f} s: {what}")
        time.sleep(0.1)


@dataclass(frozen=True, slots=True)
class Studio:
    """A studio's software: it calls the API with the account number and the password."""

    api_url: str
    name: str
    account: str
    password: str

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Call the API."""
        basic = b64encode(f"{self.account}:{self.password}".encode()).decode()
        return ask(method, f"{self.api_url}{path}", body, {"Authorization": f"Basic {basic}", **headers})

    def everything(self, path: str) -> list[Any]:
        """Read a list to its end."""
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
        """Read what a phone received and sent."""
        texts: list[Any] = ask("GET", f"{self.carrier_url}/phones/{phone}").json["conversation"]
        return texts

    def received(self) -> dict[str, tuple[str, str]]:
        """Read what all phones received, by the carrier's id: the phone and the words."""
        phones = ask("GET", f"{self.carrier_url}/phones?limit=1000&last=1000").json["phones"]
        return {
            text["sid"]: (phone["number"], text["body"])
            for phone in phones
            for text in phone["conversation"]
            if text["direction"].startswith("outbound")
        }

    def texted_from(self, phone: str) -> list[str]:
        """List the numbers that the texts on a phone came from, oldest first."""
        return [text["from"] for text in self.conversation(phone) if text["direction"].startswith("outbound")]

    def reply(self, phone: str, number: str, words: str) -> None:
        """Reply from a phone."""
        answer = ask("POST", f"{self.carrier_url}/phones/{phone}/replies", {"to": number, "body": words})
        if answer.status != 202:
            raise NotSo(f"the carrier did not take the reply: {answer}")

    def drop_answer(self, phone: str) -> None:
        """Have the carrier take the next text to a phone, deliver it, and hang up without a word."""
        ask("PUT", f"{self.carrier_url}/faults/{phone}", {"drop_answer": {"times": 1}})

    def lose_webhooks(self, phone: str) -> None:
        """Have the carrier tell nobody of what is typed on a phone."""
        ask("PUT", f"{self.carrier_url}/faults/{phone}", {"lose_inbound": {}})

    def fail(self, phone: str, code: int) -> None:
        """Have the next text to a phone end undelivered with a code of the carrier."""
        ask("PUT", f"{self.carrier_url}/faults/{phone}", {"undelivered": {"code": code, "times": 1}})
