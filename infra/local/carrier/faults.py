"""Faults of the simulated carrier, for one phone or for all; permanent, or for a number of times."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, to_builtins
from msgspec.structs import replace

from infra.local.carrier.texts import Step, Text

EVERYONE = "all"
_EXPIRED = 30036

FaultWithoutValue = Literal[
    "drop_answer", "lose_receipts", "double_receipts", "reorder_receipts", "lose_inbound", "double_inbound"
]


class Fault(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A fault. `times` counts down; with None, the fault stays until it is removed."""

    times: Annotated[int, Meta(ge=1)] | None = None


class Refuse(Fault, frozen=True, kw_only=True):
    """Refuse a send with Twilio's error `code`, with its usual HTTP status or another."""

    code: Annotated[int, Meta(ge=10_000, le=99_999)]
    status: Annotated[int, Meta(ge=400, le=599)] | None = None


class Wait(Fault, frozen=True, kw_only=True):
    """Wait for some seconds first."""

    seconds: Annotated[float, Meta(ge=0, le=3600)]


class Fail(Fault, frozen=True, kw_only=True):
    """Accept a text, but do not deliver it, for the reason `code`."""

    code: Annotated[int, Meta(ge=10_000, le=99_999)]


class FaultSet(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """All faults of one phone, or of all phones; None for a fault that does not happen."""

    refuse: Refuse | None = None
    delay: Wait | None = None  # before the text is accepted, so the caller may have closed the connection by then
    stay_queued: Wait | None = None  # after the text is accepted; it fails if its validity period ends first
    drop_answer: Fault | None = None  # accept and deliver, then close the connection without a response
    undelivered: Fail | None = None
    failed: Fail | None = None
    lose_receipts: Fault | None = None
    double_receipts: Fault | None = None
    reorder_receipts: Fault | None = None
    late_receipts: Wait | None = None
    lose_inbound: Fault | None = None
    double_inbound: Fault | None = None


class Faults:
    """The current faults. Not thread-safe: the network uses it within its lock."""

    def __init__(self) -> None:
        self._by_phone: dict[str, FaultSet] = {}

    def put(self, who: str, faults: FaultSet) -> None:
        """Replace the faults of a phone or of `all`; an empty set removes them."""
        self._by_phone[who] = faults
        if faults == FaultSet():
            del self._by_phone[who]

    def clear(self, who: str | None = None) -> None:
        """Remove the faults of one phone or of `all`, or without a name, all faults."""
        if who is None:
            self._by_phone.clear()
        else:
            self._by_phone.pop(who, None)

    def as_json(self) -> dict[str, object]:
        """Return the faults by phone, with the remaining number of times."""
        return {who: to_builtins(faults) for who, faults in self._by_phone.items()}

    def take_refuse(self, phone: str) -> Refuse | None:
        """Use a refusal once; return it, or None."""
        fault = self._take(phone, "refuse")
        return fault if isinstance(fault, Refuse) else None

    def take_code(self, phone: str, kind: Literal["undelivered", "failed"]) -> int | None:
        """Use a failure once; return its code, or None."""
        fault = self._take(phone, kind)
        return fault.code if isinstance(fault, Fail) else None

    def take_seconds(self, phone: str, kind: Literal["delay", "stay_queued", "late_receipts"]) -> float:
        """Use a wait once; return its seconds, or 0."""
        fault = self._take(phone, kind)
        return fault.seconds if isinstance(fault, Wait) else 0.0

    def take_steps(self, text: Text, valid_seconds: int, early: tuple[str, ...]) -> tuple[tuple[Step, ...], float]:
        """Use the faults of a text's way to the phone; return its statuses, and the seconds that it waits first.

        `early` are the statuses before "sent" that have a receipt.
        """
        phone = text.phone
        ends: list[tuple[str, int | None]] = [*((status, None) for status in early), ("sent", None)]
        code = self.take_code(phone, "undelivered")
        ends.append(("undelivered", code) if code else ("delivered", None))
        if code := self.take_code(phone, "failed"):
            ends = [("failed", code)]
        waits = self.take_seconds(phone, "stay_queued")
        if waits >= valid_seconds:
            ends, waits = [("failed", _EXPIRED)], valid_seconds
        copies = 2 if self.take(phone, "double_receipts") else 1
        if self.take(phone, "lose_receipts"):
            copies = 0
        if self.take(phone, "reorder_receipts"):
            ends.reverse()
        late = self.take_seconds(phone, "late_receipts")
        return tuple(Step(status, code, copies) for status, code in ends), waits + late

    def take(self, phone: str, kind: FaultWithoutValue) -> bool:
        """Use a fault once; return whether it happens."""
        return self._take(phone, kind) is not None

    def _take(self, phone: str, kind: str) -> Fault | None:
        """Return a fault and count it down; a phone's own fault comes before the fault of all phones."""
        for who in (phone, EVERYONE):
            fault: Fault | None = getattr(self._by_phone.get(who), kind, None)
            if fault is None:
                continue
            if fault.times is not None:
                left = replace(fault, times=fault.times - 1) if fault.times > 1 else None
                self.put(who, replace(self._by_phone[who], **{kind: left}))
            return fault
        return None
