"""A studio's account: what it is entitled to, its settings and the plans it chose."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from longcode import months
from longcode.errors import AccountClosed, AccountSuspended, EditionNotEntitled
from longcode.jobs import Product
from longcode.plans import plans
from longcode.plans.plans import PlanChange

SERVICE = "longcode"
"""The operator's own account: it sends the answers to STOP, START and HELP, and nobody is billed for it."""

TEXTS_AN_HOUR = 10
"""How many texts an account sends one phone in an hour at most, unless its settings say otherwise."""

_ENTITLED_EDITIONS = ("standard", "professional", "enterprise")

TEXTING_NOT_ENABLED = "You have not enabled SMS Text Messaging."
"""What the panel says without an account, word for word (facts S33)."""


class AccountStatus(StrEnum):
    """Whether an account may send. A suspended account stays a customer; a closed one does not."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


STATUS_REFUSALS: Mapping[str | None, str] = {
    AccountStatus.SUSPENDED: "account_suspended",
    AccountStatus.CLOSED: "account_closed",
}
"""The code with which a text is refused, by its account's status; they are codes of longcode/errors.py."""


class ReplyDelivery(StrEnum):
    """How replies reach the studio's software (facts S23)."""

    POLL = "poll"
    WEBHOOK = "webhook"


class WebhookEvent(StrEnum):
    """What a studio's hosted software can be told of."""

    MESSAGE_RECEIVED = "message.received"
    MESSAGE_STATUS = "message.status"
    OPT_OUT_RECORDED = "opt_out.recorded"
    CALL_CREATED = "call.created"
    USAGE_NOTICE = "usage.notice"


class QuietZone(StrEnum):
    """Which zone is taken for a client who has none on record: the likely one of the phone, or the studio's own."""

    LIKELY = "likely"
    STUDIO = "studio"


class OnUncertain(StrEnum):
    """What becomes of a text that nobody knows of at its deadline: it is given up, or sent a second time, once."""

    GIVE_UP = "give_up"
    RESEND = "resend"


@dataclass(frozen=True, slots=True)
class OldSecret:
    """A webhook's secret that was replaced, and until when it still signs beside the new one."""

    secret: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """A change of an account's status by the operator. The studio is shown the reason, but not who made it."""

    at: datetime
    to: AccountStatus
    reason: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A studio with a plan. `plan_changes` is its whole history, the plan of the sign-up first.

    `number` is the number that is dedicated to it: without one, its texts go over those that all studios share, which
    it left at `number_since`.
    `webhook_gone_at` is when its software answered 410, which switches webhooks off.
    `watched_month` is the newest month of which somebody looks at what is used.

    `standing` is its status, `standings` the history of it, oldest first: what the operator set.

    `allowed_countries` are calling codes that it texts besides its own, `statuses` its own words for what its
    sessions, orders and so on can be, by kind of record. `create_clients`: texting an unknown number makes a client.
    """

    id: str
    name: str
    email: str
    product: Product
    edition: str
    created_at: datetime
    plan_changes: tuple[PlanChange, ...]
    country_code: str = "1"
    time_zone: str = "America/Chicago"
    phone: str | None = None
    delivery: ReplyDelivery = ReplyDelivery.POLL
    webhook_url: str | None = None
    webhook_secret: str | None = None
    webhook_old_secrets: tuple[OldSecret, ...] = ()
    webhook_events: tuple[WebhookEvent, ...] = tuple(WebhookEvent)
    webhook_gone_at: datetime | None = None
    smart_encoding: bool = True
    on_uncertain: OnUncertain = OnUncertain.GIVE_UP
    create_clients: bool = False
    sender_name: str | None = None
    number: str | None = None
    number_since: datetime | None = None
    units_a_day: int | None = None
    texts_an_hour: int = TEXTS_AN_HOUR
    allowed_countries: tuple[str, ...] = ()
    quiet_hours: bool = True
    quiet_zone: QuietZone = QuietZone.LIKELY
    retention_days: int | None = None
    established_at: datetime | None = None
    stripe_customer: str | None = None
    watched_month: str | None = None
    statuses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    standing: AccountStatus = AccountStatus.ACTIVE
    standings: tuple[StatusChange, ...] = ()


def countries(account: Account) -> tuple[str, ...]:
    """List the calling codes of the countries that an account texts: its own, and those that it allows."""
    return (account.country_code, *account.allowed_countries)


def why_silent(account: Account) -> AccountSuspended | AccountClosed | None:
    """Tell why an account sends nothing, whatever else it would be allowed; None when it may send."""
    match account.standing:
        case AccountStatus.SUSPENDED:
            reason = account.standings[-1].reason if account.standings else None
            return AccountSuspended(f"The operator has suspended this account, so it sends nothing: {reason}")
        case AccountStatus.CLOSED:
            return AccountClosed("This account is closed, so it sends nothing.")
        case AccountStatus.ACTIVE:
            return None


def check_may_send(account: Account) -> None:
    """Refuse what an account that is suspended or closed would send; raises `AccountSuspended` or `AccountClosed`."""
    if refusal := why_silent(account):
        raise refusal


def check_open(account: Account) -> None:
    """Refuse to change the plan of an account that is closed; raises `AccountClosed`."""
    if account.standing is AccountStatus.CLOSED:
        raise AccountClosed("This account is closed: its plan changes no more, unless the operator opens it again.")


def plan_in(account: Account, month: str) -> str | None:
    """Tell the plan whose whole fee an account owes for a month, or None: it joined later, or was closed before it.

    There is no proration (facts S16): a month in which it was open for a second costs as much as any.
    """
    is_open = was_open_in(month, account.standings)
    return plans.in_month(month, account.plan_changes) if is_open else None


def check_edition(edition: str) -> None:
    """Refuse an edition that texting is no add-on of (facts S1); raises `EditionNotEntitled`."""
    if edition.strip().casefold() not in _ENTITLED_EDITIONS:
        entitled = "Standard, Professional and Enterprise"
        raise EditionNotEntitled(f"Texting is an add-on of the {entitled} editions.", field="edition")


def panel_message(account: Account | None) -> str | None:
    """Tell what stands in an account's way, for a person; None if it has texting.

    One that is not there, not established or closed is no account; one that is suspended is told why.
    """
    if account is None or account.established_at is None or account.standing is AccountStatus.CLOSED:
        return TEXTING_NOT_ENABLED
    refusal = why_silent(account)
    return refusal.detail if refusal else None


def was_closed(at: datetime, changes: Iterable[StatusChange]) -> bool:
    """Return whether an account was closed at an instant."""
    before = [change.to for change in changes if change.at <= at]
    return bool(before) and before[-1] is AccountStatus.CLOSED


def was_open_in(month: str, changes: Iterable[StatusChange]) -> bool:
    """Return whether an account was open, suspended or not, at any time of a month that it had joined by."""
    begins, ends = months.bounds(month)
    is_open = True
    for change in changes:
        at = months.utc(change.at)
        if at >= ends:
            break
        if is_open and at > begins:
            return True
        is_open = change.to is not AccountStatus.CLOSED
    return is_open
