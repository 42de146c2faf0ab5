"""The stage of the story: act on the stack, wait for results, print them and check them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex
from typing import Any

from infra.local.participants import CheckFailed, Phones, StudioSoftware, eventually
from infra.local.stack import Stack


@dataclass
class Stage:
    """A running stack, the number of successful checks, and the ids of the texts that were on the phones before."""

    stack: Stack
    say: Callable[[str], None] = print
    run: str = field(default_factory=lambda: token_hex(3))
    checks: int = 0

    def __post_init__(self) -> None:
        self.phones = Phones(self.stack.carrier_url)
        self.earlier_texts = set(self.phones.received())

    def send(self, studio: StudioSoftware, body: dict[str, str]) -> Any:
        """Post a message, and check that it is accepted."""
        answer = studio.ask("POST", "/messages", body, **{"Idempotency-Key": token_hex(8)})
        self.show("POST /messages", body, answer.json)
        self.check(answer.status == 202, "it is accepted")
        return answer.json

    def replies(self, phone: str, words: str) -> None:
        """Reply from a phone to the number that texted it last."""
        self.phones.reply(phone, self.phones.texted_from(phone)[-1], words)

    def arrives(self, phone: str, words: str, *, quiet: bool = False) -> None:
        """Wait until a phone has received a text, and check that it did so once."""
        new = eventually(lambda: self.texts_on(phone, words), f"a text on {phone}")
        if not quiet:
            self.say(f"   phone {phone}: {words}")
        self.check(len(new) == 1, f"it arrives whole, once, on {phone}", quiet=quiet)

    def texts_on(self, phone: str, words: str) -> list[str]:
        """Return the ids of the new texts on a phone with these words."""
        received = self.phones.received().items()
        return [sid for sid, text in received if text == (phone, words) and sid not in self.earlier_texts]

    def settled(self, studio: StudioSoftware, message_id: str, state: str) -> Any:
        """Wait until a message is in a state; return it."""

        def found() -> Any:
            message = studio.ask("GET", f"/messages/{message_id}").json
            return message if message["state"] == state else None

        return eventually(found, f"the message to be {state}")

    def reply_of(self, studio: StudioSoftware, words: str) -> Any:
        """Wait for a reply in a studio's inbox; return it."""

        def found() -> Any:
            inbox = studio.ask("GET", "/messages?folder=inbox").json["items"]
            return next((message for message in inbox if message["body"] == words), None)

        reply = eventually(found, f"the reply {words!r}")
        shown = {name: reply[name] for name in ("phone", "body", "client_id", "read", "rule")}
        self.show(f"{studio.name}: GET /messages?folder=inbox", None, shown)
        return reply

    def polled(self, studio: StudioSoftware) -> list[str]:
        """Return the words of a studio's replies, read as by installed software."""
        return [item["message"]["body"] for item in studio.ask("GET", "/inbox?after=0&limit=200").json["items"]]

    def refusal(self, studio: StudioSoftware, client: str) -> Any:
        """Return the preview of a text that would be refused, or None."""
        preview = studio.ask("POST", "/messages/preview", {"client_id": client, "body": "Hello"}).json
        return None if preview["may_be_sent"] else preview

    def sweep(self, at: datetime) -> None:
        """Run the sweeper as if it were another time."""
        swept = self.stack.invoke(self.stack.sweep_function, {"sweep_at": at.isoformat()})
        self.say(f"   the sweeper at {at:%H:%M} UTC → {swept}")

    def title(self, text: str) -> None:
        """Print the title of a step."""
        self.say(f"\n— {text}")

    def show(self, what: str, sent: object, response: object) -> None:
        """Print a request and its response."""
        request = f" {json.dumps(sent, ensure_ascii=False)}" if sent else ""
        self.say(f"   {what}{request}"[:200])
        self.say(f"   → {json.dumps(response, ensure_ascii=False)}"[:400])

    def check(self, holds: bool, what: str, *, quiet: bool = False) -> None:
        """Count and print a check; raise `CheckFailed` if it fails."""
        if not holds:
            raise CheckFailed(what)
        self.checks += 1
        if not quiet:
            self.say(f"   ✓ {what}")
