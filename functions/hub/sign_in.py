"""Signing in to the hub, by a mailed link or with an account number and password, and out of it."""

import re
from base64 import b64encode
from urllib.parse import quote, urlencode

from accounts.authorizer import authenticate_within, limits
from hub import page
from hub.site import Page, address_of_request, fields_of_request, form_of_studio, go_to, notice, show, site
from longcode.accounts import account_links, attempts, people, sessions, sign_in_links, sign_ups
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.accounts.names import LONGEST_ADDRESS, MAIL_ADDRESS, NO_MAIL_ADDRESS
from longcode.aws import clients, queues
from longcode.jobs import MailSignInLink
from longcode.usage import call_limits

_NOT_RIGHT = "No account has this number and password. Both are in the welcome mail."
_MAILED = (
    "If {} belongs to somebody who can sign in, a mail with a link is on its way."
    " The link works once, for 15 minutes. If you see no mail, look among the spam."
)
_LONGEST_NUMBER = 40
# Where a sign-in may lead to: a stranger's link leads nowhere else.
_PAGES = (
    "home",
    "messages(/[0-9]+)?",
    "new",
    r"clients(/(?!\.\.?(/|$))[^/?#\s]+(/(delete|all|[0-9a-f]{32}))?)?",
    r"templates(/(?!\.\.?(/|$))[^/?#]+(/delete)?)?",
    "new-template",
    "canned-replies",
    "own-fields",
    "broadcasts/new(/[0-9a-f]{32}/(whom|what|check|go|delete))?",
    "consent(/[0-9]{1,15})?",
    "broadcasts(/b[0-9a-f]+(/(cancel|calls|again|replies))?)?",
    r"triggers(/(?!\.\.?(/|$))[^/?#\s]+(/(delete|plan))?)?",
    "upcoming(/cancel)?",
    "calls",
    r"opt-outs(/(record|import(/[0-9a-f]{32})?|[0-9]{1,15}))?",
    "join-page(/print)?",
    "failed",
    "more",
    "people",
    "notifications",
    "account(/password|/close)?",
    "sending",
    "hours",
    "export",
    r"webhooks(/(secret|list|sent/[0-9a-f]{1,40}))?",
    r"keys(/[a-z0-9]{1,20}/end)?",
    "plan(/change)?",
    r"usage(/[0-9]{4}-[0-9]{2}(/sheet)?)?",
    r"invoices(/[0-9]{4}-[0-9]{2})?",
    r"invoice-pdf/[0-9]{4}-[0-9]{2}",
)
# A stranger may have the link mailed: no page in it has words of theirs.
_IN_MAIL = r"[a-z]+(/[0-9]{1,15}|/[0-9]{4}-[0-9]{2})?"
_ANOTHER_SITE = "This form was not sent from a page of ours. Please sign in here."


@site.get("/hub/sign-in")
def show_sign_in() -> Page:
    """Show the sign-in; after it, the browser is back on its page, with what was typed there."""
    query = site.current_event.query_string_parameters or {}
    typed = page.typed_in(query)
    return show("sign_in", wrong="", number="", back=query.get("back", "home"), typed=typed, email="")


@site.post("/hub/sign-in")
def sign_in() -> Page:
    """Begin a session, if the account number and password are right."""
    event = site.current_event
    if not page.is_of_this_site(event.headers):
        return notice("Not signed in", _ANOTHER_SITE, 403)
    form = fields_of_request()
    number, back = form.get("account", "").strip()[:_LONGEST_NUMBER], form.get("back", "")
    typed = page.typed_in(form)
    pair = f"{number}:{form.get('password', '').strip()}"
    authorization = f"Basic {b64encode(pair.encode(errors='replace')).decode()}"
    caller = authenticate_within(limits, authorization, address_of_request(), clients.now())
    if caller:
        call_limits.check(caller.account, "POST", event.path, clients.now())
    if caller is None or caller.key:  # an API key is for programs
        return show("sign_in", status=403, wrong=_NOT_RIGHT, number=number, back=back, typed=typed, email="")
    token = sessions.begin(caller.account, page.browser(event.headers), clients.now())
    back = _known(back)
    places = [f"{quote(back)}?{urlencode(typed)}"] if typed else []
    return go_to(page.fitting(*places, quote(back), "home"), cookie=page.session_cookie(token))


@site.post("/hub/sign-in/mail")
def mail_link() -> Page:
    """Have a link mailed to an address. The answer does not show whether anybody has the address."""
    event = site.current_event
    if not page.is_of_this_site(event.headers):
        return notice("Not signed in", _ANOTHER_SITE, 403)
    form = fields_of_request()
    email, back = form.get("email", "").strip(), form.get("back", "home")
    if len(email) > LONGEST_ADDRESS or not re.fullmatch(MAIL_ADDRESS, email):
        return show("sign_in", status=422, wrong=NO_MAIL_ADDRESS, number="", back=back, typed={}, email=email)
    if not sign_ups.count_form(attempts.source(address_of_request()), clients.now()):
        return notice("Please wait", sign_ups.TOO_MANY_FORMS, 429)
    request = str(event.request_context.request_id)
    place = _known(back) if re.fullmatch(_IN_MAIL, back) else "home"
    queues.send(MailSignInLink(id=request, email=email.casefold(), back=place))
    return notice("Look at your mail", _MAILED.format(email), 200, go_on="sign-in")


@site.get("/hub/sign-in/<token>")
def show_link(token: str) -> Page:
    """Ask which account a link is for. Mail scanners follow links, so only a button begins the session."""
    link = sign_in_links.find(token, clients.now())
    if link is None:
        return notice("Not signed in", account_links.LINK_ENDED, 404)
    known = [(person, accounts.get(person.account)) for person in people.with_email(link.email)]
    back = (site.current_event.query_string_parameters or {}).get("back", "home")
    choices = [(person, account) for person, account in known if account]
    return show("sign_in_link", link=token, back=back, choices=choices)


@site.post("/hub/sign-in-by-link")
def use_link() -> Page:
    """Begin a session of the person with the link's address, in the account that was chosen.

    The address has no further folder, because a cookie without a path is valid for the folder in which it was set.
    """
    event, now = site.current_event, clients.now()
    if not page.is_of_this_site(event.headers):
        return notice("Not signed in", _ANOTHER_SITE, 403)
    form = fields_of_request()
    link, chosen = sign_in_links.find(form.get("link", ""), now), form.get("account")
    person = next((one for one in people.with_email(link.email) if one.account == chosen), None) if link else None
    if link is None or person is None or not sign_in_links.use(link):
        return notice("Not signed in", account_links.LINK_ENDED, 404)
    session = sessions.begin(person.account, page.browser(event.headers), now, person)
    return go_to(quote(_known(form.get("back", "home"))), cookie=page.session_cookie(session))


@site.post("/hub/sign-out")
@form_of_studio
def sign_out(_account: Account, _fields: dict[str, str]) -> Page:
    """End the session."""
    sessions.end(site.context["session"])
    return go_to("sign-in", cookie=page.no_session_cookie())


def _known(back: str) -> str:
    """Return the page to which a sign-in leads, "home" for one that is not of the hub."""
    return back if re.fullmatch("|".join(_PAGES), back) else "home"
