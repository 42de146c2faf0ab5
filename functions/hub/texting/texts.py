"""What the pages that send a text share: the form of a text, its time, its preview, and the page "New text"."""

from datetime import datetime, time
from functools import partial
from uuid import uuid4

from pydantic import ValidationError

from hub.site import Page, form_of_studio, go_to, name_of_person, page_of_studio, show, site
from hub.texting import canned_replies, previews, recipients
from hub.texting.recipients import Addressee
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.aws.at_once import at_once
from longcode.errors import BadPhone, BadTime, IdempotencyConflict, OptedOut, RequestError
from longcode.months import instant_of, time_zone
from longcode.segments import MAX_CHARACTERS
from longcode.templates import store as template_store
from send import api as send

NO_WORDS = "Write a text first."
TOO_LONG = f"A text has at most {MAX_CHARACTERS:,} characters."


@site.get("/hub/new")
@page_of_studio
def show_new_text(account: Account) -> Page:
    """Ask for a client or a number, and a text."""
    query = site.current_event.query_string_parameters or {}
    body = query.get("body") or template_body(account, query.get("template"))
    to, client = query.get("to", ""), query.get("client", "")
    return _new_text(account, {"to": recipients.label_of_number(account, to), "client": client, "body": body})


@site.post("/hub/new")
@form_of_studio
def send_new_text(account: Account, fields: dict[str, str]) -> Page:
    """Send a text to a client or a number, and show the conversation; or show what would be sent."""
    try:
        if wants_template(fields):
            return _new_text(account, with_template(account, fields))
        to = recipients.of(account, fields)
        fields = fields | {"to": to.label, "client": to.client_id or ""}
        if fields.get("preview"):
            return _new_text(account, fields)
        sent_to = accept(account, to, fields)
    except BadPhone as refusal:
        return _ask_whom(account, fields, refusal)
    except RequestError as refusal:
        return _new_text(account, fields, refusal)
    return go_to(f"messages/{sent_to.removeprefix('+')}?sent=new&tab=sent")


@site.get("/hub/suggest")
@page_of_studio
def suggest(account: Account) -> Page:
    """Return the phones of the clients that a part of a name or number finds, for the script of the page."""
    typed = (site.current_event.query_string_parameters or {}).get("q", "")
    return show("texting/suggest", choices=recipients.choices(account, typed))


@site.post("/hub/preview")
@form_of_studio
def show_preview(account: Account, fields: dict[str, str]) -> Page:
    """Return what would be sent, or why it would not, for the script of the page; nothing while nobody is chosen."""
    phone = fields.get("phone")
    try:
        to = Addressee(phone=phone, client_id=fields.get("client")) if phone else recipients.of(account, fields)
    except BadPhone:
        return show("texting/preview", shown=None)
    return show("texting/preview", shown=_preview(account, to, fields))


def accept(account: Account, to: Addressee, fields: dict[str, str]) -> str:
    """Accept the text of a form, and return the first phone that gets it; raise `RequestError` if it is refused."""
    key = fields.get("key") or uuid4().hex
    accepted = send.accept(account.id, _form(account, to, fields), key, clients.now(), name_of_person())
    return accepted.messages[0].phone


def not_sent_yet(account: Account, fields: dict[str, str]) -> dict[str, str] | None:
    """Return the fields as the page shows them again if a button only wants a template or a preview, else None."""
    if wants_template(fields):
        return with_template(account, fields)
    return fields if fields.get("preview") else None


def shown_if_asked(account: Account, to: Addressee, fields: dict[str, str]) -> previews.ShownPreview | None:
    """Return the preview, if a button asked for it."""
    return _preview(account, to, fields) if fields.get("preview") else None


def key_of(fields: dict[str, str], wrong: RequestError | None) -> str:
    """Return the key of a form that is shown again, and a new one if another text has used it."""
    is_used = isinstance(wrong, IdempotencyConflict)
    return uuid4().hex if is_used or not fields.get("key") else fields["key"]


def wants_template(fields: dict[str, str]) -> bool:
    """Return whether a button of a form only puts the words of a template or canned reply into its box."""
    return bool(fields.get("use") or fields.get("canned"))


def template_body(account: Account, name: str | None) -> str:
    """Return the words of a template, "" if there is none with the name."""
    found = template_store.get_template(account.id, name) if name else None
    return found.body if found else ""


def with_template(account: Account, fields: dict[str, str]) -> dict[str, str]:
    """Return a form with the words of the chosen template below those that are there."""
    words = (fields.get("body", "").rstrip(), template_body(account, fields.get("canned") or fields.get("template")))
    return fields | {"body": "\n".join(filter(None, words))}


def _preview(account: Account, to: Addressee, fields: dict[str, str]) -> previews.ShownPreview | None:
    if not fields.get("body", "").strip():
        return None
    try:
        form = _form(account, to, fields)
    except RequestError as refusal:
        return previews.ShownPreview(refused=previews.why_refused(refusal, to, account, clients.now()))
    is_reply = bool(fields.get("phone")) and not form.send_at
    return previews.of(account, to, form, clients.now(), nights=not is_reply)


def _form(account: Account, to: Addressee, fields: dict[str, str]) -> send.NewMessage:
    """Return the form of a text; raise `RequestError` if the form itself refuses it."""
    at = typed_time(account, fields.get("at", ""))
    body = fields.get("body", "")
    try:
        return send.NewMessage(to=to.phone, body=body, client_id=to.client_id or None, send_at=at)
    except ValidationError as error:
        raise RequestError(TOO_LONG if body else NO_WORDS, field="body") from error


def typed_time(account: Account, typed: str) -> datetime | None:
    """Return the instant of a day and time in the studio's zone, as browsers write them; None if none was chosen."""
    if not typed:
        return None
    try:
        local = datetime.fromisoformat(typed)
        return instant_of(local.date(), time(local.hour, local.minute), time_zone(account.time_zone))
    except (ValueError, OverflowError) as error:
        raise BadTime("Choose a day and a time.", field="at") from error


def _ask_whom(account: Account, fields: dict[str, str], refusal: BadPhone) -> Page:
    """Show the phones of the clients with the name that was typed in place of a number, or what is wrong with it."""
    name = fields.get("to", "")
    refusal.field = "to"
    if not any(map(str.isalpha, name)):
        return _new_text(account, fields, refusal)
    nobody = RequestError(f"No client who gets texts is called “{name}”. Write a name or a phone number.", field="to")
    return _new_text(account, fields, nobody, recipients.choices(account, name))


def _new_text(
    account: Account,
    fields: dict[str, str],
    wrong: RequestError | None = None,
    choices: list[recipients.Choice] | None = None,
) -> Page:
    to, now = None, clients.now()
    templates, canned = at_once(
        partial(template_store.template_names, account.id), partial(template_store.with_shortcut, account.id)
    )
    if fields.get("preview") or isinstance(wrong, OptedOut):
        to = recipients.of(account, fields)
    return show(
        "texting/new_text",
        account,
        wrong.status if wrong else 200,
        typed={"to": "", "client": "", "body": "", "at": ""} | fields,
        key=key_of(fields, wrong),
        templates=templates,
        canned=canned_replies.of(account, canned, None),
        wrong=wrong,
        choices=choices or [],
        why=previews.why_refused(wrong, to, account, now) if wrong else "",
        shown=_preview(account, to, fields) if to and not wrong else None,
        now=now,
    )
