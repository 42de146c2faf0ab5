"""The values of the simulated network: texts, phones and the next steps of a text."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from secrets import token_hex

from infra.local.carrier.keywords import Keyword
from infra.local.carrier.protocol import segments

# Nothing more happens to a text with one of these.
FINAL = frozenset({"delivered", "undelivered", "failed", "canceled", "received"})
# Texts to which no number is assigned yet: they were sent through a Messaging Service.
UNASSIGNED = frozenset({"accepted", "scheduled"})

# What Twilio charges for a segment in the United States, in USD.
SEGMENT_PRICE = Decimal("0.00830")


class Direction(StrEnum):
    """Twilio's terms: inbound is from a phone to the service, a reply is the carrier's own answer to a keyword."""

    OUTBOUND = "outbound-api"
    INBOUND = "inbound"
    REPLY = "outbound-reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text on a phone; `number` is the service's number, and `sent_at` is when the carrier sent or received it.

    `service` is the Messaging Service that it was sent through; `number_given` says that the send named the number.
    A redacted or deleted text stays on the phone: only the API shows it so. `receipts` and `webhook` are the
    service's responses to the receipts and to the webhook of a reply.
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
    opt_out_type: Keyword | None = None
    webhook: str | None = None
    receipts: tuple[tuple[str, str], ...] = ()
    sent_at: datetime | None = None
    service: str | None = None
    number_given: bool = True
    callback: str | None = None
    redacted: bool = False
    deleted: bool = False

    @classmethod
    def outbound(
        cls,
        *,
        phone: str,
        number: str,
        body: str,
        now: datetime,
        status: str = "queued",
        service: str | None = None,
        number_given: bool = True,
        callback: str | None = None,
    ) -> "Text":
        """Return a new text of the service."""
        return cls(
            sid=f"SM{token_hex(16)}",
            direction=Direction.OUTBOUND,
            phone=phone,
            number=number,
            body=body,
            at=now,
            updated_at=now,
            status=status,
            segments=segments(body),
            service=service,
            number_given=number_given,
            callback=callback,
        )

    @classmethod
    def inbound(
        cls,
        *,
        phone: str,
        number: str,
        body: str,
        media: tuple[str, ...],
        opt_out_type: Keyword | None,
        now: datetime,
    ) -> "Text":
        """Return a new text from a phone."""
        return cls(
            sid=("MM" if media else "SM") + token_hex(16),
            direction=Direction.INBOUND,
            phone=phone,
            number=number,
            body=body,
            at=now,
            updated_at=now,
            sent_at=now,
            status="received",
            segments=segments(body),
            media=media,
            opt_out_type=opt_out_type,
            webhook="pending",
        )

    def answered(self, body: str) -> "Text":
        """Return the carrier's own answer to this text from a phone. The API does not list it."""
        return replace(
            self,
            sid=f"SM{token_hex(16)}",
            direction=Direction.REPLY,
            body=body,
            status="delivered",
            segments=segments(body),
            media=(),
            opt_out_type=None,
            webhook=None,
        )

    @property
    def origin(self) -> str:
        return self.phone if self.direction is Direction.INBOUND else self.number

    @property
    def shown_origin(self) -> str | None:
        """Return Twilio's `from`; None while a Messaging Service has not assigned a number."""
        return self.origin if self.number_given or self.status not in UNASSIGNED | {"canceled"} else None

    @property
    def shown_segments(self) -> int:
        """Return Twilio's `num_segments`; 0 while a Messaging Service has not assigned a number."""
        return 0 if self.status in UNASSIGNED else self.segments

    @property
    def price(self) -> str | None:
        """Return what Twilio charges for the text, as a negative number of USD; None until it is known."""
        charged = self.status in FINAL - {"failed", "canceled"}
        return f"{-SEGMENT_PRICE * self.segments:.5f}" if charged else None

    @property
    def to(self) -> str:
        return self.number if self.direction is Direction.INBOUND else self.phone


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused send, kept for the page."""

    phone: str
    number: str
    body: str
    code: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """A status that a text will have, and the number of receipts of it: 0 if lost, 2 if doubled."""

    status: str
    code: int | None
    copies: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """An accepted text and its next steps."""

    text: Text
    steps: tuple[Step, ...]
    late_seconds: float
    answer_dropped: bool


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone with its conversation, oldest text first, its refused sends, and the senders that it blocks."""

    number: str
    conversation: tuple[Text, ...]
    refusals: tuple[Refused, ...]
    blocks: frozenset[str]
