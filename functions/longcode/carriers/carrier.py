"""The protocol of a carrier and its values: texts to send, results, receipts and received texts.

A refusal or a failure of the carrier is a value; an exception means that our own code is broken.
"""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from longcode.message import MessageState


class Text(Struct, frozen=True, kw_only=True):
    """A text to send. `reference` is our id, which every receipt contains. Numbers are in E.164."""

    reference: str
    to: str
    origin: str
    body: str
    valid_seconds: int


class Fault(StrEnum):
    """Whose fault it is that a text was not delivered. Only the studio's own words are charged in spite of it."""

    RATE = "rate"  # texts came faster, or more on a day, than the carrier takes
    OPERATOR = "operator"  # our account, number, registration or request
    PHONE = "phone"
    CONTENT = "content"
    UNKNOWN = "unknown"


class RefusalReason(StrEnum):
    """Why a carrier refused or did not deliver a text, by what we do about it."""

    TRY_AGAIN = "try_again"  # rate or queue limit: back off and send again
    TRY_LATER = "try_later"  # a day's limit: send again after a longer pause
    TRY_ONCE_LATER = "try_once_later"  # handset unreachable: one delayed retry
    BAD_NUMBER = "bad_number"  # failed for good
    NO_SUCH_NUMBER = "no_such_number"  # failed: if it happens twice, SMS on that number should be unticked
    NOT_MOBILE = "not_mobile"  # the same, for a landline
    OPTED_OUT = "opted_out"  # the carrier's own block: record the opt-out
    FILTERED = "filtered"  # failed: a spam filter or the carrier blocked it
    BAD_TEXT = "bad_text"  # failed: the carrier does not take this content
    PARKED = "parked"  # our account or registration: wait for the operator
    INVALID = "invalid"  # failed: the request itself was wrong, or our own settings forbid it
    UNKNOWN = "unknown"  # failed, and the carrier gives no reason

    @property
    def fault(self) -> Fault:
        """Return whose fault it is."""
        return _FAULTS[self]

    @property
    def is_charged(self) -> bool:
        """Return whether a text that the carrier accepted, and then did not deliver, is charged."""
        return self.fault is Fault.CONTENT

    @property
    def is_of_studio(self) -> bool:
        """Return whether the studio chose the phone or the words because of which a text was refused.

        An opt-out at the carrier and an unreachable handset are nobody's choice, and an outage has no known reason.
        """
        not_chosen = (RefusalReason.TRY_ONCE_LATER, RefusalReason.OPTED_OUT)
        return self.fault in (Fault.PHONE, Fault.CONTENT) and self not in not_chosen

    @property
    def goes_again(self) -> bool:
        """Return whether a text that was not delivered is sent again, once the carrier takes it."""
        return self in (RefusalReason.TRY_AGAIN, RefusalReason.TRY_LATER, RefusalReason.PARKED)


_FAULTS = {
    RefusalReason.TRY_AGAIN: Fault.RATE,
    RefusalReason.TRY_LATER: Fault.RATE,
    RefusalReason.TRY_ONCE_LATER: Fault.PHONE,
    RefusalReason.BAD_NUMBER: Fault.PHONE,
    RefusalReason.NO_SUCH_NUMBER: Fault.PHONE,
    RefusalReason.NOT_MOBILE: Fault.PHONE,
    RefusalReason.OPTED_OUT: Fault.PHONE,
    RefusalReason.FILTERED: Fault.CONTENT,
    RefusalReason.BAD_TEXT: Fault.CONTENT,
    RefusalReason.PARKED: Fault.OPERATOR,
    RefusalReason.INVALID: Fault.OPERATOR,
    RefusalReason.UNKNOWN: Fault.UNKNOWN,
}


class Sent(Struct, frozen=True):
    """The carrier accepted the text; `carrier_id` is its id for it."""

    carrier_id: str


class Refused(Struct, frozen=True):
    """The carrier did not accept the text; `code` is the carrier's own."""

    reason: RefusalReason
    code: str


class Uncertain(Struct, frozen=True):
    """The carrier neither accepted nor refused the text (time-out, reset, 5xx), so it may still be delivered."""

    reason: str


SendResult = Sent | Refused | Uncertain


class Receipt(Struct, frozen=True, kw_only=True):
    """A delivery report on a text; `state` is SENT, DELIVERED or UNDELIVERED."""

    carrier: str
    reference: str
    carrier_id: str | None
    state: MessageState
    code: str | None = None
    reason: RefusalReason | None = None
    at: datetime | None = None


class CarrierText(Struct, frozen=True, kw_only=True):
    """A text of ours in the carrier's list; `state` is SENT, DELIVERED or UNDELIVERED."""

    carrier_id: str
    body: str
    created_at: datetime
    state: MessageState
    code: str | None = None


class SentText(Struct, frozen=True, kw_only=True):
    """A text of ours that the carrier was asked for by its id: the phone that it went to, and our number."""

    phone: str
    number: str
    text: CarrierText


class Inbound(Struct, frozen=True, kw_only=True):
    """A text from a phone to one of our numbers.

    `answered`: the carrier has already replied to the keyword. `replies_to` is the carrier's id of the text that this
    is a reply to, if the carrier names it. `other_recipients` are the other phones of a group that the text went to.
    """

    carrier: str
    carrier_id: str
    phone: str
    number: str
    body: str
    media: tuple[str, ...] = ()
    answered: bool = False
    replies_to: str | None = None
    other_recipients: tuple[str, ...] = ()


class ReceivedText(Struct, frozen=True, kw_only=True):
    """A received text in the carrier's list; `form` is what its webhook posts, without the addresses of pictures."""

    carrier_id: str
    form: dict[str, str]
    at: datetime
    pictures: int = 0


class ReceivedTexts(Struct, frozen=True, kw_only=True):
    """The texts received by one of our numbers; `complete`: the carrier has listed all of them."""

    texts: list[ReceivedText]
    complete: bool


def replace_surrogates(text: str) -> str:
    """Return a text that can be stored and shown: each lone surrogate becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Carrier(Protocol):
    """A service that delivers texts. Each text is sent once, without retries."""

    name: str

    def send(self, text: Text) -> SendResult:
        """Send a text, in at most 10 seconds."""
        ...

    def find(self, to: str, origin: str, since: datetime) -> list[CarrierText] | None:
        """Return texts from a number to a phone since an instant, in 5 seconds at most; None without an answer."""
        ...


class Register(Protocol):
    """A carrier that can be asked for a text of ours by its id."""

    def sent(self, carrier_id: str) -> SentText | None:
        """Return a text of ours, in at most 5 seconds; None without an answer, or if the carrier has none such."""
        ...


class Archive(Protocol):
    """A carrier's list of the texts received by our numbers; some carriers have none."""

    name: str

    def received(self, number: str, since: datetime) -> ReceivedTexts | None:
        """Return the texts that a number received since an instant; None from a carrier without a list."""
        ...

    def pictures(self, carrier_id: str) -> list[str] | None:
        """Return the addresses of a listed text's pictures, in at most 5 seconds; None without an answer."""
        ...
