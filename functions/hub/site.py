"""The site that all pages of the hub belong to, and the guards of its pages and forms."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from hub import page
from longcode.accounts import sessions
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.accounts.people import Role
from longcode.accounts.sessions import Session
from longcode.aws import clients
from longcode.aws.at_once import both
from longcode.messages import folders

Page = Response[str]

ANOTHER_SITE = "This form was not sent from a page of ours, so nothing was changed."

site = APIGatewayRestResolver()


def show(template: str, account: Account | None = None, status: int = 200, **values: Any) -> Page:
    """Return a page; one of an account has the frame around it."""
    event = site.current_event
    if account:
        token = page.form_token(page.session_token(event.headers))
        unread = folders.unread_counts(account.id)
        values |= {"studio": account, "token": token, "me": site.context["session"], "unread": unread}
    return page.render(event.path, template, status, **values)


def go_to(path: str, **cookie: Any) -> Page:
    """Return a redirect to a page by its path below /hub/."""
    return page.redirect(site.current_event.path, path, **cookie)


def notice(title: str, sentence: str, status: int) -> Page:
    """Return a page that only says something."""
    return show("notice", status=status, title=title, sentence=sentence)


def page_of_studio(view: Callable[..., Page]) -> Callable[..., Page]:
    """Guard a page: it gets the account that is signed in; without one, the sign-in is shown."""

    @wraps(view)
    def guarded(**path: str) -> Page:
        account = _account_of_request()
        return view(account, **path) if account else _sign_in_first({})

    return guarded


def form_of_studio(act: Callable[..., Page]) -> Callable[..., Page]:
    """Guard a form: it gets the account and the fields, if the form was posted from a page of the same session."""

    @wraps(act)
    def guarded(**path: str) -> Page:
        event = site.current_event
        fields = page.fields(event.decoded_body)
        if not page.is_of_this_site(event.headers):
            return notice("Nothing was changed", ANOTHER_SITE, 403)
        account = _account_of_request()
        if account is None:
            return _sign_in_first(fields)
        if not page.is_form_token(fields.get("token", ""), page.session_token(event.headers)):
            return notice("Nothing was changed", ANOTHER_SITE, 403)
        return act(account, fields, **path)

    return guarded


def form_of_owner(act: Callable[..., Page]) -> Callable[..., Page]:
    """Guard a form as `form_of_studio` does; only the owner can post it."""

    @form_of_studio
    def guarded(account: Account, fields: dict[str, str], **path: str) -> Page:
        if site.context["session"].role is not Role.OWNER:
            return notice("Nothing was changed", "Only the owner of the account can change this.", 403)
        return act(account, fields, **path)

    return guarded


def _sign_in_first(fields: dict[str, str]) -> Page:
    """Go to the sign-in, which leads back to this page, with what was typed on it."""
    back = urlencode({"back": site.current_event.path.removeprefix("/hub/"), **page.typed_in(fields)})
    return go_to(f"sign-in?{back}")


def _account_of_request() -> Account | None:
    """Return the account of the browser's session, or None. Both are read at the same time, as a token names both."""
    named = page.session_token(site.current_event.headers).partition(".")[0]
    session, account = both(
        session_of_request, lambda: accounts.get(named) if named.isascii() and named.isdigit() else None
    )
    return account if session and account and account.id == session.account else None


def session_of_request() -> Session | None:
    """Return the session of the browser's cookie, or None."""
    session = sessions.find(page.session_token(site.current_event.headers), clients.now())
    site.context["session"] = session  # kept until the response is made
    return session


def name_of_person() -> str | None:
    """Return the name of the person who is signed in; None for one with the account's password."""
    return site.context["session"].name or None


def address_of_request() -> str:
    """Return the internet address that the request came from; "" if it is unknown."""
    return str(site.current_event.raw_event["requestContext"].get("identity", {}).get("sourceIp") or "")
