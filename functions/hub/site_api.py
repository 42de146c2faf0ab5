"""The hub: pages in the browser for a studio's people, below /hub. They show what the flows of the API return."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from accounts.authorizer import authenticate_within, limits
from hub import home, page
from longcode.accounts import sessions
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.accounts.sessions import Session
from longcode.aws import clients
from longcode.aws.telemetry import begin_request, logger

_NOT_RIGHT = "No account has this number and password. Both are in the welcome mail."
_BROKEN = "Something broke on our side. Look whether it has taken effect before you do it again."
_ANOTHER_SITE = "This form was sent from another page than ours, so nothing was changed."

site = APIGatewayRestResolver()


@site.get("/hub")
def show_root() -> Response[str]:
    """Go to the home page, or to the sign-in."""
    return page.redirect(site, "home")


@site.get("/hub/assets/<name>")
def show_asset(name: str) -> Response[str]:
    """Return a style sheet, script or picture."""
    return page.asset(name) or _not_found()


@site.get("/hub/sign-in")
def show_sign_in() -> Response[str]:
    """Ask for the account number and password."""
    return page.page(site, "sign_in", wrong="", account="")


@site.post("/hub/sign-in")
def sign_in() -> Response[str]:
    """Begin a session, if the account number and password are right."""
    event, now = site.current_event, clients.now()
    if not page.is_of_this_site(event.headers):
        return page.page(site, "notice", 403, title="Not signed in", sentence=_ANOTHER_SITE)
    form = page.fields(event.decoded_body)
    account = form.get("account", "").strip()
    pair = f"{account}:{form.get('password', '').strip()}"
    authorization = f"Basic {b64encode(pair.encode(errors='replace')).decode()}"
    address = event.raw_event["requestContext"].get("identity", {}).get("sourceIp") or ""
    caller = authenticate_within(limits, authorization, address, now)
    if caller is None or caller.key:  # an API key is for programs
        return page.page(site, "sign_in", 403, wrong=_NOT_RIGHT, account=account)
    token = sessions.begin(caller.account, page.browser(event.headers), now)
    return page.redirect(site, "home", page.session_cookie(token))


@site.post("/hub/sign-out")
def sign_out() -> Response[str]:
    """End the session."""
    session = _session_of_form()
    if session is None:
        return page.page(site, "notice", 403, title="Not signed out", sentence=_ANOTHER_SITE)
    sessions.end(session)
    return page.redirect(site, "sign-in", page.no_session_cookie())


@site.get("/hub/home")
def show_home() -> Response[str]:
    """Show what waits for somebody, and the Services panel."""
    return _signed_in(
        lambda account: page.page(site, "home", **_frame(account), home=home.of(account, clients.now()))
    )


@site.not_found
def absent(_error: NotFoundError) -> Response[str]:
    """Return the page for an address without one."""
    return _not_found()


@site.exception_handler(Exception)
def broken(_error: Exception) -> Response[str]:
    """Return the page after a fault of ours."""
    logger.exception("broken")
    return page.page(site, "notice", 500, title="This did not work", sentence=_BROKEN)


def _signed_in(show: Callable[[Account], Response[str]]) -> Response[str]:
    """Return a page of the account that is signed in, or go to the sign-in."""
    session = _session()
    account = accounts.get(session.account) if session else None
    return show(account) if account else page.redirect(site, "sign-in")


def _session() -> Session | None:
    return sessions.find(page.session_token(site.current_event.headers), clients.now())


def _session_of_form() -> Session | None:
    """Return the session that a form was posted in, or None if another site may have posted it."""
    event = site.current_event
    given = page.fields(event.decoded_body).get("token", "")
    token = page.session_token(event.headers)
    return _session() if page.is_of_this_site(event.headers) and page.is_form_token(given, token) else None


def _frame(account: Account) -> dict[str, Any]:
    """Return what the frame around every page shows."""
    token = page.session_token(site.current_event.headers)
    return {"studio": account.name, "account": account.id, "token": page.form_token(token)}


def _not_found() -> Response[str]:
    return page.page(site, "notice", 404, title="Not found", sentence="There is no page at this address.")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    begin_request(event["requestContext"].get("requestId"))
    return site.resolve(event, context)
