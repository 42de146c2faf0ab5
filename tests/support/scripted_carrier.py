"""A fake carrier with every possible result of a send, which records the texts that it has really accepted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from longcode.carriers.carrier import CarrierText, RefusalReason, Refused, SendResult, Sent, Text, Uncertain
from longcode.message import MessageState
from tests.support.crashes import Killed


class Silence(StrEnum):
    """What has happened when the worker gets no response."""

    HAS_IT = "the carrier has it"
    HAS_IT_NOT = "the carrier has it not"
    DIES_WITH_IT = "the worker dies, and the carrier has it"
    DIES_WITHOUT_IT = "the worker dies, and the carrier has it not"


Will = Sent | Refused | Silence
SEND_RESULTS: list[Will] = [Sent("yes"), *Silence, *(Refused(why, f"code {why}") for why in RefusalReason)]


@dataclass
class ScriptedCarrier:
    """Handles each text by its `will`. `find` lists the accepted texts, or fails unless `tells`."""

    clock: Callable[[], datetime]
    name: str = "twilio"
    will: Will = field(default_factory=lambda: Sent("yes"))
    tells: bool = True
    called: list[Text] = field(default_factory=list)
    taken: list[tuple[Text, CarrierText]] = field(default_factory=list)

    def send(self, text: Text) -> SendResult:
        self.called.append(text)
        match self.will:
            case Refused() as no:
                return no
            case Sent():
                return Sent(self._take(text))
            case Silence.HAS_IT | Silence.DIES_WITH_IT:
                self._take(text)
        if self.will in (Silence.DIES_WITH_IT, Silence.DIES_WITHOUT_IT):
            raise Killed
        return Uncertain("timeout")

    def find(self, to: str, origin: str, since: datetime) -> list[CarrierText] | None:
        to_phone = [listed for text, listed in self.taken if (text.to, text.origin) == (to, origin)]
        return [listed for listed in to_phone if listed.created_at >= since] if self.tells else None

    def _take(self, text: Text) -> str:
        carrier_id = f"SM{len(self.taken)}"
        listed = CarrierText(carrier_id=carrier_id, body=text.body, created_at=self.clock(), state=MessageState.SENT)
        self.taken.append((text, listed))
        return carrier_id
