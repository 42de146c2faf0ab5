"""A fake carrier with every possible result of a send, which records the texts that it has really accepted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from longcode.carriers.carrier import CarrierText, RefusalReason, Refused, SendResult, Sent, Text, Uncertain
from longcode.message import MessageState
from tests.support.crashes import Killed


class NoResponse(StrEnum):
    """What has happened when the worker gets no response."""

    ACCEPTED = "the carrier has accepted the text"
    NOT_ACCEPTED = "the carrier has not accepted the text"
    KILLED_AFTER = "the worker is killed after the carrier has accepted the text"
    KILLED_BEFORE = "the worker is killed before the carrier has accepted the text"


Outcome = Sent | Refused | NoResponse
SEND_RESULTS: list[Outcome] = [Sent("yes"), *NoResponse, *(Refused(why, f"code {why}") for why in RefusalReason)]


@dataclass
class ScriptedCarrier:
    """Responds to each send with `outcome`. `find` lists the accepted texts, or fails if `lists` is False."""

    clock: Callable[[], datetime]
    name: str = "twilio"
    outcome: Outcome = field(default_factory=lambda: Sent("yes"))
    lists: bool = True
    called: list[Text] = field(default_factory=list)
    accepted: list[tuple[Text, CarrierText]] = field(default_factory=list)

    def send(self, text: Text) -> SendResult:
        self.called.append(text)
        match self.outcome:
            case Refused() as no:
                return no
            case Sent():
                return Sent(self._accept(text))
            case NoResponse.ACCEPTED | NoResponse.KILLED_AFTER:
                self._accept(text)
        if self.outcome in (NoResponse.KILLED_AFTER, NoResponse.KILLED_BEFORE):
            raise Killed
        return Uncertain("timeout")

    def find(self, to: str, origin: str, since: datetime) -> list[CarrierText] | None:
        to_phone = [listed for text, listed in self.accepted if (text.to, text.origin) == (to, origin)]
        return [listed for listed in to_phone if listed.created_at >= since] if self.lists else None

    def _accept(self, text: Text) -> str:
        carrier_id = f"SM{len(self.accepted)}"
        listed = CarrierText(carrier_id=carrier_id, body=text.body, created_at=self.clock(), state=MessageState.SENT)
        self.accepted.append((text, listed))
        return carrier_id
