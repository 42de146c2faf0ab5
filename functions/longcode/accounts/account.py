"""A studio's account: its settings, its plans, its status, and what these allow."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from longcode import months
from longcode.errors import AccountClosed, AccountSuspended, EditionNotEntitled
from longcode.jobs import Product
from longcode.plans import plans
from longcode.plans.plans import PlanChange
from longcode.quiet_hours.opening_hours import OpeningHours
from longcode.shown import Shown
from longcode.template import own_field

SERVICE = "longcode"
"""The operator's own account, which sends the responses to STOP, START and HELP. It has no bills."""

TEXTS_AN_HOUR = 10
"""How many texts an account may send to one phone in an hour, unless its settings say otherwise."""

ENTITLED_EDITIONS = ("standard", "professional", "enterprise")
"""The editions that texting is an add-on of (facts S1)."""

_SUSPENDED = "The operator has suspended this account"

NO_ACCOUNT = "There is no such account."

TEXTING_NOT_ENABLED = "You have not enabled SMS Text Messaging."
"""The message of the Services panel to a studio without an account, word for word (facts S33)."""


class AccountStatus(StrEnum):
    """Whether an account may send. A suspended account stays a customer; a closed one does not."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


STATUS_REFUSALS: Mapping[str | None, str] = {
    AccountStatus.SUSPENDED: "account_suspended",
    AccountStatus.CLOSED: "account_closed",
}
"""The error code of a text that is refused because of its account's status, by status (longcode/errors.py)."""


class ReplyDelivery(StrEnum):
    """How replies reach the studio's software (facts S23)."""

    POLL = "poll"
    WEBHOOK = "webhook"


class WebhookEvent(StrEnum):
    """The events that a webhook can be sent for."""

    MESSAGE_RECEIVED = "message.received"
    MESSAGE_STATUS = "message.status"
    OPT_OUT_RECORDED = "opt_out.recorded"
    CALL_CREATED = "call.created"
    USAGE_NOTICE = "usage.notice"
    TEST = "webhook.test"


CHOSEN_EVENTS = tuple(event for event in WebhookEvent if event is not WebhookEvent.TEST)
"""The events that a studio can choose: a test is sent whatever it has chosen."""


class QuietZone(StrEnum):
    """The time zone for a client without one on record: the likely zone of the phone number, or the studio's own."""

    LIKELY = "likely"
    STUDIO = "studio"


class OnUncertain(StrEnum):
    """What to do with a text that is still uncertain at its deadline: give it up, or send it a second time, once."""

    GIVE_UP = "give_up"
    RESEND = "resend"


class OldSecret(Shown, frozen=True):
    """A replaced webhook secret, and until when requests are signed with it as well."""

    secret: str
    until: datetime


class StatusChange(Struct, frozen=True, kw_only=True):
    """A change of an account's status. The studio is shown the reason, but not who changed it.

    `cause` is set if the service has suspended the account by itself (`usage.habit.StopCause`).
    """

    at: datetime
    to: AccountStatus
    reason: str | None = None
    by: str | None = None
    cause: str | None = None


class NoticeKind(StrEnum):
    """What an owner is told of. The mails are in owner_mails.py."""

    PASSWORD = "password"  # noqa: S105
    KEY = "key"
    WEBHOOK = "webhook"
    COUNTRIES = "countries"
    PLAN = "plan"
    PERSON = "person"
    PERSON_REMOVED = "person_removed"
    APPROVED = "approved"
    WRONG_PASSWORDS = "wrong_passwords"
    STOPPED = "stopped"
    ENDED = "ended"
    REPLIES = "replies"
    ADDRESS_ASKED = "address_asked"
    ADDRESS = "address"
    CONFIRMED = "confirmed"
    CLOSED = "closed"


CHANGES = frozenset(
    {
        NoticeKind.PASSWORD,
        NoticeKind.KEY,
        NoticeKind.WEBHOOK,
        NoticeKind.COUNTRIES,
        NoticeKind.PLAN,
        NoticeKind.PERSON,
        NoticeKind.PERSON_REMOVED,
    }
)
"""The kinds that anybody with a credential brings about, as often as wished."""


class OwnerNotice(Struct, frozen=True, kw_only=True):
    """A notice that is mailed to the owner. `about` is its subject, such as the plan's name, and never a secret.

    Of the kinds about the account's address, `about` is the old and the new one; of a person who was removed, their
    address and that of who removed them, who has none if they signed in with the password.
    """

    account: str
    kind: NoticeKind
    at: datetime
    about: str = ""


class Account(Struct, frozen=True, kw_only=True):
    """A studio's account and settings.

    - `email` is empty until the studio has confirmed its address, if a partner opened the account; `partner` is who.
    - `plan_changes` are all its changes of plan, oldest first; the first is the plan of the sign-up.
    - `established_at` is when its credentials were mailed: before that, the sign-up is not complete.
    - `first_country_code` is the country of the sign-up, once `country_code` is another: its habit is measured by it.
    - `number` is its dedicated number, since `number_since`; an account without one texts from the shared numbers.
    - `units_a_day` and `texts_an_hour` limit what it sends in a day, and to one phone in an hour.
    - `trial_units_a_day` limits it further, to its own country too, until the operator approves it; then it is None.
    - `ceiling_units_a_day` is the operator's ceiling for this account; None is the service's default.
    - `allowed_countries` are the countries in ISO 3166, besides its own, that it may text. Older releases stored
      calling codes.
    - `create_clients`: a text to an unknown number creates a client.
    - `statuses` are its own words for the status of its records, by kind of record.
    - `away_text` answers a client who writes outside its `opening_hours`; without both, nothing does.
    - `client_fields` are the labels, by name, of the fields of its own that its clients have.
    - `webhook_gone_at` is when its software answered 410, which switches webhooks off.
    - `watched_month` is the newest month whose quota is on the due index.
    - `owner_told_at` is when its owner was last mailed about changes of the account.
    - `status_changes` are the operator's and those that the service made by itself, oldest first.
    """

    id: str
    name: str
    email: str
    product: Product
    edition: str
    created_at: datetime
    plan_changes: tuple[PlanChange, ...]
    partner: str | None = None
    country_code: str = "1"
    first_country_code: str | None = None
    time_zone: str = "America/Chicago"
    phone: str | None = None
    delivery: ReplyDelivery = ReplyDelivery.POLL
    webhook_url: str | None = None
    webhook_secret: str | None = None
    webhook_old_secrets: tuple[OldSecret, ...] = ()
    webhook_events: tuple[WebhookEvent, ...] = CHOSEN_EVENTS
    webhook_gone_at: datetime | None = None
    smart_encoding: bool = True
    on_uncertain: OnUncertain = OnUncertain.GIVE_UP
    create_clients: bool = False
    sender_name: str | None = None
    number: str | None = None
    number_since: datetime | None = None
    units_a_day: int | None = None
    trial_units_a_day: int | None = None
    ceiling_units_a_day: int | None = None
    texts_an_hour: int = TEXTS_AN_HOUR
    allowed_countries: tuple[str, ...] = ()
    quiet_hours: bool = True
    quiet_zone: QuietZone = QuietZone.LIKELY
    retention_days: int | None = None
    opening_hours: OpeningHours | None = None
    away_text: str | None = None
    established_at: datetime | None = None
    stripe_customer: str | None = None
    watched_month: str | None = None
    owner_told_at: datetime | None = None
    statuses: dict[str, tuple[str, ...]] = {}
    client_fields: dict[str, str] = {}
    status: AccountStatus = field(default=AccountStatus.ACTIVE, name="standing")
    status_changes: tuple[StatusChange, ...] = field(default=(), name="standings")


def own_merge_fields(account: Account) -> tuple[str, ...]:
    """Return the merge fields that the account's own fields of its clients fill."""
    return tuple(map(own_field, account.client_fields))


def daily_limit(account: Account) -> int | None:
    """Return how many units an account may send in a day, by its settings and its trial; None is no limit."""
    limits = [limit for limit in (account.units_a_day, account.trial_units_a_day) if limit is not None]
    return min(limits, default=None)


def send_refusal(account: Account) -> AccountSuspended | AccountClosed | None:
    """Return the error with the reason why an account may not send, or None if it may."""
    match account.status:
        case AccountStatus.SUSPENDED:
            last = account.status_changes[-1] if account.status_changes else None
            by = "The service has suspended this account by itself" if last and last.cause else _SUSPENDED
            return AccountSuspended(f"{by}, so it sends nothing: {last.reason if last else None}")
        case AccountStatus.CLOSED:
            return AccountClosed("This account is closed, so it sends nothing.")
        case AccountStatus.ACTIVE:
            return None


def check_may_send(account: Account) -> None:
    """Raise `AccountSuspended` or `AccountClosed` if the account may not send."""
    if refusal := send_refusal(account):
        raise refusal


def check_open(account: Account) -> None:
    """Raise `AccountClosed` if the account is closed, so that its plan cannot change."""
    if account.status is AccountStatus.CLOSED:
        raise AccountClosed("This account is closed, so its plan cannot be changed. The operator can open it again.")


def plan_owed_in(account: Account, month: str) -> str | None:
    """Return the plan whose fee an account owes for a month, or None: it joined later, or was closed before.

    There is no proration (facts S16): an account that was open at any time of the month owes the whole fee.
    """
    is_open = was_open_in(month, account.status_changes)
    return plans.plan_name_in(month, account.plan_changes) if is_open else None


def check_edition(edition: str) -> None:
    """Raise `EditionNotEntitled` for an edition that does not offer texting (facts S1)."""
    if edition.strip().casefold() not in ENTITLED_EDITIONS:
        entitled = "Standard, Professional and Enterprise"
        raise EditionNotEntitled(f"Texting is an add-on of the {entitled} editions.", field="edition")


def panel_message(account: Account | None) -> str | None:
    """Return the message of the Services panel to a studio that cannot text, or None if it can.

    An account that has no credentials yet, or is closed, counts as none; a suspended account gets the reason.
    """
    if account is None or account.established_at is None or account.status is AccountStatus.CLOSED:
        return TEXTING_NOT_ENABLED
    refusal = send_refusal(account)
    return refusal.detail if refusal else None


def next_change_at(account: Account, now: datetime) -> datetime:
    """Return the time of a new change of the status: now, but not before the changes so far, as clocks differ."""
    return max([now, account.created_at, *(change.at for change in account.status_changes)])


def was_closed(at: datetime, changes: Iterable[StatusChange]) -> bool:
    """Return whether an account was closed at an instant."""
    before = [change.to for change in changes if change.at <= at]
    return bool(before) and before[-1] is AccountStatus.CLOSED


def was_open_in(month: str, changes: Iterable[StatusChange]) -> bool:
    """Return whether an account was open, suspended or not, at any time of a month. The sign-up is not checked."""
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
