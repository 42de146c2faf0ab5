"""The operator's own sign-in, by a link that is mailed to an address which the deployment lists."""

import re
from urllib.parse import quote

from hub import page
from hub.error_pages import nothing_here
from hub.operator.guard import COOKIE, form_of_operator, known
from hub.site import ANOTHER_SITE, Page, address_of_request, fields_of_request, go_to, notice, show, site
from longcode.accounts import account_links, attempts, people, sessions, sign_in_links, sign_ups
from longcode.accounts.names import LONGEST_ADDRESS, MAIL_ADDRESS, NO_MAIL_ADDRESS
from longcode.aws import clients, queues
from longcode.aws.settings import settings
from longcode.jobs import MailSignInLink

_MAILED = (
    "If {} is an operator's address, a mail with a link is on its way. The link works once, for 15 minutes."
    " If you see no mail, look among the spam."
)


@site.get("/hub/operator")
def show_operator() -> Page:
    """Go to the overview, or to the sign-in."""
    return go_to("operator/overview")


@site.get("/hub/operator/sign-in")
def show_operators_sign_in() -> Page:
    """Show the operator's sign-in; without operators, there is none."""
    if not settings().operator_addresses:
        return nothing_here()
    back = (site.current_event.query_string_parameters or {}).get("back", "overview")
    return show("operator/sign_in", wrong="", email="", back=known(back))


@site.post("/hub/operator/sign-in")
def mail_operators_link() -> Page:
    """Have a link mailed to an address. The answer does not show whether it is an operator's."""
    event = site.current_event
    if not settings().operator_addresses:
        return nothing_here()
    if not page.is_of_this_site(event.headers):
        return notice("Not signed in", ANOTHER_SITE, 403, go_on=None)
    form = fields_of_request()
    email, back = form.get("email", "").strip(), known(form.get("back", ""))
    if len(email) > LONGEST_ADDRESS or not re.fullmatch(MAIL_ADDRESS, email):
        return show("operator/sign_in", status=422, wrong=NO_MAIL_ADDRESS, email=email, back=back)
    if not sign_ups.count_form(attempts.source(address_of_request()), clients.now()):
        return notice("Please wait", sign_ups.TOO_MANY_FORMS, 429, go_on=None)
    request = str(event.request_context.request_id)
    queues.send(MailSignInLink(id=request, email=email.casefold(), back=back, is_operator=True))
    return notice("Look at your mail", _MAILED.format(email), 200, go_on=None)


@site.get("/hub/operator/sign-in/<token>")
def show_operators_link(token: str) -> Page:
    """Ask for a click. Mail scanners follow links, so only a button begins the session."""
    if not settings().operator_addresses or sign_in_links.find(token, clients.now()) is None:
        return notice("Not signed in", account_links.LINK_ENDED, 404, go_on=None)
    back = (site.current_event.query_string_parameters or {}).get("back", "overview")
    return show("operator/sign_in_link", link=token, back=known(back))


@site.post("/hub/operator/session")
def begin_operators_session() -> Page:
    """Begin a session of the operator to whom the link was mailed.

    The cookie is valid in the folder of this address: on the operator's pages, and on no others.
    """
    event, now = site.current_event, clients.now()
    if not page.is_of_this_site(event.headers):
        return notice("Not signed in", ANOTHER_SITE, 403, go_on=None)
    form = fields_of_request()
    link = sign_in_links.find(form.get("link", ""), now)
    address = people.of_operators_link(link.email) if link else None
    if link is None or address is None or not people.is_operator(address) or not sign_in_links.use(link):
        return notice("Not signed in", account_links.LINK_ENDED, 404, go_on=None)
    session = sessions.begin(people.OPERATORS, page.browser(event.headers), now, people.operator(address))
    back = quote(known(form.get("back", "")))
    return go_to(f"operator/{back}", cookie=page.session_cookie(session, COOKIE))


@site.post("/hub/operator/sign-out")
@form_of_operator
def sign_operator_out(_fields: dict[str, str]) -> Page:
    """End the session."""
    sessions.end(site.context["session"])
    return go_to("operator/sign-in", cookie=page.no_session_cookie(COOKIE))
