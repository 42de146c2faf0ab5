"""The protocol of a carrier and the values it answers with; an exception means that something is broken."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from longcode.message import MessageState


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierText:
    """A text that the carrier has; `state` is SENT, DELIVERED or UNDELIVERED."""

    carrier_id: str
    body: str
    created_at: datetime
    state: MessageState
    code: str | None = None


class Text(Struct, frozen=True, kw_only=True):
    """A text to send. `reference` is ours and comes back in every receipt; numbers are E.164."""

    reference: str
    to: str
    origin: str
    body: str
    valid_seconds: int


class RefusalReason(StrEnum):
    """What a carrier's refusal means for us."""

    TRY_AGAIN = "try_again"  # rate or queue: back off and send again
    TRY_ONCE_LATER = "try_once_later"  # handset unreachable: one delayed retry
    BAD_NUMBER = "bad_number"  # failed for good
    NOT_MOBILE = "not_mobile"  # failed; SMS on that number should be unticked
    OPTED_OUT = "opted_out"  # the carrier's own block: mirror it
    FILTERED = "filtered"  # failed; watch the rate
    PARKED = "parked"  # our account or registration: wait for the operator
    INVALID = "invalid"  # failed: the request itself was wrong
    UNKNOWN = "unknown"  # failed, and the carrier does not say why


class Sent(Struct, frozen=True):
    """The carrier has the text."""

    carrier_id: str


class Refused(Struct, frozen=True):
    """The carrier does not take the text; `code` is its own."""

    reason: RefusalReason
    code: str


class Uncertain(Struct, frozen=True):
    """Neither yes nor no (time-out, reset, 5xx): the text may be on its way, so it is never sent again."""

    reason: str


Answer = Sent | Refused | Uncertain


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A delivery report that moves a message to `state`: SENT, DELIVERED or UNDELIVERED."""

    carrier: str
    reference: str
    carrier_id: str | None
    state: MessageState
    code: str | None = None
    reason: RefusalReason | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A text from a phone to one of our numbers. `answered`: the carrier has already replied to this keyword."""

    carrier: str
    carrier_id: str
    phone: str
    number: str
    body: str
    media: tuple[str, ...] = ()
    answered: bool = False
    replies_to: str | None = None


class Arrived(Struct, frozen=True, kw_only=True):
    """A text that the carrier lists as received by one of our numbers; `form` is what its webhook would post."""

    carrier_id: str
    form: dict[str, str]
    at: datetime
    pictures: int = 0


class Arrivals(Struct, frozen=True, kw_only=True):
    """The texts received by one of our numbers; not `whole` if the carrier did not list all of them."""

    texts: list[Arrived]
    whole: bool


def whole(words: str) -> str:
    """Return words that can be stored and shown: half a surrogate pair becomes U+FFFD."""
    return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Carrier(Protocol):
    """A service that delivers texts; it sends each once, without retries."""

    name: str

    def send(self, text: Text) -> Answer:
        """Send a text, in at most 10 seconds."""
        ...

    def find(self, to: str, origin: str, since: datetime) -> list[CarrierText] | None:
        """List our texts from a number to a phone since then, in at most 5 seconds; None if there is no answer."""
        ...


class Archive(Protocol):
    """The texts that a carrier received for us; some carriers list none."""

    name: str

    def received(self, number: str, since: datetime) -> Arrivals | None:
        """List the texts received by a number since then; None from a carrier that lists none."""
        ...

    def pictures(self, carrier_id: str) -> list[str] | None:
        """Return the addresses of a listed text's pictures, in at most 5 seconds; None if there is no answer."""
        ...
