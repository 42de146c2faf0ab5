"""The page of the API keys: make one, which is shown once, and end one."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from uuid import uuid4

from pydantic import ValidationError

from accounts import credentials_api
from accounts.credentials_api import NewKey
from hub.site import Page, actor, form_of_owner, go_to, notice, page_of_owner, show, site
from longcode.accounts import api_keys
from longcode.accounts.account import Account
from longcode.accounts.owner_mails import KEY_MAY
from longcode.accounts.passwords import KeyScope
from longcode.aws import clients
from longcode.errors import BadTime, NotFound, RequestError, form_refusal
from longcode.months import instant_of, time_zone
from longcode.table.store import ConditionFailed

_MADE_ALREADY = "This form has made its key, which is shown only once. If it is lost, end it and make another one."
_NO_SCOPE = "Choose what the key can do."
_NO_DATE = "Choose a day, or none."


@site.get("/hub/keys")
@page_of_owner
def show_keys(account: Account) -> Page:
    """Show the keys, without their secrets."""
    return _page(account, site.current_event.query_string_parameters or {})


@site.post("/hub/keys")
@form_of_owner
def make_key(account: Account, fields: dict[str, str]) -> Page:
    """Make a key and show it, once."""
    now = clients.now()
    try:
        form = _form(account, fields)
        key, secret = credentials_api.make_key(account.id, form, now, actor(), fields.get("key") or uuid4().hex)
    except RequestError as refusal:
        return _page(account, fields, refusal)
    except ConditionFailed:
        return notice("Nothing was changed", _MADE_ALREADY, 409, go_on="keys")
    return show("settings/new_key", account, made=key, secret=secret, can=KEY_MAY[key.scope], now=now)


@site.post("/hub/keys/<key_id>/end")
@form_of_owner
def end_key(account: Account, _fields: dict[str, str], key_id: str) -> Page:
    """End a key. One that has been ended is no error: the form may have been sent twice."""
    credentials_api.end_key(account.id, key_id, clients.now(), actor())
    return go_to("keys?ended=1")


@site.get("/hub/keys/<key_id>/end")
@page_of_owner
def ask_to_end(account: Account, key_id: str) -> Page:
    """Ask whether to end a key."""
    key = next((one for one in api_keys.of_account(account.id) if one.id == key_id), None)
    if key is None:
        raise NotFound("There is no such key.")
    return show("settings/end_key", account, ending=key, can=KEY_MAY[key.scope], now=clients.now())


def _form(account: Account, fields: Mapping[str, str]) -> NewKey:
    """Return the form that the API takes; raise `RequestError` that names the field."""
    if fields.get("scope") not in KEY_MAY:
        raise RequestError(_NO_SCOPE, field="scope")
    ends_at = _end_of(account, fields["ends"]) if fields.get("ends") else None
    try:
        return NewKey(name=fields.get("name", ""), scope=KeyScope(fields["scope"]), ends_at=ends_at)
    except ValidationError as error:
        raise form_refusal(error.errors()[0], {"name": "name", "ends_at": "end"}) from error


def _end_of(account: Account, day: str) -> datetime:
    """Return the end of a day at the studio."""
    try:
        return instant_of(date.fromisoformat(day) + timedelta(days=1), time.min, time_zone(account.time_zone))
    except (ValueError, OverflowError) as error:
        raise BadTime(_NO_DATE, field="ends_at") from error


def _page(account: Account, typed: Mapping[str, str], wrong: RequestError | None = None) -> Page:
    now = clients.now()
    return show(
        "settings/keys",
        account,
        wrong.status if wrong else 200,
        rows=[(key, KEY_MAY[key.scope], key.has_ended(now)) for key in api_keys.of_account(account.id)],
        scopes=KEY_MAY,
        key=uuid4().hex,
        typed=typed,
        wrong=wrong,
        ended="ended" in typed and wrong is None,
        now=now,
    )
