"""The credentials API: a studio's password, API keys and email address, and the record of who changed what."""

from datetime import datetime
from typing import Annotated, Any

from longcode.web import account_resolver, fields
from longcode.web import resolver as web
from longcode.web.actor import actor
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import Field

from accounts.mailed_links import ask_for_address, renew_password
from longcode.accounts import api_keys, owner_notices, passwords
from longcode.accounts import store as accounts
from longcode.accounts.account import NoticeKind
from longcode.accounts.api_keys import ApiKey
from longcode.accounts.names import LONGEST_ADDRESS, MAIL_ADDRESS
from longcode.accounts.passwords import KeyScope
from longcode.aws import clients
from longcode.aws.telemetry import logger
from longcode.changes import store as changes
from longcode.changes.change import Actor, ChangeKind, Detail, Span, Way, as_studio_sees
from longcode.errors import BadTime, NotFound, TooManyKeys, WrongPassword
from longcode.table.store import ConditionFailed

_NOT_CURRENT = "This is not the current password."

app = account_resolver.resolver()


class NewPassword(web.Body):
    """A request for a new password. `present` is the current one: whoever finds the browser open does not know it."""

    present: str


class NewAddress(web.Body):
    """An email address that is to become the account's. `present` is the current password."""

    email: Annotated[str, Field(max_length=LONGEST_ADDRESS, pattern=MAIL_ADDRESS)]
    present: str


class AddressAsked(web.Answer):
    """The response, which does not show whether another account has the address."""

    detail: str


class NewKey(web.Body):
    """A new API key: what it is for, what it may do, and when it ends, if it does."""

    name: Annotated[fields.Line, Field(max_length=60)]
    scope: KeyScope
    ends_at: web.StoredInstant | None = None


class ShownKey(web.Answer, from_attributes=True):
    """An API key without its secret. `last_used_at` lags by up to an hour, and is null before the first use."""

    id: str
    name: str
    scope: KeyScope
    created_at: web.Instant
    ends_at: web.Instant | None
    last_used_at: web.Instant | None


class CreatedKey(ShownKey, from_attributes=True):
    """A new API key. `key` is shown only this once."""

    key: str


class ChangedValue(web.Answer, from_attributes=True):
    """A part of a change: what was changed, and its value before and after where these are kept."""

    name: str
    before: str | None
    after: str | None


class ChangeActor(web.Answer, from_attributes=True):
    """Who made a change, and from where. `who` is a person's or an API key's id, or `password`; else it is `way`."""

    way: Way
    who: str
    name: str
    address: str
    browser: str


class ShownChange(web.Answer, from_attributes=True):
    """A change of the account. One that is `unfinished` was made in part or not at all, unless it is being made."""

    id: str
    at: web.Instant
    kind: ChangeKind
    about: str
    details: list[ChangedValue]
    actor: ChangeActor
    unfinished: bool


@app.get("/changes")
def list_changes(
    limit: web.Limit = 50,
    cursor: Annotated[str | None, Query(max_length=200, pattern=changes.CURSOR)] = None,
) -> web.Page[ShownChange]:
    """List who changed what in the account, when and from where, the newest first. A year of changes is kept."""
    found, following = changes.of_account(web.caller(app), Span(limit=limit, cursor=cursor), clients.now())
    shown = [ShownChange.model_validate(as_studio_sees(change)) for change in found]
    return web.Page(items=shown, next_cursor=following)


@app.post("/account/password")
def change_password(form: NewPassword) -> dict[str, str]:
    """Make a new password. The old one works for up to a minute more, until the authoriser's cache expires.

    API keys stay as they are.
    """
    account = web.caller(app)
    old = accounts.password_hash(account)
    if not passwords.matches(form.present, old):
        raise WrongPassword(_NOT_CURRENT, field="present")
    try:
        return {"password": renew_password(account, old, clients.now(), actor(app))}
    except ConditionFailed as failed:
        raise WrongPassword(_NOT_CURRENT, field="present") from failed


@app.post("/account/email", responses=web.responses({202: AddressAsked}))
def change_address(form: NewAddress) -> Response[AddressAsked]:
    """Ask for another email address of the account. It counts once the link is used that is mailed to it.

    The link works for 24 hours, and a newer one ends it. The old address is told at once, and when it has changed.
    """
    account = accounts.get_or_raise(web.caller(app))
    if not passwords.matches(form.present, accounts.password_hash(account.id)):
        raise WrongPassword(_NOT_CURRENT, field="present")
    asked = ask_for_address(account, form.email, clients.now(), actor(app))
    return Response(202, web.JSON, AddressAsked(detail=asked))


@app.post("/account/keys", responses=web.responses({201: CreatedKey}))
def create_key(form: NewKey) -> Response[CreatedKey]:
    """Create an API key, which takes the place of the password in HTTP Basic, with the same account number.

    The scope `read` opens what reads, except the settings and the keys; `send` opens sending texts, broadcasts and
    events, and their state; `all` opens everything, as the password does.
    """
    key, secret = make_key(web.caller(app), form, clients.now(), actor(app))
    shown = ShownKey.model_validate(key).model_dump()
    return Response(201, web.JSON, CreatedKey(**shown, key=secret))


def make_key(account: str, form: NewKey, now: datetime, by: Actor, form_id: str | None = None) -> tuple[ApiKey, str]:
    """Make an API key, and return it and its secret. Of several with a `form_id`, the first is made.

    Raise `BadTime`, `TooManyKeys`, or `ConditionFailed` for a form that has made its key.
    """
    if form.ends_at and form.ends_at <= now:
        raise BadTime("The end of the key is in the past.", field="ends_at")
    if len(api_keys.of_account(account)) >= api_keys.MOST_KEYS:
        raise TooManyKeys(f"An account has at most {api_keys.MOST_KEYS} API keys; delete one that is not used.")
    known = passwords.derive_key(form_id, account)[0] if form_id else None
    key_id, secret = passwords.generate_key(key_id=known)
    key = ApiKey(account=account, id=key_id, name=form.name, scope=form.scope, created_at=now, ends_at=form.ends_at)
    notice = owner_notices.new(account, NoticeKind.KEY, now, f"{key_id} {form.scope}")
    details = [Detail("id", after=key_id), Detail("scope", after=form.scope)]
    record = changes.new(account, ChangeKind.KEY_MADE, now, by, about=form.name, details=details)
    api_keys.create(key, passwords.hash_of(secret), notice, record)
    return key, secret


@app.get("/account/keys")
def list_keys() -> web.Page[ShownKey]:
    """List the API keys, the oldest first, also those that have ended."""
    shown = [ShownKey.model_validate(key) for key in api_keys.of_account(web.caller(app))]
    return web.Page(items=shown, next_cursor=None)


@app.delete("/account/keys/<key_id>", responses=web.responses({204: None}))
def delete_key(key_id: Annotated[str, Path(max_length=100)]) -> Response[str]:
    """Delete an API key. It works for up to a minute more, until the authoriser's cache expires."""
    if not end_key(web.caller(app), key_id, clients.now(), actor(app)):
        raise NotFound("There is no such API key.")
    return Response(204, body="")


def end_key(account: str, key_id: str, now: datetime, by: Actor) -> bool:
    """Delete an API key; return False if it does not exist."""
    found = api_keys.find(account, key_id)
    about = found[0].name if found else ""
    record = changes.new(account, ChangeKind.KEY_ENDED, now, by, about=about, details=[Detail("id", after=key_id)])
    return api_keys.delete(account, key_id, record)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
