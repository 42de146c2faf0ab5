"""The public join page of a studio, where a client agrees to its texts; nobody signs in for it."""

import re
from uuid import uuid4

from hub import form_data, page
from hub.site import ANOTHER_SITE, Page, address_of_request, fields_of_request, notice, show, site
from longcode.accounts import attempts
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, send_refusal
from longcode.aws import clients as aws_clients
from longcode.clients import join_pages
from longcode.clients.join_pages import JoinPage
from longcode.errors import RequestError, TooManyForms
from optout import join_form

_CODE = re.compile(r"[a-z0-9]{4,40}")
_ABSENT = "There is no page at this address any more. Ask the studio for the new one."
_CHANGED = "The words below have changed meanwhile. Please read them again."


@site.get("/join/<code>")
def show_join_page(code: str) -> Page:
    """Show the studio's page, if it is turned on."""
    found = _found(code)
    return _form(*found, {}) if found else notice("Not found", _ABSENT, 404, go_on=None)


@site.post("/join/<code>")
def join(code: str) -> Page:
    """Text the phone of the form, so that it confirms; the answer does not show what is known of the phone."""
    if not page.is_of_this_site(site.current_event.headers):
        return notice("Nothing was sent", ANOTHER_SITE, 403, go_on=None)
    found, typed = _found(code), fields_of_request()
    if found is None:
        return notice("Not found", _ABSENT, 404, go_on=None)
    account, shown = found
    if typed.get("version") != str(shown.version):
        return _form(account, shown, typed, RequestError(_CHANGED, field="version"))
    source = attempts.source(address_of_request())
    try:
        join_form.ask(account, shown, typed, aws_clients.now(), source=source, key=form_data.key(typed))
    except TooManyForms as refusal:
        return notice("Please wait", refusal.detail, 429, go_on=None)
    except RequestError as refusal:
        return _form(account, shown, typed, refusal)
    return show("consent/joined", studio_name=account.name)


def _found(code: str) -> tuple[Account, JoinPage] | None:
    """Return the account and page of a code; the words of the page name the studio as it is called now.

    One that may not send texts has no page: why that is so concerns no stranger.
    """
    shown = join_pages.find(code) if _CODE.fullmatch(code) else None
    account = accounts.get(shown.account) if shown else None
    if shown is None or account is None or send_refusal(account):
        return None
    if shown.words != join_pages.words_of(account, shown):
        shown = join_pages.save(account, shown, None, aws_clients.now())
    return account, shown


def _form(account: Account, shown: JoinPage, typed: dict[str, str], wrong: RequestError | None = None) -> Page:
    return show(
        "consent/join",
        status=wrong.status if wrong else 200,
        studio_name=account.name,
        shown=shown,
        typed=typed,
        key=typed.get("key") or uuid4().hex,
        wrong=wrong,
    )
