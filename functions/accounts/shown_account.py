"""What a studio is shown of its account: all but what the operator and the code keep there for themselves."""

from datetime import datetime

from pydantic import BaseModel

from longcode.account import Delivery, HookEvent, OldSecret, OnUncertain, Product, QuietZone
from longcode.plans import Change
from longcode.standing import AccountStatus


class ShownStatusChange(BaseModel, from_attributes=True):
    """A change of the account's status by the operator, with the reason."""

    at: datetime
    to: AccountStatus
    reason: str | None


class ShownAccount(BaseModel, from_attributes=True):
    """A studio with a plan. `plan_changes` is its whole history, the plan of the sign-up first.

    `number` is the number that is dedicated to it: without one, its texts go over those that all studios share, which
    it left at `number_since`. `webhook_gone_at` is when its software answered 410, which switches webhooks off.
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
    established_at: datetime | None
    plan_changes: tuple[Change, ...]
    standing: AccountStatus
    standings: tuple[ShownStatusChange, ...]
    country_code: str
    allowed_countries: tuple[str, ...]
    time_zone: str
    phone: str | None
    sender_name: str | None
    number: str | None
    number_since: datetime | None
    delivery: Delivery
    webhook_url: str | None
    webhook_secret: str | None
    webhook_old_secrets: tuple[OldSecret, ...]
    webhook_events: tuple[HookEvent, ...]
    webhook_gone_at: datetime | None
    smart_encoding: bool
    on_uncertain: OnUncertain
    create_clients: bool
    units_a_day: int | None
    texts_an_hour: int
    quiet_hours: bool
    quiet_zone: QuietZone
    retention_days: int | None
    statuses: dict[str, tuple[str, ...]]
