"""What the story plays on: act, wait, show what came back, check that it holds."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex
from typing import Any

from infra.local.stack import Stack
from infra.local.visitors import NotSo, Phones, Studio, eventually


@dataclass
class Stage:
    """A stack, how many checks held on it, and what its phones had before."""

    stack: Stack
    say: Callable[[str], None] = print
    run: str = field(default_factory=lambda: token_hex(3))
    checks: int = 0

    def __post_init__(self) -> None:
        self.phones = Phones(self.stack.carrier_url)
        self.had = set(self.phones.received())

    def send(self, studio: Studio, body: dict[str, str]) -> Any:
        """Post a message that must be accepted."""
        answer = studio.ask("POST", "/messages", body, **{"Idempotency-Key": token_hex(8)})
        self.show("POST /messages", body, answer.json)
        self.check(answer.status == 202, "it is accepted")
        return answer.json

    def replies(self, phone: str, words: str) -> None:
        """Reply from a phone, to the number that texted it last."""
        self.phones.reply(phone, self.phones.texted_from(phone)[-1], words)

    def arrives(self, phone: str, words: str, *, quiet: bool = False) -> None:
        """Wait until a phone has received a text, whole."""
        new = eventually(lambda: self.texts_on(phone, words), f"a text on {phone}")
        if not quiet:
            self.say(f"   phone {phone}: {words}")
        self.check(len(new) == 1, f"it arrives whole, once, on {phone}", quiet=quiet)

    def texts_on(self, phone: str, words: str) -> list[str]:
        """List the new texts on a phone with these words."""
        received = self.phones.received().items()
        return [sid for sid, text in received if text == (phone, words) and sid not in self.had]

    def settled(self, studio: Studio, message_id: str, state: str) -> Any:
        """Wait for a message to be in a state."""

        def found() -> Any:
            message = studio.ask("GET", f"/messages/{message_id}").json
            return message if message["state"] == state else None

        return eventually(found, f"the message to be {state}")

    def reply_of(self, studio: Studio, words: str) -> Any:
        """Wait for a reply in a studio's inbox."""

        def found() -> Any:
            inbox = studio.ask("GET", "/messages?folder=inbox").json["items"]
            return next((one for one in inbox if one["body"] == words), None)

        reply = eventually(found, f"the reply {words!r}")
        shown = {name: reply[name] for name in ("phone", "body", "client_id", "read", "rule")}
        self.show(f"{studio.name}: GET /messages?folder=inbox", None, shown)
        return reply

    def polled(self, studio: Studio) -> list[str]:
        """Fetch a studio's replies as the installed software does."""
        return [one["message"]["body"] for one in studio.ask("GET", "/inbox?after=0&limit=200").json["items"]]

    def refusal(self, studio: Studio, client: str) -> Any:
        """Preview a text: the refusal, if there is one."""
        preview = studio.ask("POST", "/messages/preview", {"client_id": client, "body": "Hello"}).json
        return None if preview["may_be_sent"] else preview

    def sweep(self, at: datetime) -> None:
        """Call the sweeper as if it were a time of our choice."""
        swept = self.stack.invoke(self.stack.sweep_function, {"sweep_at": at.isoformat()})
        self.say(f"   the sweeper at {at:%H:%M} UTC → {swept}")

    def title(self, text: str) -> None:
        """Begin a step."""
        self.say(f"\n— {text}")

    def show(self, what: str, sent: object, came: object) -> None:
        """Show what was sent and what came back."""
        given = f" {json.dumps(sent, ensure_ascii=False)}" if sent else ""
        self.say(f"   {what}{given}"[:200])
        self.say(f"   → {json.dumps(came, ensure_ascii=False)}"[:400])

    def check(self, holds: bool, what: str, *, quiet: bool = False) -> None:
        """Check that something holds."""
        if not holds:
            raise NotSo(what)
        self.checks += 1
        if not quiet:
            self.say(f"   ✓ {what}")
