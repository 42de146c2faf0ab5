"""The pages of the webhooks: the address, its secret, what was sent and what became of it."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from accounts import settings_api
from hub import page
from hub.settings import changes
from hub.settings.changes import changed, save
from hub.site import Page, actor, form_of_owner, go_to, notice, page_of_owner, show, site
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, ReplyDelivery, WebhookEvent
from longcode.aws import clients
from longcode.errors import RequestError
from longcode.webhooks import store as webhooks
from longcode.webhooks.delivery import Delivery, DeliveryState, backoff_until, is_on
from webhooks import api

_EVENT = "event_"
_EACH_PAGE = 50
EVENTS = {
    WebhookEvent.MESSAGE_RECEIVED: "A client has answered",
    WebhookEvent.MESSAGE_STATUS: "A text was sent, delivered or not delivered",
    WebhookEvent.OPT_OUT_RECORDED: "A phone was opted out or in",
    WebhookEvent.CALL_CREATED: "A client has to be called: they can't be texted, or a broadcast did not reach them",
    WebhookEvent.USAGE_NOTICE: "Most of the plan's texts are used",
}
_TEST = {WebhookEvent.TEST: "A test"}
_STATUS = "status_"
_ERRORS = {
    "timed_out": "no answer within ten seconds",
    "unknown_host": "nobody knows a server of this name",
    "not_public": "the server is not on the public internet",
    "bad_address": "the address cannot be called",
    "tls_failed": "the server's certificate is not valid",
    "connection_failed": "the server took no connection",
    "webhook_off": "webhooks were off",
    "receiver_failing": "your software was failing, so this one waited",
    "nothing_left_to_tell": "the message was deleted before it could be sent",
}
_MEANINGS = {
    "401": "it did not accept the signature or the sign-in",
    "403": "it refused us",
    "404": "there is nothing at the address",
    "410": "it wants no more webhooks, so they are off now",
    "429": "it was called too often",
}
_MEANS_SERVER = "it has a fault of its own"
_MEANS_REDIRECT = "it sends us to another address, and we follow none"
STATES = {
    DeliveryState.PENDING: "waiting",
    DeliveryState.DELIVERED: "accepted",
    DeliveryState.FAILED: "given up",
}
_SHOWN_ALREADY = (
    "The address was saved before, and its secret was shown then. If you did not see it, make a new secret on the"
    " page of the webhooks."
)
_MADE_ALREADY = "The secret was changed after this page was shown, so nothing was done now."


@site.get("/hub/webhooks")
@page_of_owner
def show_webhooks(account: Account) -> Page:
    """Show where webhooks go, which, and how the studio's software takes them."""
    return _page(account, site.current_event.query_string_parameters or {})


@site.post("/hub/webhooks")
@form_of_owner
def change_webhooks(account: Account, fields: dict[str, str]) -> Page:
    """Write what was changed; the secret that a first address makes is shown once."""
    settings: dict[str, Any] = {}
    if fields.get("version") == _version_of("") and account.webhook_secret:
        return notice("This was saved already", _SHOWN_ALREADY, 409, go_on="webhooks")
    if address := changed(fields, "webhook_url"):
        settings["webhook_url"] = address["webhook_url"] or None
    if switched := changed(fields, "on"):
        settings["delivery"] = ReplyDelivery.WEBHOOK if switched["on"] else ReplyDelivery.POLL
    if ticked := changed(fields, *map(_name_of, EVENTS)):
        kept = [event for event in account.webhook_events if _name_of(event) not in ticked]
        settings["webhook_events"] = kept + [name.removeprefix(_EVENT) for name, now in ticked.items() if now]
    try:
        changes.check_unchanged(_current(account), fields)
        save(account, settings)
    except RequestError as refusal:
        return _page(account, fields, refusal)
    after = accounts.get_or_raise(account.id)
    if after.webhook_secret and not account.webhook_secret:
        return show("settings/secret", account, secret=after.webhook_secret, until=None, now=clients.now())
    return go_to("webhooks?saved=1")


@site.get("/hub/webhooks/secret")
@page_of_owner
def ask_for_secret(account: Account) -> Page:
    """Ask whether to make a new secret."""
    if account.webhook_secret is None:
        return go_to("webhooks")
    return show("settings/new_secret", account, version=_version(account))


@site.post("/hub/webhooks/secret")
@form_of_owner
def make_secret(account: Account, fields: dict[str, str]) -> Page:
    """Make a new secret and show it, once: a form that is sent twice makes one."""
    if fields.get("version") != _version(account):
        return notice("Nothing was changed", _MADE_ALREADY, 409, go_on="webhooks")
    secret = settings_api.new_webhook_secret(account, clients.now(), actor())
    old = accounts.get_or_raise(account.id).webhook_old_secrets
    return show("settings/secret", account, secret=secret, until=old[0].until if old else None, now=clients.now())


@site.post("/hub/webhooks/test")
@form_of_owner
def try_webhooks(account: Account, fields: dict[str, str]) -> Page:
    """Send a webhook that tests the address, and show what becomes of it."""
    return go_to(f"webhooks/sent/{api.send_test(account, fields.get('key') or uuid4().hex, clients.now()).id}")


@site.get("/hub/webhooks/list")
@page_of_owner
def list_deliveries(account: Account) -> Page:
    """Show a page of the webhooks that were given up, or that wait for another attempt."""
    query, now = site.current_event.query_string_parameters or {}, clients.now()
    state = DeliveryState.PENDING if query.get("state") == DeliveryState.PENDING else DeliveryState.FAILED
    found = webhooks.page(account.id, state, now, limit=_EACH_PAGE, cursor=query.get("after"))
    return show(
        "settings/deliveries",
        account,
        state=state,
        rows=[(one, _what(one), why(one.error)) for one in found.deliveries],
        after=found.next_cursor,
        is_first="after" not in query,
        now=now,
    )


@site.get("/hub/webhooks/sent/<delivery_id>")
@page_of_owner
def show_delivery(account: Account, delivery_id: str) -> Page:
    """Show one webhook, with what became of it."""
    now = clients.now()
    found = api.delivery(account.id, delivery_id, now)
    return show(
        "settings/delivery",
        account,
        delivery=found,
        what=_what(found),
        state=STATES[found.state],
        why=why(found.error),
        data=json.dumps(found.data, indent=2, ensure_ascii=False),
        is_on=is_on(account),
        now=now,
    )


@site.post("/hub/webhooks/sent/<delivery_id>/again")
@form_of_owner
def send_again(account: Account, _fields: dict[str, str], delivery_id: str) -> Page:
    """Send a webhook again; one that is on its way is not sent twice."""
    api.replay(account, delivery_id, clients.now())
    return go_to(f"webhooks/sent/{delivery_id}")


def why(error: str | None) -> str:
    """Return why an attempt failed, in words; "" if none did."""
    if error is None:
        return ""
    if not error.startswith(_STATUS):
        return _ERRORS.get(error, error.replace("_", " "))
    status = error.removeprefix(_STATUS)
    meaning = _MEANINGS.get(status) or {"5": _MEANS_SERVER, "3": _MEANS_REDIRECT}.get(status[:1], "")
    return f"your software answered {status}" + (f": {meaning}" if meaning else "")


def _what(delivery: Delivery) -> str:
    return (EVENTS | _TEST)[delivery.event]


def _name_of(event: str) -> str:
    return f"{_EVENT}{event}"


def _version(account: Account) -> str:
    """Return a mark of the present secret, by which a form knows that it is still the same."""
    return _version_of(account.webhook_secret or "")


def _version_of(secret: str) -> str:
    return page.form_token(secret)


def _current(account: Account) -> dict[str, str]:
    """Return the settings as the form shows them."""
    current = {"webhook_url": account.webhook_url or "", "on": "on" if is_on(account) else ""}
    return current | {_name_of(event): "on" if event in account.webhook_events else "" for event in EVENTS}


def _page(account: Account, typed: Mapping[str, str], wrong: RequestError | None = None) -> Page:
    now = clients.now()
    values, was = changes.shown(_current(account), typed, wrong)
    endpoint = webhooks.endpoint_of(account.id)
    old = [one.until for one in account.webhook_old_secrets if one.until > now]
    return show(
        "settings/webhooks",
        account,
        wrong.status if wrong else 200,
        values=values,
        was=was,
        events={_name_of(event): words for event, words in EVENTS.items()},
        endpoint=endpoint,
        paused=backoff_until(endpoint, now),
        is_on=is_on(account),
        old_until=max(old, default=None),
        key=uuid4().hex,
        version=typed.get("version", _version(account)),
        wrong=wrong,
        saved="saved" in typed and wrong is None,
        now=now,
    )
