"""The studio's settings, password and templates."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import AfterValidator, Field, field_validator

from accounts import fields
from accounts.shown_account import ShownAccount
from accounts.statuses import Statuses, of_records
from longcode import passwords, template
from longcode.account import Account, Delivery, HookEvent, OnUncertain, QuietZone
from longcode.aws import clock, web
from longcode.aws.telemetry import logger
from longcode.errors import NotFound, RequestError, WebhookSecretChanged, WrongPassword
from longcode.patience import HEALED_AFTER
from longcode.record import RecordKind
from longcode.retention import LONGEST_DAYS
from longcode.table import accounts, templates
from longcode.table.store import ConditionFailed
from longcode.webhooks import store as webhook_store
from longcode.webhooks import webhook

_NOT_PRESENT = "This is not the present password."

app = web.resolver()


class Settings(web.Body):
    """What a studio can change of its account; what is left out stays."""

    name: fields.Line | None = None
    phone: Annotated[str | None, Field(max_length=40)] = None
    country_code: fields.CountryCode | None = None
    time_zone: fields.TimeZone | None = None
    delivery: Delivery | None = None
    webhook_url: Annotated[str, AfterValidator(webhook.check_url), Field(max_length=500)] | None = None
    webhook_events: Annotated[tuple[HookEvent, ...] | None, Field(max_length=len(HookEvent))] = None
    smart_encoding: bool | None = None
    on_uncertain: OnUncertain | None = None
    create_clients: bool | None = None
    sender_name: Annotated[fields.Line, Field(max_length=40), AfterValidator(template.plain)] | None = None
    units_a_day: Annotated[int | None, Field(ge=1, le=10_000_000)] = None
    texts_an_hour: Annotated[int | None, Field(ge=1, le=20)] = None
    allowed_countries: Annotated[tuple[fields.CountryCode, ...] | None, Field(max_length=50)] = None
    quiet_hours: bool | None = None
    quiet_zone: QuietZone | None = None
    retention_days: Annotated[int | None, Field(ge=1, le=LONGEST_DAYS, strict=True)] = None  # true is no day
    statuses: Annotated[dict[RecordKind, Statuses] | None, AfterValidator(of_records)] = None

    @field_validator(
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
        mode="before",
    )
    @classmethod
    def _stays_or_changes(cls, value: object) -> object:
        if value is None:
            raise ValueError("cannot be taken away")
        return value


class NewPassword(web.Body):
    """The present password, so that a browser left open gives nobody the account."""

    present: str


class TemplateForm(web.Body):
    """A text used often; its subject is shown in the hub and never sent (facts S7)."""

    subject: Annotated[str, Field(max_length=200)] = ""
    body: Annotated[str, Field(min_length=1, max_length=1600)]


TemplateName = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[^\s/#]+$")]


@app.get("/account")
def show_account() -> ShownAccount:
    """Show the settings."""
    return ShownAccount.model_validate(_account())


@app.patch("/account")
def change_account(settings: Settings) -> ShownAccount:
    """Change some settings. With a webhook's address comes the secret that its requests are signed with."""
    account = _account()
    changes = settings.model_dump(mode="json", exclude_unset=True)
    if changes.get("delivery", account.delivery) == Delivery.WEBHOOK and not changes.get(
        "webhook_url", account.webhook_url
    ):
        raise RequestError("Webhooks need the address that they go to.", field="webhook_url")
    if changes.get("delivery") == Delivery.WEBHOOK:
        changes["webhook_gone_at"] = None
    if "webhook_url" in changes or "delivery" in changes:
        webhook_store.clear_backoff(account.id)
    if changes.get("webhook_url") and not account.webhook_secret:
        changes["webhook_secret"] = webhook.make_secret()
        from longcode.table import inbox  # noqa: PLC0415 - once in a studio's life

        inbox.note_forwarded(account.id, inbox.end(account.id))  # what was fetched before is not posted again
        accounts.list_webhook(account.id)
    if changes.get("retention_days"):
        from longcode.table import retentions  # noqa: PLC0415 - seldom in a studio's life

        retentions.start(account.id, clock.now() + HEALED_AFTER)  # before the setting, which nobody would act on
    if changes:
        accounts.change_settings(account.id, changes)
    return show_account()


@app.post("/account/webhook-secret")
def renew_webhook_secret() -> dict[str, str]:
    """Make a new secret for webhooks. The one before it signs besides for 24 hours."""
    account = _account()
    if not account.webhook_secret:
        raise RequestError("A secret comes with the address that webhooks go to.", field="webhook_url")
    secret, old = webhook.rotated(account, clock.now())
    if not accounts.change_webhook_secret(account, secret, old):
        raise WebhookSecretChanged("Another secret was made at this moment; GET /account shows it.")
    return {"webhook_secret": secret}


@app.post("/account/password")
def change_password(form: NewPassword) -> dict[str, str]:
    """Make a new password; the old one opens nothing more after a minute, when the authoriser forgets it."""
    account = web.caller(app)
    kept = accounts.password_hash(account)
    if not passwords.matches(form.present, kept):
        raise WrongPassword(_NOT_PRESENT, field="present")
    password = passwords.make()
    hashed = passwords.hashed(password)
    try:
        accounts.set_password(account, hashed, instead_of=kept)
    except ConditionFailed as failed:
        if failed.found[0].get("hash") != hashed:  # else it is our own write, repeated because its answer was lost
            raise WrongPassword(_NOT_PRESENT, field="present") from failed
    return {"password": password}


@app.put("/templates/<name>")
def put_template(name: TemplateName, form: TemplateForm) -> template.Template:
    """Write a template; fields that do not exist are refused."""
    template.check(form.body)
    written = template.Template(account=web.caller(app), name=name, subject=form.subject, body=form.body)
    templates.put(written)
    return written


@app.get("/templates/<name>")
def show_template(name: TemplateName) -> template.Template:
    """Show a template."""
    found = templates.get(web.caller(app), name)
    if found is None:
        raise NotFound(f"There is no template {name!r}.")
    return found


@app.delete("/templates/<name>", responses=web.told({204: None}))
def delete_template(name: TemplateName) -> Response[str]:
    """Delete a template."""
    if not templates.delete(web.caller(app), name):
        raise NotFound(f"There is no template {name!r}.")
    return Response(204, body="")


@app.get("/templates")
def list_templates(
    limit: web.Limit = 50, cursor: Annotated[str | None, Query(max_length=100)] = None
) -> web.Listed[template.Template]:
    """List templates by name."""
    return web.listed(templates.page(web.caller(app), cursor, limit + 1), limit, lambda one: one.name)


def _account() -> Account:
    return accounts.need(web.caller(app))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
