"""The settings API: a studio's settings, its webhook secret, the fields of its own and its templates."""

from datetime import datetime
from typing import Annotated, Any

from longcode.web import account_resolver, fields
from longcode.web import resolver as web
from longcode.web.actor import actor
import msgspec
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from msgspec import structs

from accounts import recorded_settings, templates
from accounts.settings_forms import AccountSettings, ShownAccount
from longcode.accounts import owner_notices
from longcode.accounts import store as accounts
from longcode.accounts.account import (
    Account,
    ReplyDelivery,
)
from longcode.aws import clients
from longcode.aws.settings import settings as aws_settings
from longcode.aws.telemetry import logger
from longcode.changes.change import Actor, ChangeKind
from longcode.changes.store import new as new_change
from longcode.destinations import allowed_regions
from longcode.errors import NotApproved, RequestError, WebhookSecretChanged
from longcode.messages import replies, retentions
from longcode.template import Template
from longcode.templates import store as template_store
from longcode.webhooks import store as webhooks
from longcode.webhooks import webhook
from longcode.windows import SWEEP_AFTER

app = account_resolver.resolver()


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


def change(
    account: Account, settings: AccountSettings, now: datetime, by: Actor, unless_changed: tuple[str, ...] = ()
) -> None:
    """Write the settings that were given. Raise `RequestError` with the field that is refused.

    Nothing is written, and `ConditionFailed` is raised, if somebody else has changed one of `unless_changed`.
    """
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
        same = [accounts.has_same(account, name) for name in unless_changed]
        accounts.change_settings(account.id, changes, *notices, *records, same=same)


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
    return templates.write(_account(), name, form, clients.now(), actor(app))


@app.patch("/templates/<name>")
def rename_template(name: fields.PathName, form: templates.NewName) -> Template:
    """Rename a template, also in the triggers that use it. A name that another template has is refused."""
    return templates.rename(web.caller(app), name, form.name, clients.now(), actor(app))


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
    templates.delete(web.caller(app), name, clients.now(), actor(app))
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
