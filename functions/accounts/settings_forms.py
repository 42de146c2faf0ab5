"""The bodies of requests and responses of the settings API: what a studio may set, and what it is shown."""

from typing import Annotated, Any

from longcode.web import fields
from longcode.web import resolver as web
from longcode.web.fields import Statuses, checked_statuses
from longcode.web.hours import OpeningHoursForm, checked_away_text
from pydantic import AfterValidator, ConfigDict, Field, field_validator

from accounts import templates
from longcode.accounts.account import (
    AccountStatus,
    OldSecret,
    OnUncertain,
    QuietZone,
    ReplyDelivery,
    WebhookEvent,
)
from longcode.accounts.names import check_studio_name
from longcode.jobs import Product
from longcode.plans.plans import PlanChange
from longcode.template import OWN_FIELD, check_no_braces
from longcode.triggers.trigger import RecordKind
from longcode.webhooks import webhook
from longcode.windows import LONGEST_RETENTION_DAYS

SenderName = Annotated[
    fields.Line, Field(max_length=40), AfterValidator(check_no_braces), AfterValidator(check_studio_name)
]


FieldName = Annotated[str, Field(pattern=OWN_FIELD)]
FieldLabel = Annotated[fields.Line, Field(max_length=60)]

_NEVER_NULL = (
    "name",
    "country_code",
    "time_zone",
    "delivery",
    "webhook_events",
    "smart_encoding",
    "on_uncertain",
    "create_clients",
    "texts_an_hour",
    "allowed_countries",
    "quiet_hours",
    "quiet_zone",
    "statuses",
    "client_fields",
)


def _describe_without_null(schema: dict[str, Any]) -> None:
    """Take null out of the described fields that only the model has as None, when they are left out."""
    for name in _NEVER_NULL:
        field = schema["properties"][name]
        [kind] = [kind for kind in field.pop("anyOf") if kind != {"type": "null"}]
        field |= kind


class AccountSettings(web.Body):
    """The settings that a studio can change. Settings that are left out stay as they are.

    A list or an object replaces the whole stored one: name all its entries, those that are to stay too. `[]` or `{}`
    empties it.
    """

    model_config = ConfigDict(json_schema_extra=_describe_without_null)

    name: fields.StudioName | None = None
    phone: Annotated[str | None, Field(max_length=40)] = None
    country_code: fields.CountryCode | None = None
    time_zone: fields.TimeZone | None = None
    delivery: ReplyDelivery | None = None
    webhook_url: Annotated[str, AfterValidator(webhook.check_url), Field(max_length=500)] | None = None
    webhook_events: Annotated[
        tuple[WebhookEvent, ...] | None,
        Field(max_length=len(WebhookEvent), description="The events that webhooks tell of; replaces the list."),
    ] = None
    smart_encoding: bool | None = None
    on_uncertain: OnUncertain | None = None
    create_clients: bool | None = None
    sender_name: SenderName | None = None
    units_a_day: Annotated[int | None, Field(ge=1, le=10_000_000)] = None
    texts_an_hour: Annotated[int | None, Field(ge=1, le=20)] = None
    allowed_countries: Annotated[
        tuple[fields.Country, ...] | None,
        Field(
            max_length=100,
            description="The countries that may be texted besides the account's own, each in ISO 3166 (`AU`) or by "
            "its calling code (`61`, `+61`); shown in ISO 3166. `1` means the US and Canada. Replaces the list.",
        ),
    ] = None
    quiet_hours: bool | None = None
    quiet_zone: QuietZone | None = None
    retention_days: Annotated[int | None, Field(ge=1, le=LONGEST_RETENTION_DAYS)] = None
    opening_hours: OpeningHoursForm | None = None
    away_text: Annotated[str, AfterValidator(checked_away_text), Field(min_length=1, max_length=480)] | None = None
    statuses: Annotated[
        dict[RecordKind, Statuses] | None,
        Field(
            description="The studio's own words for the status of its records, by kind of record. Replaces those of "
            "all kinds: a kind that is not named has the usual statuses again."
        ),
        AfterValidator(checked_statuses),
    ] = None
    client_fields: Annotated[
        dict[FieldName, FieldLabel] | None,
        Field(
            max_length=templates.MOST_OWN_FIELDS,
            description="The fields of the studio's own that its clients have: a label by name. Replaces the list. A "
            "field that a template, a trigger or an unsent broadcast uses cannot be left out.",
        ),
        AfterValidator(templates.check_own_fields),
    ] = None

    @field_validator(*_NEVER_NULL, mode="before")
    @classmethod
    def _refuse_null(cls, value: object) -> object:
        if value is None:
            raise ValueError("cannot be null")
        return value


class ShownStatusChange(web.Answer, from_attributes=True):
    """A change of the account's status by the operator, with the reason."""

    at: web.Instant
    to: AccountStatus
    reason: str | None


class ShownAccount(web.Answer):
    """An account and its settings. `email` is empty until it is confirmed, if a `partner` opened the account.

    `plan_changes` has every change of plan, the plan of the sign-up first.

    `number` is its dedicated number; without one, it texts from the numbers that all studios share. `number_since` is
    when it stopped using the shared numbers. `webhook_gone_at` is when its software answered 410, which switches
    webhooks off. `standing` is the status that the operator has set, `standings` its history, oldest first.

    `trial_units_a_day` is how many units it may send in a day, to its own country only, until the operator has
    approved it; null once that is done.

    `allowed_countries` are the countries in ISO 3166 that it may text besides its own, `statuses` its own words for
    the status of its records, by kind. `create_clients`: a text to an unknown number creates a client.
    `client_fields` are the labels, by name, of the fields of its own that clients have: `{{client.fields.album}}`.

    `away_text` answers a client who writes outside `opening_hours`, once until it opens.
    """

    id: str
    name: str
    email: str
    partner: str | None
    product: Product
    edition: str
    created_at: web.Instant
    established_at: web.Instant | None
    plan_changes: tuple[PlanChange, ...]
    standing: AccountStatus
    standings: tuple[ShownStatusChange, ...]
    country_code: str
    allowed_countries: tuple[str, ...]
    time_zone: str
    phone: str | None
    sender_name: str | None
    number: str | None
    number_since: web.Instant | None
    delivery: ReplyDelivery
    webhook_url: str | None
    webhook_secret: str | None
    webhook_old_secrets: tuple[OldSecret, ...]
    webhook_events: tuple[WebhookEvent, ...]
    webhook_gone_at: web.Instant | None
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
    statuses: dict[str, tuple[str, ...]]
    client_fields: dict[str, str]
