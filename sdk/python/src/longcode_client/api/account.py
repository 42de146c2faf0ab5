"""Settings, password, API keys.

`make openapi` writes this module from docs/openapi.json.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from longcode_client.api.shared import Plan, Product, WebhookEvent
from longcode_client.calls import Calls, in_path
from longcode_client.items import Items


class AccountSettings(TypedDict, total=False):
    """The settings that a studio can change. Settings that are left out stay as they are.

    A list or an object replaces the whole stored one: name all its entries, those that are to stay too. `[]` or
    `{}` empties it.
    """

    name: str
    phone: str | None
    country_code: str
    time_zone: str
    delivery: ReplyDelivery
    webhook_url: str | None
    webhook_events: list[WebhookEvent]
    smart_encoding: bool
    on_uncertain: OnUncertain
    create_clients: bool
    sender_name: str | None
    units_a_day: int | None
    texts_an_hour: int
    allowed_countries: list[str]
    quiet_hours: bool
    quiet_zone: QuietZone
    retention_days: int | None
    opening_hours: OpeningHoursForm | None
    away_text: str | None
    statuses: dict[str, list[str]]
    client_fields: dict[str, Any]


# Whether an account may send. A suspended account stays a customer; a closed one does not.
AccountStatus = Literal["active", "suspended", "closed"]


class AddressAsked(TypedDict):
    """The response, which does not show whether another account has the address."""

    detail: str


class ChosenPlan(TypedDict):
    """The plan to change to."""

    plan: str


class CreatedKey(TypedDict):
    """A new API key. `key` is shown only this once."""

    id: str
    name: str
    scope: KeyScope
    created_at: str
    ends_at: str | None
    last_used_at: str | None
    key: str


# What an API key may do (longcode/web/scopes.py has the routes); a password may do all.
KeyScope = Literal["send", "read", "all"]


class NewAddress(TypedDict):
    """An email address that is to become the account's. `present` is the current password."""

    email: str
    present: str


class NewKey(TypedDict):
    """A new API key: what it is for, what it may do, and when it ends, if it does."""

    name: str
    scope: KeyScope
    ends_at: NotRequired[str | None]


class NewPassword(TypedDict):
    """A request for a new password. `present` is the current one: whoever finds the browser open does not know it."""

    present: str


class OldSecret(TypedDict):
    """A replaced webhook secret, and until when requests are signed with it as well."""

    secret: str
    until: str


# What to do with a text that is still uncertain at its deadline: give it up, or send it a second time, once.
OnUncertain = Literal["give_up", "resend"]


class OpenSpanForm(TypedDict):
    """Hours of a day, as clocks show them at the studio."""

    opens: str
    closes: str


class OpeningHoursForm(TypedDict, total=False):
    """Opening hours by day of the week, and the dates with other hours. A day that is left out is closed."""

    monday: list[OpenSpanForm]
    tuesday: list[OpenSpanForm]
    wednesday: list[OpenSpanForm]
    thursday: list[OpenSpanForm]
    friday: list[OpenSpanForm]
    saturday: list[OpenSpanForm]
    sunday: list[OpenSpanForm]
    dates: list[SpecialDayForm]


class PastChange(TypedDict):
    """A change of plan, and the month from which it counts. Of several for one month, the last one counts."""

    at: str
    plan: str
    counts_from: str


class PlanChange(TypedDict):
    """A studio's change to a plan. The first change is the sign-up."""

    at: str
    plan: str


class PlanState(TypedDict):
    """This month's plan, next month's, and all changes of plan.

    A change made now counts from the month `counts_from`, whose plan can be changed until `changeable_until`.
    """

    plan: Plan | None
    next_month_plan: Plan | None
    changes: list[PastChange]
    counts_from: str
    changeable_until: str


# The time zone for a client without one on record: the likely zone of the phone number, or the studio's own.
QuietZone = Literal["likely", "studio"]


# How replies reach the studio's software.
ReplyDelivery = Literal["poll", "webhook"]


class ShownAccount(TypedDict):
    """An account and its settings. `email` is empty until it is confirmed, if a `partner` opened the account.

    `plan_changes` has every change of plan, the plan of the sign-up first.

    `number` is its dedicated number; without one, it texts from the numbers that all studios share.
    `number_since` is when it stopped using the shared numbers. `webhook_gone_at` is when its software answered
    410, which switches webhooks off. `standing` is the status that the operator has set, `standings` its
    history, oldest first.

    `trial_units_a_day` is how many units it may send in a day, to its own country only, until the operator has
    approved it; null once that is done.

    `allowed_countries` are the countries in ISO 3166 that it may text besides its own, `statuses` its own words
    for the status of its records, by kind. `create_clients`: a text to an unknown number creates a client.
    `client_fields` are the labels, by name, of the fields of its own that clients have:
    `{{client.fields.album}}`.

    `away_text` answers a client who writes outside `opening_hours`, once until it opens.
    """

    id: str
    name: str
    email: str
    partner: str | None
    product: Product
    edition: str
    created_at: str
    established_at: str | None
    plan_changes: list[PlanChange]
    standing: AccountStatus
    standings: list[ShownStatusChange]
    country_code: str
    allowed_countries: list[str]
    time_zone: str
    phone: str | None
    sender_name: str | None
    number: str | None
    number_since: str | None
    delivery: ReplyDelivery
    webhook_url: str | None
    webhook_secret: str | None
    webhook_old_secrets: list[OldSecret]
    webhook_events: list[WebhookEvent]
    webhook_gone_at: str | None
    smart_encoding: bool
    on_uncertain: OnUncertain
    create_clients: bool
    units_a_day: int | None
    trial_units_a_day: int | None
    texts_an_hour: int
    quiet_hours: bool
    quiet_zone: QuietZone
    retention_days: int | None
    opening_hours: OpeningHoursForm | None
    away_text: str | None
    statuses: dict[str, list[str]]
    client_fields: dict[str, str]


class ShownKey(TypedDict):
    """An API key without its secret. `last_used_at` lags by up to an hour, and is null before the first use."""

    id: str
    name: str
    scope: KeyScope
    created_at: str
    ends_at: str | None
    last_used_at: str | None


class ShownStatusChange(TypedDict):
    """A change of the account's status by the operator, with the reason."""

    at: str
    to: AccountStatus
    reason: str | None


class SpecialDayForm(TypedDict):
    """A date with its own hours; without any, the studio is closed on it."""

    date: str
    hours: NotRequired[list[OpenSpanForm]]


class AccountApi(Calls):
    """Settings, password, API keys."""

    def show_account(self) -> ShownAccount:
        """Show the settings."""
        answer: ShownAccount = self._call("GET", "/account", repeatable=True).json()
        return answer

    def change_account(self, body: AccountSettings) -> ShownAccount:
        """Change some settings.

        Those that are left out stay. A list or an object replaces the whole stored one.

        The first webhook address also creates the secret that requests are signed with.
        """
        answer: ShownAccount = self._call("PATCH", "/account", body=body).json()
        return answer

    def change_address(self, body: NewAddress) -> AddressAsked:
        """Ask for another email address of the account.

        It counts once the link is used that is mailed to it.

        The link works for 24 hours, and a newer one ends it. The old address is told at once, and when it has
        changed.
        """
        answer: AddressAsked = self._call("POST", "/account/email", body=body).json()
        return answer

    def list_keys(self) -> Items[ShownKey]:
        """List the API keys, the oldest first, also those that have ended."""
        return self._items("/account/keys", {})

    def create_key(self, body: NewKey) -> CreatedKey:
        """Create an API key, which takes the place of the password in HTTP Basic, with the same account number.

        The scope `read` opens what reads, except the settings and the keys; `send` opens sending texts,
        broadcasts and events, and their state; `all` opens everything, as the password does.
        """
        answer: CreatedKey = self._call("POST", "/account/keys", body=body).json()
        return answer

    def delete_key(self, key_id: str) -> None:
        """Delete an API key.

        It works for up to a minute more, until the authoriser's cache expires.
        """
        self._call("DELETE", f"/account/keys/{in_path(key_id)}", repeatable=True)

    def change_password(self, body: NewPassword) -> dict[str, str]:
        """Make a new password.

        The old one works for up to a minute more, until the authoriser's cache expires.

        API keys stay as they are.
        """
        answer: dict[str, str] = self._call("POST", "/account/password", body=body).json()
        return answer

    def show_plan(self) -> PlanState:
        """Show the plan, and from when a change made now would count."""
        answer: PlanState = self._call("GET", "/account/plan", repeatable=True).json()
        return answer

    def change_plan(self, body: ChosenPlan) -> PlanState:
        """Change the plan.

        Until 17:00 Central on a month's last day, a change counts for that whole month.

        A change that does not count yet can be undone by another one, for example to the plan of this month.
        """
        answer: PlanState = self._call("PUT", "/account/plan", body=body, repeatable=True).json()
        return answer

    def renew_webhook_secret(self) -> dict[str, str]:
        """Make a new webhook secret.

        For 24 hours, requests are signed with the old one as well.
        """
        answer: dict[str, str] = self._call("POST", "/account/webhook-secret").json()
        return answer
