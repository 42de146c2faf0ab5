"""The guards of the operator's pages and forms, and the orders that they give."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import quote

from admin import changes
from admin.order import Order
from hub import page
from hub.error_pages import nothing_here
from hub.site import ANOTHER_SITE, Page, address_of_request, fields_of_request, go_to, notice, site
from longcode.accounts import sessions
from longcode.accounts.people import OPERATORS, is_operator
from longcode.accounts.sessions import Session
from longcode.aws import clients
from longcode.aws.settings import settings

COOKIE = "operator"
"""The name of the operator's cookie: a person can be signed in to a studio beside it."""

TABS = {"overview": "Overview", "accounts": "Accounts", "money": "Money", "changes": "Changes"}
"""The operator's pages: titles by paths below /hub/operator/."""


_PAGES = r"overview|accounts|accounts/[0-9]{1,15}|money|money/[0-9]{4}-[0-9]{2}|changes"


def known(back: str) -> str:
    """Return the page to which a sign-in leads, the overview for one that is not the operator's."""
    return back if re.fullmatch(_PAGES, back) else "overview"


def show(template: str, status: int = 200, **values: Any) -> Page:
    """Return an operator's page, with the frame around it."""
    token = page.form_token(page.session_token(site.current_event.headers, COOKIE))
    me = site.context["session"]
    return page.render(
        site.current_event.path, f"operator/{template}", status, token=token, me=me, tabs=TABS, **values
    )


def give(order: Order, act: Callable[[Any, datetime], dict[str, Any]]) -> None:
    """Carry out an order of the operator's, recorded as one of the command line's; raise `RequestError`."""
    request, session = str(site.current_event.request_context.request_id), site.context["session"]
    operator = changes.operator(request, address_of_request(), session.browser)
    changes.recorded(order, act, clients.now(), operator)


def name_of_operator() -> str:
    """Return who is signed in, for the field `by` of an order."""
    return str(site.context["session"].name)


def page_of_operator(view: Callable[..., Page]) -> Callable[..., Page]:
    """Guard a page: only an operator who is signed in sees it. Without operators, there is no such page."""

    @wraps(view)
    def guarded(**path: str) -> Page:
        if not settings().operator_addresses:
            return nothing_here()
        if _session() is None:
            place = site.current_event.path.removeprefix("/hub/operator/")
            return go_to(f"operator/sign-in?back={quote(known(place))}")
        return view(**path)

    return guarded


def form_of_operator(act: Callable[..., Page]) -> Callable[..., Page]:
    """Guard a form as `page_of_operator` does: it must have been posted from a page of the same session."""

    @page_of_operator
    @wraps(act)
    def guarded(**path: str) -> Page:
        event, fields = site.current_event, fields_of_request()
        session = page.session_token(event.headers, COOKIE)
        if not page.is_of_this_site(event.headers) or not page.is_form_token(fields.get("token", ""), session):
            return notice("Nothing was changed", ANOTHER_SITE, 403, go_on=None)
        return act(fields, **path)

    return guarded


def _session() -> Session | None:
    """Return the operator's session, unless it has ended or their address is not listed any more."""
    found = sessions.find(page.session_token(site.current_event.headers, COOKIE), clients.now())
    session = found if found and found.account == OPERATORS and is_operator(found.name) else None
    site.context["session"] = session
    return session
