"""The settings API: a studio's settings, its webhook secret, the fields of its own and its templates."""

from datetime import datetime
from typing import Annotated, Any

from longcode.web import account_resolver, fields
from longcode.web import resolver as web
from longcode.web.actor import actor
from longcode.web.fields import Statuses, checked_statuses
from longcode.web.hours import OpeningHoursForm, checked_away_text
import msgspec
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from msgspec import structs
from pydantic import AfterValidator, ConfigDict, Field, field_validator

from accounts import recorded_settings, templates
from longcode.accounts import owner_notices
from longcode.accounts import store as accounts
from longcode.accounts.account import (
    Account,
    AccountStatus,
    OldSecret,
    OnUncertain,
    QuietZone,
    ReplyDelivery,
    WebhookEvent,
)
from longcode.accounts.names import check_studio_name
from longcode.aws import clients
from longcode.aws.settings import settings as aws_settings
from longcode.aws.telemetry import logger
from longcode.changes.change import Actor, ChangeKind
from longcode.changes.store import new as new_change
from longcode.destinations import allowed_regions
from longcode.errors import NotApproved, RequestError, WebhookSecretChanged
from longcode.jobs import Product
from longcode.messages import replies, retentions
from longcode.plans.plans import PlanChange
from longcode.template import OWN_FIELD, Template, check_no_braces
from longcode.templates import store as template_store
from longcode.triggers.trigger import RecordKind
from longcode.webhooks import store as webhooks
from longcode.webhooks import webhook
from longcode.windows import LONGEST_RETENTION_DAYS, SWEEP_AFTER

app = account_resolver.resolver()


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


@app.get("/account")
def show_account() -> ShownAccount:
    """Show the settings."""
    account = _account()
    shown = {
        "standing": account.status,
        "standings": account.status_changes,
        "allowed_countries": allowed_regions(account.allowed_countries, aws_settings().allowed_countries),
        "opening_hours": msgspec.to_builtins(account.opening_hours),
    }
    return ShownAccount.model_validate(structs.asdict(account) | shown)


@app.patch("/account")
def change_account(settings: AccountSettings) -> ShownAccount:
    """Change some settings; those that are left out stay. A list or an object replaces the whole stored one.

    The first webhook address also creates the secret that requests are signed with.
    """
    change(_account(), settings, clients.now(), actor(app))
    return show_account()


def change(account: Account, settings: AccountSettings, now: datetime, by: Actor) -> None:
    """Write the settings that were given. Raise `RequestError` with the field that is refused."""
    changes = settings.model_dump(mode="json", exclude_unset=True)
    details = recorded_settings.details(account, changes)
    if "allowed_countries" in changes:
        changes["allowed_countries"] = allowed_regions(changes["allowed_countries"], aws_settings().allowed_countries)
    country_code = changes.get("country_code", account.country_code)
    _check_country(account, country_code)
    if country_code != account.country_code:
        changes["first_country_code"] = account.first_country_code or account.country_code
    delivery = changes.get("delivery", account.delivery)
    if delivery == ReplyDelivery.WEBHOOK and not changes.get("webhook_url", account.webhook_url):
        raise RequestError("Webhooks need an address.", field="webhook_url")
    if changes.get("delivery") == ReplyDelivery.WEBHOOK:
        changes["webhook_gone_at"] = None
    if "webhook_url" in changes or "delivery" in changes:
        webhooks.clear_backoff(account.id)
    is_first_address = changes.get("webhook_url") and not account.webhook_secret
    if is_first_address:
        # Replies that the studio could poll so far are not posted again.
        replies.note_forwarded(account.id, replies.newest_sequence(account.id))
        accounts.add_to_webhook_list(account.id)
    if changes.get("texts_an_hour", account.texts_an_hour) < account.texts_an_hour:
        changes["hour_filled_at"] = now  # some phone may have as many texts already
    if "client_fields" in changes:
        templates.check_unused(account, set(account.client_fields) - set(changes["client_fields"]), now)
    if changes.get("retention_days"):
        # Before the setting is written, so that it never exists without a purge.
        retentions.start(account.id, now + SWEEP_AFTER)
    if is_first_address:
        # Two requests at the same moment make one secret: the second write changes nothing.
        accounts.change_webhook_secret(account, webhook.new_secret(), ())
    if changes:
        notices = owner_notices.of_settings(account, changes, now)
        records = [new_change(account.id, ChangeKind.SETTINGS, now, by, details=details)] if details else []
        accounts.change_settings(account.id, changes, *notices, *records)


@app.post("/account/webhook-secret")
def renew_webhook_secret() -> dict[str, str]:
    """Make a new webhook secret. For 24 hours, requests are signed with the old one as well."""
    return {"webhook_secret": new_webhook_secret(_account(), clients.now(), actor(app))}


def new_webhook_secret(account: Account, now: datetime, by: Actor) -> str:
    """Make and return a new webhook secret; raise `RequestError` without an address, or if another was just made."""
    if not account.webhook_secret:
        raise RequestError("There is no secret yet: it is created with the webhook address.", field="webhook_url")
    secret, old = webhook.rotate_secret(account, now)
    record = new_change(account.id, ChangeKind.WEBHOOK_SECRET, now, by)
    if not accounts.change_webhook_secret(account, secret, old, record):
        raise WebhookSecretChanged("Another request made a new secret at the same moment; GET /account shows it.")
    return secret


@app.put("/templates/<name>")
def put_template(name: fields.PathName, form: templates.TemplateForm) -> Template:
    """Write a template. Unknown merge fields are refused, and a new one above the number that the plan allows.

    The words that it had are kept: see `GET /templates/{name}/versions`.
    """
    return templates.write(_account(), name, form, clients.now())


@app.patch("/templates/<name>")
def rename_template(name: fields.PathName, form: templates.NewName) -> Template:
    """Rename a template, also in the triggers that use it. A name that another template has is refused."""
    return templates.rename(web.caller(app), name, form.name)


@app.get("/templates/<name>/versions")
def list_template_versions(name: fields.PathName) -> templates.Versions:
    """List the former words of a template, the newest first, at most 20. `PUT` with some of them restores them."""
    template = templates.get_or_raise(web.caller(app), name)
    return templates.Versions(items=template_store.template_versions(template.account, name))


@app.get("/templates/<name>")
def show_template(name: fields.PathName) -> Template:
    """Show a template."""
    return templates.get_or_raise(web.caller(app), name)


@app.delete("/templates/<name>", responses=web.responses({204: None}))
def delete_template(name: fields.PathName) -> Response[str]:
    """Delete a template and its former words. A trigger that uses it sends nothing any more."""
    templates.delete(web.caller(app), name)
    return Response(204, body="")


@app.get("/templates")
def list_templates(
    limit: web.Limit = 50, cursor: Annotated[str | None, Query(max_length=100)] = None
) -> web.Page[Template]:
    """List templates by name."""
    page = template_store.template_page(web.caller(app), cursor, limit + 1)
    return web.page_of(page, limit, lambda template: template.name)


def _check_country(account: Account, country_code: str) -> None:
    """Raise `NotApproved` if an account that may text only its own country would change it."""
    if account.trial_units_a_day is not None and country_code != account.country_code:
        raise NotApproved(
            "The operator has to approve this account before its country changes.", field="country_code"
        )


def _account() -> Account:
    return accounts.get_or_raise(web.caller(app))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
