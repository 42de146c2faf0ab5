"""What the pages that send a text share: the form of a text, its time, and its length in words."""

from datetime import datetime, time
from uuid import uuid4

from pydantic import ValidationError

from hub import page, words
from hub.site import Page, form_of_studio, go_to, page_of_studio, show, site
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.errors import BadPhone, BadTime, RequestError
from longcode.months import instant_of, time_zone
from longcode.phone import to_stored
from send import api as send

MOST_TEMPLATES = 200
"""How many templates the list beside a text box has."""

_MOST_MARKS = 5


@site.get("/hub/new")
@page_of_studio
def show_new_text(account: Account) -> Page:
    """Ask for a phone and a text."""
    query = site.current_event.query_string_parameters or {}
    body = template_body(account, query.get("template")) or query.get("body", "")
    return _new_text(account, {"to": query.get("to", ""), "body": body})


@site.post("/hub/new")
@form_of_studio
def send_new_text(account: Account, fields: dict[str, str]) -> Page:
    """Send a text to a number, and show the conversation."""
    try:
        phone = to_stored(fields.get("to", ""), account.country_code)
        accept(account, phone, fields)
    except RequestError as refusal:
        return _new_text(account, fields, refusal)
    return go_to(f"messages/{phone.removeprefix('+')}?sent=1&tab=sent")


@site.post("/hub/length")
@form_of_studio
def show_length(account: Account, fields: dict[str, str]) -> Page:
    """Return in words how long a text is and what it costs, or why it cannot be sent."""
    try:
        phone = to_stored(fields.get("to") or fields.get("phone", ""), account.country_code)
        shown = send.preview(account.id, _form(account, phone, fields), clients.now())
    except RequestError as refusal:
        return page.plain("" if isinstance(refusal, BadPhone) else refusal.detail)
    return page.plain(_length_in_words(shown))


def accept(account: Account, phone: str, fields: dict[str, str]) -> None:
    """Accept the text of a form; raise `RequestError` if it is refused."""
    send.accept(account.id, _form(account, phone, fields), fields.get("key") or uuid4().hex, clients.now())


def template_names(account: Account) -> list[str]:
    """Return the names of an account's templates."""
    return [template.name for template in accounts.template_page(account.id, None, MOST_TEMPLATES)]


def template_body(account: Account, name: str | None) -> str:
    """Return the words of a template, "" if there is none with the name."""
    found = accounts.get_template(account.id, name) if name else None
    return found.body if found else ""


def _form(account: Account, phone: str, fields: dict[str, str]) -> send.NewMessage:
    """Return the form of a text; raise `RequestError` if the form itself refuses it."""
    at = _time(account, fields.get("at", ""))
    try:
        return send.NewMessage(
            to=phone, body=fields.get("body", ""), client_id=fields.get("client") or None, send_at=at
        )
    except ValidationError as error:
        raise RequestError(f"The text cannot be sent: {error.errors()[0]['msg']}.", field="body") from error


def _time(account: Account, typed: str) -> datetime | None:
    """Return the instant of a day and time in the studio's zone, as browsers write them; None if none was chosen."""
    if not typed:
        return None
    try:
        local = datetime.fromisoformat(typed)
    except ValueError as error:
        raise BadTime("Choose a day and a time.", field="at") from error
    return instant_of(local.date(), time(local.hour, local.minute), time_zone(account.time_zone))


def _new_text(account: Account, fields: dict[str, str], wrong: RequestError | None = None) -> Page:
    return show(
        "new_text",
        account,
        wrong.status if wrong else 200,
        typed={"to": "", "body": "", "at": ""} | fields,
        key=fields.get("key") or uuid4().hex,
        templates=template_names(account),
        wrong=wrong,
        now=clients.now(),
    )


def _length_in_words(shown: send.Preview) -> str:
    """Return the length of a text and what makes it dear, or why it may not be sent."""
    if not shown.may_be_sent:
        return shown.reason or ""
    units = words.counted(shown.units, "unit")
    if shown.segments <= shown.units or not shown.forcing_ucs2:
        return units
    marks = " ".join(shown.forcing_ucs2[:_MOST_MARKS])
    return f"{units}. With {marks} the carrier counts {words.counted(shown.segments, 'part')}."
