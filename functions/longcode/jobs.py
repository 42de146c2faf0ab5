"""The jobs on the queues, a type for each queue."""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from longcode.message import Message, MessageKind


class Means(StrEnum):
    """How we learned of it."""

    TEXT = "text"
    CARRIER = "carrier"
    STAFF = "staff"
    TEXT_AND_STAFF = "text_and_staff"
    """A client's own words, of which staff decided what they meant."""


class Product(StrEnum):
    """The studio software that texting is an add-on of (facts S1)."""

    SPECTRA = "spectra"
    MYSTRATUS = "mystratus"


class Send(Struct, frozen=True, kw_only=True):
    """Send a message. `attempt` counts the attempts before this one: a job with an earlier count is stale."""

    account: str
    message_id: str
    attempt: int = 0


class SendBulk(Send, frozen=True, kw_only=True):
    """Send a text of a broadcast. It has a queue of its own, so that no single text waits behind a broadcast."""


def for_message(message: Message) -> Send:
    """Return the job that sends a message, for its current attempt."""
    kind = SendBulk if message.kind is MessageKind.BULK else Send
    return kind(account=message.account, message_id=message.id, attempt=message.attempt)


class Receive(Struct, frozen=True, kw_only=True):
    """Process the form that a carrier posted to the inbound webhook."""

    carrier: str
    form: dict[str, str]
    received_at: datetime


class HearKeyword(Struct, frozen=True, kw_only=True):
    """Act on a STOP, START, HELP or YES, or a possible opt-out. `answered`: the carrier has replied itself."""

    id: str
    keyword: str
    phone: str
    number: str
    words: str
    at: datetime
    means: Means = Means.TEXT
    account: str | None = None
    answered: bool = False


class Deliver(Struct, frozen=True, kw_only=True):
    """Post a webhook to a studio's hosted software; a job with an earlier `attempt` is stale."""

    account: str
    delivery_id: str
    attempt: int = 0


class EstablishAccount(Struct, frozen=True, kw_only=True):
    """Open an account, or ask the owner of an existing one to confirm a change of plan."""

    id: str
    studio_name: str
    email: str
    product: Product
    edition: str
    plan: str
    country_code: str


class Bill(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Issue and mail an account's invoice for a month; `as_of` replaces the current time."""

    account: str
    month: str
    as_of: datetime | None = None


class ExportInvoice(Struct, frozen=True, kw_only=True):
    """Export an account's invoice for a month to the operator's books."""

    account: str
    month: str


class AdvanceBroadcast(Struct, frozen=True, kw_only=True):
    """Do one step of a broadcast; a job of another step is stale."""

    account: str
    broadcast_id: str
    step: int


class Fire(Struct, frozen=True, kw_only=True):
    """Send what a trigger planned for a record and a date, if its conditions still hold."""

    account: str
    kind: str
    record_id: str
    trigger: str
    day: date
