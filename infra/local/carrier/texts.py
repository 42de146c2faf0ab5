"""The values of the simulated network: a text, a phone, and what is going to happen to a text."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from secrets import token_hex

from infra.local.carrier.protocol import segments


class Direction(StrEnum):
    """Twilio's words: inbound is from a phone to us."""

    OUTBOUND = "outbound-api"
    INBOUND = "inbound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text on one phone; `number` is the service's side of it.

    `receipts` and `webhook` say what the service answered when it was told of the text.
    """

    sid: str
    direction: Direction
    phone: str
    number: str
    body: str
    at: datetime
    updated_at: datetime
    status: str
    segments: int
    media: tuple[str, ...] = ()
    error_code: int | None = None
    opt_out_type: str | None = None
    webhook: str | None = None
    receipts: tuple[tuple[str, str], ...] = ()

    @classmethod
    def outbound(cls, *, phone: str, number: str, body: str, now: datetime) -> "Text":
        """Make a text that the service sends."""
        return cls(
            sid=f"SM{token_hex(16)}",
            direction=Direction.OUTBOUND,
            phone=phone,
            number=number,
            body=body,
            at=now,
            updated_at=now,
            status="queued",
            segments=segments(body),
        )

    @classmethod
    def inbound(
        cls,
        *,
        phone: str,
        number: str,
        body: str,
        media: tuple[str, ...],
        opt_out_type: str | None,
        now: datetime,
    ) -> "Text":
        """Make a text that a person types on a phone."""
        return cls(
            sid=("MM" if media else "SM") + token_hex(16),
            direction=Direction.INBOUND,
            phone=phone,
            number=number,
            body=body,
            at=now,
            updated_at=now,
            status="received",
            segments=segments(body),
            media=media,
            opt_out_type=opt_out_type,
            webhook="pending",
        )

    @property
    def origin(self) -> str:
        return self.number if self.direction is Direction.OUTBOUND else self.phone

    @property
    def to(self) -> str:
        return self.phone if self.direction is Direction.OUTBOUND else self.number


@dataclass(frozen=True, slots=True)
class Refused:
    """A send that never became a text, kept so that a person can see it."""

    phone: str
    number: str
    body: str
    code: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """A status that a text moves to, and how many receipts tell of it: none when lost, two when doubled."""

    status: str
    code: int | None
    copies: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """A text that the carrier took, and what is going to happen to it."""

    text: Text
    steps: tuple[Step, ...]
    late_seconds: float
    answer_dropped: bool


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone as a person sees it; its conversation is oldest first."""

    number: str
    conversation: tuple[Text, ...]
    refusals: tuple[Refused, ...]
