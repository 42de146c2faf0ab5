"""What the carrier can be told to do wrong, for one phone or for all, always or the next few times."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, to_builtins
from msgspec.structs import replace

EVERYONE = "all"

Happens = Literal[
    "drop_answer", "lose_receipts", "double_receipts", "reorder_receipts", "lose_inbound", "double_inbound"
]


class Fault(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Something to do wrong; `times` counts down, and None is until it is taken back."""

    times: Annotated[int, Meta(ge=1)] | None = None


class Refuse(Fault, frozen=True, kw_only=True):
    """Answer a send with Twilio's error `code`, under the HTTP status that belongs to it or another."""

    code: Annotated[int, Meta(ge=10_000, le=99_999)]
    status: Annotated[int, Meta(ge=400, le=599)] | None = None


class Wait(Fault, frozen=True, kw_only=True):
    """Let `seconds` pass first."""

    seconds: Annotated[float, Meta(ge=0, le=3600)]


class Fail(Fault, frozen=True, kw_only=True):
    """Accept a text that then does not arrive, for the reason `code`."""

    code: Annotated[int, Meta(ge=10_000, le=99_999)]


class FaultSet(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Every fault of one phone, or of all; those that are None do not happen."""

    refuse: Refuse | None = None
    delay: Wait | None = None  # before the text is accepted, so the caller may have hung up by then
    drop_answer: Fault | None = None  # accept and deliver, then close the connection without a word
    undelivered: Fail | None = None
    failed: Fail | None = None
    lose_receipts: Fault | None = None
    double_receipts: Fault | None = None
    reorder_receipts: Fault | None = None
    late_receipts: Wait | None = None
    lose_inbound: Fault | None = None
    double_inbound: Fault | None = None


class Faults:
    """The faults in force. Not thread-safe: the network holds its lock around it."""

    def __init__(self) -> None:
        self._of: dict[str, FaultSet] = {}

    def put(self, who: str, faults: FaultSet) -> None:
        """Replace the faults of a phone or of `all`; an empty set takes them back."""
        self._of[who] = faults
        if faults == FaultSet():
            del self._of[who]

    def clear(self, who: str | None = None) -> None:
        """Take back the faults of one phone or of `all`, or without a name every one."""
        if who is None:
            self._of.clear()
        else:
            self._of.pop(who, None)

    def as_json(self) -> dict[str, object]:
        """List them by phone, with the times that are left."""
        return {who: to_builtins(faults) for who, faults in self._of.items()}

    def take_refuse(self, phone: str) -> Refuse | None:
        """Use up one refusal."""
        fault = self._take(phone, "refuse")
        return fault if isinstance(fault, Refuse) else None

    def take_code(self, phone: str, kind: Literal["undelivered", "failed"]) -> int | None:
        """Use up one failure, and say its code."""
        fault = self._take(phone, kind)
        return fault.code if isinstance(fault, Fail) else None

    def take_seconds(self, phone: str, kind: Literal["delay", "late_receipts"]) -> float:
        """Use up one wait, and say how long: 0 when there is none."""
        fault = self._take(phone, kind)
        return fault.seconds if isinstance(fault, Wait) else 0.0

    def take(self, phone: str, kind: Happens) -> bool:
        """Use up one of a fault that simply happens or does not."""
        return self._take(phone, kind) is not None

    def _take(self, phone: str, kind: str) -> Fault | None:
        """Find a fault, the phone's own before everyone's, and count it down."""
        for who in (phone, EVERYONE):
            fault: Fault | None = getattr(self._of.get(who), kind, None)
            if fault is None:
                continue
            if fault.times is not None:
                left = replace(fault, times=fault.times - 1) if fault.times > 1 else None
                self.put(who, replace(self._of[who], **{kind: left}))
            return fault
        return None
