"""Faults of the simulated carrier, for one phone, one campaign or all; permanent, or for a number of times."""

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


class Limit(Fault, frozen=True, kw_only=True):
    """A campaign's segments in a second or day. `times` counts the texts that were over the limit."""

    segments: Annotated[float, Meta(gt=0)]


class FaultSet(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """All faults of one phone, one campaign, or all; None for a fault that does not happen.

    A campaign is named by its Messaging Service. All numbers without a service belong to one campaign.
    """

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
    campaign_rate: Limit | None = None  # a second; texts over it end with 30022
    campaign_cap: Limit | None = None  # a day; texts over it end with 30023

    @property
    def is_of_campaign(self) -> bool:
        return bool(self.campaign_rate or self.campaign_cap)

    @property
    def is_of_phone(self) -> bool:
        return replace(self, campaign_rate=None, campaign_cap=None) != FaultSet()


class Faults:
    """The current faults. Not thread-safe: the network uses it within its lock."""

    def __init__(self) -> None:
        self._by_target: dict[str, FaultSet] = {}

    def put(self, who: str, faults: FaultSet) -> None:
        """Replace the faults of a phone, a campaign or `all`; an empty set removes them."""
        self._by_target[who] = faults
        if faults == FaultSet():
            del self._by_target[who]

    def clear(self, who: str | None = None) -> None:
        """Remove the faults of one target, or without a name, all faults."""
        if who is None:
            self._by_target.clear()
        else:
            self._by_target.pop(who, None)

    def as_json(self) -> dict[str, object]:
        """Return the faults by target, with the remaining number of times."""
        return {who: to_builtins(faults) for who, faults in self._by_target.items()}

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

    def limit(self, campaign: str, kind: Literal["campaign_rate", "campaign_cap"]) -> float | None:
        """Return a campaign's limit in segments, or None."""
        _, fault = self._find(campaign, kind)
        return fault.segments if isinstance(fault, Limit) else None

    def take_limit(self, campaign: str, kind: Literal["campaign_rate", "campaign_cap"]) -> None:
        """Count a text that was over the limit."""
        self._take(campaign, kind)

    def take_steps(
        self, text: Text, *, valid_seconds: int, early: tuple[str, ...], over_limit: int | None
    ) -> tuple[tuple[Step, ...], float]:
        """Use the faults of a text's way to the phone; return its statuses, and the seconds that it waits first.

        `early` are the statuses before "sent" that have a receipt, `over_limit` is the code of a campaign's limit.
        """
        phone = text.phone
        ends: list[tuple[str, int | None]] = [*((status, None) for status in early), ("sent", None)]
        code = over_limit or self.take_code(phone, "undelivered")
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

    def _take(self, target: str, kind: str) -> Fault | None:
        """Return a fault and count it down."""
        who, fault = self._find(target, kind)
        if fault and fault.times is not None:
            left = replace(fault, times=fault.times - 1) if fault.times > 1 else None
            self.put(who, replace(self._by_target[who], **{kind: left}))
        return fault

    def _find(self, target: str, kind: str) -> tuple[str, Fault | None]:
        """Return a fault and whose it is; that of a phone or campaign comes before that of all."""
        for who in (target, EVERYONE):
            fault: Fault | None = getattr(self._by_target.get(who), kind, None)
            if fault:
                return who, fault
        return target, None
