"""The jobs on the queues, a type for each queue, and the enumerations that several of them use."""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from longcode.message import Message, MessageKind


class Means(StrEnum):
    """How an opt-out or opt-in reached us."""

    TEXT = "text"
    CARRIER = "carrier"
    STAFF = "staff"
    TEXT_AND_STAFF = "text_and_staff"  # the client's own words, whose meaning staff decided


class Product(StrEnum):
    """The studio software that texting is an add-on of (facts S1)."""

    SPECTRA = "spectra"
    MYSTRATUS = "mystratus"


class Send(Struct, frozen=True, kw_only=True):
    """Send a message.

    `attempt` is the number of earlier attempts. A job whose `attempt` is lower than the message's is stale.
    """

    account: str
    message_id: str
    attempt: int = 0


class SendBulk(Send, frozen=True, kw_only=True):
    """Send a text of a broadcast. The queue is its own, so that no single text waits behind a broadcast."""


def for_message(message: Message) -> Send:
    """Return the job that sends a message, for its current attempt."""
    job_type = SendBulk if message.kind is MessageKind.BULK else Send
    return job_type(account=message.account, message_id=message.id, attempt=message.attempt)


class Receive(Struct, frozen=True, kw_only=True):
    """Process the form that a carrier posted to the inbound webhook."""

    carrier: str
    form: dict[str, str]
    received_at: datetime


class HandleKeyword(Struct, frozen=True, kw_only=True):
    """Act on a STOP, START, HELP or YES, or on a possible opt-out.

    `account` is the one that the reply is attributed to, if any. `answered`: the carrier has already replied itself.
    """

    id: str
    keyword: str
    phone: str
    number: str
    words: str
    at: datetime
    means: Means = Means.TEXT
    account: str | None = None
    answered: bool = False


class AskToJoin(Struct, frozen=True, kw_only=True):
    """Text a phone that somebody has entered on a join page, so that it confirms by YES.

    `key` is of the form that was shown: it is sent once. `version` is that of the words that the form had.
    """

    account: str
    phone: str
    name: str
    key: str
    code: str
    version: int
    at: datetime


class Deliver(Struct, frozen=True, kw_only=True):
    """Post a webhook delivery to a studio's endpoint. A job with a lower `attempt` than the delivery's is stale."""

    account: str
    delivery_id: str
    attempt: int = 0


class OpenAccount(Struct, frozen=True, kw_only=True):
    """Act on a sign-up form: mail a link to its address or, when that was followed, open the account.

    For the address of an account, mail a link that confirms a change of plan.
    """

    id: str
    studio_name: str
    email: str
    product: Product
    edition: str
    plan: str
    country_code: str
    address_confirmed: bool = False


class MailSignInLink(Struct, frozen=True, kw_only=True):
    """Mail a link that signs in to the hub, if a person has this address; `back` is the page that it leads to.

    With `is_operator`, it signs in to the operator's pages, if the address is one of theirs.
    """

    id: str
    email: str
    back: str = "home"
    is_operator: bool = False


class MailAddressLink(Struct, frozen=True, kw_only=True):
    """Mail a link that makes an address the account's, unless another account has the address."""

    account: str
    new_email: str


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
    """Do one step of a broadcast; a job of another step than the next one is stale."""

    account: str
    broadcast_id: str
    step: int


class FireTrigger(Struct, frozen=True, kw_only=True):
    """Send the text that a trigger planned for a record and a date, if its conditions still hold."""

    account: str
    kind: str
    record_id: str
    trigger: str
    day: date


class SendAwayText(Struct, frozen=True, kw_only=True):
    """Answer a reply that came outside the studio's opening hours, unless it has been answered."""

    account: str
    message_id: str
