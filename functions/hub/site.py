"""The site that all pages of the hub belong to, and the guards of its pages and forms."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from hub import form_data, page
from hub.form_data import File
from longcode.accounts import sessions
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.accounts.people import Role
from longcode.accounts.sessions import Session
from longcode.aws import clients
from longcode.aws.at_once import at_once
from longcode.changes import store as changes
from longcode.changes.change import Actor, ChangeKind, Way
from longcode.messages import replies
from longcode.usage import call_limits

Page = Response[str]

SECTIONS: dict[str, dict[str, str]] = {
    "Clients": {"clients": "Clients", "opt-outs": "Opt-outs", "consent": "Consent", "join-page": "Join page"},
    "Broadcasts": {
        "broadcasts": "Broadcasts",
        "templates": "Templates",
        "canned-replies": "Canned replies",
        "own-fields": "Own fields",
    },
    "Automatic": {"triggers": "Triggers", "upcoming": "Upcoming", "calls": "Calls to make"},
    "Plan": {"plan": "Plan", "usage": "Usage", "invoices": "Invoices"},
    "Settings": {
        "account": "General info",
        "sending": "Sending",
        "hours": "Opening hours",
        "people": "People",
        "notifications": "Notifications",
        "webhooks": "Webhooks",
        "keys": "API keys",
        "export": "Export",
        "changes": "Changes",
    },
}
"""The sections of the navigation, and the pages of each: titles by paths. A section of several shows them as tabs."""

_OF_OWNER = {"join-page", "plan", "usage", "invoices", "account", "sending", "webhooks", "keys", "export", "changes"}

ANOTHER_SITE = "This form was not sent from a page of ours, so nothing was changed."

_NEXT = {
    "home": "Go to the home page",
    "operator/overview": "Go to the overview",
    "sign-in": "Use another address",
    "account": "Go back to the account",
    "webhooks": "Go back to the webhooks",
    "keys": "Go back to the API keys",
    "export": "Go to the page Export",
}

site = APIGatewayRestResolver()


def show(template: str, account: Account | None = None, status: int = 200, **values: Any) -> Page:
    """Return a page; one of an account has the frame around it, with the `unread` counts, unless given read here."""
    event = site.current_event
    if account:
        token = page.form_token(page.session_token(event.headers))
        values |= {
            "studio": account,
            "token": token,
            "me": site.context["session"],
            "unread": values.get("unread") or replies.unread_counts(account.id),
            "sections": _sections(site.context["session"]),
        }
    return page.render(event.path, template, status, **values)


def _sections(session: Session) -> dict[str, dict[str, str]]:
    """Return those of `SECTIONS` that a person may open."""
    hidden = set() if session.role is Role.OWNER else _OF_OWNER
    allowed = {
        section: {path: title for path, title in pages.items() if path not in hidden}
        for section, pages in SECTIONS.items()
    }
    return {section: pages for section, pages in allowed.items() if pages}


def go_to(path: str, **cookie: Any) -> Page:
    """Return a redirect to a page by its path below /hub/."""
    return page.redirect(site.current_event.path, path, **cookie)


def notice(title: str, sentence: str, status: int, *, go_on: str | None = "home") -> Page:
    """Return a page that only says something; its link leads to `go_on`, one of `_NEXT`, and None leaves it out."""
    link = _NEXT[go_on] if go_on else ""
    return show("notice", status=status, title=title, sentence=sentence, go_on=go_on, link=link)


def ask(
    title: str, facts: dict[str, str], sentence: str, button: str, if_not: str, *, note: str = "", **hidden: str
) -> Page:
    """Return a page that shows some facts and asks for a click, which posts the `hidden` fields to its own address.

    `if_not` says what to do if the answer is no, `note` what has changed since the page was shown first.
    """
    return show(
        "ask", title=title, facts=facts, sentence=sentence, button=button, if_not=if_not, note=note, hidden=hidden
    )


def page_of_studio(view: Callable[..., Page]) -> Callable[..., Page]:
    """Guard a page: it gets the account that is signed in; without one, the sign-in is shown."""

    @wraps(view)
    def guarded(**path: str) -> Page:
        account = _account_of_request()
        asked = site.current_event.query_string_parameters or {}
        return view(account, **path) if account else _sign_in_first(asked)

    return guarded


def page_of_owner(view: Callable[..., Page]) -> Callable[..., Page]:
    """Guard a page as `page_of_studio` does; only the owner can see it."""

    @page_of_studio
    def guarded(account: Account, **path: str) -> Page:
        if site.context["session"].role is not Role.OWNER:
            return notice("Not shown", "Only the owner of the account can see this page.", 403)
        return view(account, **path)

    return guarded


def form_of_studio(act: Callable[..., Page]) -> Callable[..., Page]:
    """Guard a form: it gets the account and the fields, if the form was posted from a page of the same session."""

    @wraps(act)
    def guarded(**path: str) -> Page:
        event, fields = site.current_event, fields_of_request()
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
    """Go to the sign-in, which leads back to this page, with what was asked of or typed on it unless too long."""
    back = {"back": site.current_event.path.removeprefix("/hub/")}
    with_typed, without = urlencode(back | page.typed_in(fields)), urlencode(back)
    return go_to(page.fitting(f"sign-in?{with_typed}", f"sign-in?{without}", "sign-in"))


def fields_of_request() -> dict[str, str]:
    """Return the fields of the form that was posted, and keep its files for `file_of_form`."""
    fields, site.context["files"] = form_data.read(site.current_event.raw_event)
    return fields


def _account_of_request() -> Account | None:
    """Return the account of the browser's session, or None. Both are read at the same time, as a token names both."""
    named = page.session_token(site.current_event.headers).partition(".")[0]
    session, account = at_once(
        session_of_request, lambda: accounts.get(named) if named.isascii() and named.isdigit() else None
    )
    return account if session and account and account.id == session.account else None


def session_of_request() -> Session | None:
    """Return the session of the browser's cookie, or None. Raise `TooManyRequests` as the API does."""
    event, now = site.current_event, clients.now()
    session = sessions.find(page.session_token(event.headers), now)
    if session:
        call_limits.check(session.account, event.http_method, event.path, now)
    site.context["session"] = session  # kept until the response is made
    return session


def file_of_form(name: str) -> File | None:
    """Return a file of the form that was posted, or None if none was chosen."""
    found: File | None = site.context["files"].get(name)
    return found if found and found.name else None


def actor() -> Actor:
    """Return who is signed in, with their browser and address, for the record of a change."""
    session: Session = site.context["session"]
    return Actor(
        way=Way.HUB,
        who=session.person or "password",
        name=session.name,
        address=address_of_request(),
        browser=session.browser,
    )


def actor_by_link() -> Actor:
    """Return whoever opened a mailed link, without a session, for the record of a change."""
    browser = page.browser(site.current_event.headers)
    return Actor(way=Way.LINK, who=Way.LINK, address=address_of_request(), browser=browser)


def taken_out(account: Account, name: str, file: Page) -> Page:
    """Return a file with data of the account, and record before that it was taken."""
    changes.record(changes.draft(account.id, ChangeKind.EXPORT, clients.now(), actor(), about=name))
    return file


def name_of_person() -> str | None:
    """Return the name of the person who is signed in; None for one with the account's password."""
    return site.context["session"].name or None


def address_of_request() -> str:
    """Return the internet address that the request came from; "" if it is unknown."""
    return str(site.current_event.raw_event["requestContext"].get("identity", {}).get("sourceIp") or "")
