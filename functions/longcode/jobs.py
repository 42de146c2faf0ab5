"""What the queues carry, one value for each queue."""

from dataclasses import dataclass
from datetime import date, datetime

from longcode.account import Product
from longcode.consent import Means


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Hand a message to the carrier. `attempt` is how often that was tried: a job of before a retry is stale."""

    account: str
    message_id: str
    attempt: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Receive:
    """Take in what a carrier's webhook brought: its form, as it came."""

    carrier: str
    form: dict[str, str]
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HearKeyword:
    """Act on a STOP, START, HELP or YES. `answered`: the carrier has replied to it already."""

    id: str
    keyword: str
    phone: str
    number: str
    words: str
    at: datetime
    means: Means = Means.TEXT
    account: str | None = None
    answered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """Establish an account, or ask its owner to confirm a change of plan."""

    id: str
    studio_name: str
    email: str
    product: Product
    edition: str
    plan: str
    country_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """Write and mail an account's invoice of a month."""

    account: str
    month: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """Do one step of a broadcast: a job of a step that is done is stale."""

    account: str
    broadcast_id: str
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fire:
    """Send what a trigger planned for a record and a date, if all that it was planned for is still so."""

    account: str
    kind: str
    record_id: str
    trigger: str
    day: date
