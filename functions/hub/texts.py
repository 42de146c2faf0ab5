"""What the pages that send a text share: the form of a text, its time, and the sentence about its length."""

from collections.abc import Sequence
from datetime import datetime, time
from uuid import uuid4

from msgspec import Struct
from pydantic import ValidationError

from hub import page, words
from hub.site import Page, form_of_studio, go_to, name_of_person, page_of_studio, show, site
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.billing.invoice import money
from longcode.clients import store as client_store
from longcode.clients.client import numbers_to_text
from longcode.errors import BadPhone, BadTime, RequestError
from longcode.messages import accept as messages_accept
from longcode.months import instant_of, time_zone
from longcode.phone import in_words, to_stored
from longcode.segments import MAX_CHARACTERS, UNIT_CHARACTERS
from longcode.template import full_name
from send import api as send

MOST_TEMPLATES = 200
"""How many templates the list beside a text box has."""

_MOST_CHOICES = 8


_NO_WORDS = "Write a text first."
_TOO_LONG = f"A text has at most {MAX_CHARACTERS:,} characters."


class Choice(Struct, frozen=True, kw_only=True):
    """A client's phone that a text may be for."""

    name: str
    phone: str
    in_words: str


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
    except BadPhone as refusal:
        return _ask_whom(account, fields, refusal)
    except RequestError as refusal:
        return _new_text(account, fields, refusal)
    return go_to(f"messages/{phone.removeprefix('+')}?sent=1&tab=sent")


@site.post("/hub/length")
@form_of_studio
def show_length(account: Account, fields: dict[str, str]) -> Page:
    """Return a sentence that says how many units a text costs, or why it cannot be sent."""
    try:
        phone = to_stored(fields.get("to") or fields.get("phone", ""), account.country_code)
        shown = send.preview(account.id, _form(account, phone, fields), clients.now())
    except RequestError as refusal:
        return page.plain("" if isinstance(refusal, BadPhone) else words.refusal(refusal.code, refusal.detail))
    return page.plain(_length_in_words(shown, messages_accept.plan_at(account, clients.now()).currency))


def accept(account: Account, phone: str, fields: dict[str, str]) -> None:
    """Accept the text of a form; raise `RequestError` if it is refused."""
    key = fields.get("key") or uuid4().hex
    send.accept(account.id, _form(account, phone, fields), key, clients.now(), name_of_person())


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
        raise RequestError(_TOO_LONG if fields.get("body") else _NO_WORDS, field="body") from error


def _time(account: Account, typed: str) -> datetime | None:
    """Return the instant of a day and time in the studio's zone, as browsers write them; None if none was chosen."""
    if not typed:
        return None
    try:
        local = datetime.fromisoformat(typed)
    except ValueError as error:
        raise BadTime("Choose a day and a time.", field="at") from error
    return instant_of(local.date(), time(local.hour, local.minute), time_zone(account.time_zone))


def _ask_whom(account: Account, fields: dict[str, str], refusal: BadPhone) -> Page:
    """Show the phones of the clients with the name that was typed in place of a number, or what is wrong with it."""
    name = fields.get("to", "")
    refusal.field = "to"
    if not any(map(str.isalpha, name)):
        return _new_text(account, fields, refusal)
    nobody = RequestError(f"No client who gets texts is called “{name}”. Write a name or a phone number.", field="to")
    return _new_text(account, fields, nobody, _choices(account, name))


def _choices(account: Account, name: str) -> list[Choice]:
    found = client_store.search(account.id, name, _MOST_CHOICES)
    return [
        Choice(
            name=full_name(client.first_name, client.last_name) or client.id,
            phone=phone,
            in_words=in_words(phone, account.country_code),
        )
        for client in found
        for phone in numbers_to_text(client)
    ]


def _new_text(
    account: Account, fields: dict[str, str], wrong: RequestError | None = None, choices: Sequence[Choice] = ()
) -> Page:
    return show(
        "new_text",
        account,
        wrong.status if wrong else 200,
        typed={"to": "", "body": "", "at": ""} | fields,
        key=fields.get("key") or uuid4().hex,
        templates=template_names(account),
        wrong=wrong,
        choices=choices,
        now=clients.now(),
    )


def _length_in_words(shown: send.Preview, currency: str) -> str:
    """Return the length of a text, what it costs beyond the plan and why it would wait; or why it may not be sent."""
    if not shown.may_be_sent:
        return words.refusal(shown.code, shown.reason or "")
    characters = len(shown.text or "")
    said = f"{characters} of {UNIT_CHARACTERS} characters"
    if shown.units > 1:
        said = f"{words.number(characters)} characters, counts as {words.counted(shown.units, 'text')}"
    if shown.price_micros:
        said += f", {money(shown.price_micros, currency)} beyond your plan"
    waits = words.waiting(shown.held[0].code) if shown.held else ""
    return f"{said}. It {waits}." if waits else said
