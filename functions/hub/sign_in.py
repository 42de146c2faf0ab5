"""Signing in to the hub with an account number and password, and out of it."""

import re
from base64 import b64encode
from urllib.parse import urlencode

from accounts.authorizer import authenticate_within, limits
from hub import page
from hub.site import Page, form_of_studio, go_to, notice, session_of_request, show, site
from longcode.accounts import sessions
from longcode.accounts.account import Account
from longcode.aws import clients

_NOT_RIGHT = "No account has this number and password. Both are in the welcome mail."
_PAGE = r"home|messages(/[0-9]+)?|new"  # where a sign-in leads to; no other address, which a stranger might have made
_ANOTHER_SITE = "This form was sent from another page than ours. Please sign in here."


@site.get("/hub/sign-in")
def show_sign_in() -> Page:
    """Ask for the account number and password; afterwards the browser is where it was, with what was typed there."""
    query = site.current_event.query_string_parameters or {}
    typed = {name: query[name] for name in ("to", "body") if query.get(name)}
    return show("sign_in", wrong="", number="", back=query.get("back", "home"), typed=typed)


@site.post("/hub/sign-in")
def sign_in() -> Page:
    """Begin a session, if the account number and password are right."""
    event = site.current_event
    if not page.is_of_this_site(event.headers):
        return notice("Not signed in", _ANOTHER_SITE, 403)
    form = page.fields(event.decoded_body)
    number, back = form.get("account", "").strip(), form.get("back", "")
    typed = {name: form[name] for name in ("to", "body") if form.get(name)}
    pair = f"{number}:{form.get('password', '').strip()}"
    authorization = f"Basic {b64encode(pair.encode(errors='replace')).decode()}"
    address = event.raw_event["requestContext"].get("identity", {}).get("sourceIp") or ""
    caller = authenticate_within(limits, authorization, address, clients.now())
    if caller is None or caller.key:  # an API key is for programs
        return show("sign_in", status=403, wrong=_NOT_RIGHT, number=number, back=back, typed=typed)
    token = sessions.begin(caller.account, page.browser(event.headers), clients.now())
    place = f"{back}?{urlencode(typed)}" if typed else back
    return go_to(place if re.fullmatch(_PAGE, back) else "home", cookie=page.session_cookie(token))


@site.post("/hub/sign-out")
@form_of_studio
def sign_out(_account: Account, _fields: dict[str, str]) -> Page:
    """End the session."""
    if session := session_of_request():
        sessions.end(session)
    return go_to("sign-in", cookie=page.no_session_cookie())
