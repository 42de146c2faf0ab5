"""The simulated carrier within this process: its clock stands still, its receipts come when they are asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from infra.local.carrier.carrier import Carrier
from infra.local.carrier.server import serving
from infra.local.carrier.texts import Step, Text
from longcode.carriers import twilio
from longcode.carriers.carrier import Receipt

_ACCOUNT, _TOKEN, _CALLBACKS = "AC0", "test-token", "http://127.0.0.1:9"


class PatientCarrier(Carrier):
    """Keeps its receipts back."""

    def __init__(self, now: datetime) -> None:
        super().__init__(_ACCOUNT, _TOKEN, clock=lambda: self.now)
        self.now = now
        self._waiting: list[tuple[Text, str, Step]] = []

    def _walk(self, text: Text, callback: str | None, steps: tuple[Step, ...], _seconds: float) -> None:
        self._waiting += [(text, callback or "", step) for step in steps]

    def receipts(self) -> Iterator[Receipt]:
        """Move all texts on, and give what is to be told of that."""
        waiting, self._waiting = self._waiting, []
        for text, callback, step in waiting:
            self.network.advance(text.sid, step, self.now)
            receipt = twilio.read_receipt(callback.rpartition("/")[2], dict(self._receipt(text, step)))
            if receipt and step.copies:
                yield receipt


@contextmanager
def served(now: datetime) -> Iterator[tuple[PatientCarrier, twilio.Twilio]]:
    """Serve such a carrier; gives it, and who hands texts to it over HTTP."""
    carrier = PatientCarrier(now)
    with serving(carrier) as server:
        yield (
            carrier,
            twilio.Twilio(account_sid=_ACCOUNT, auth_token=_TOKEN, callback_base=_CALLBACKS, api_base=server.url),
        )
