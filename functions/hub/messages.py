"""The pages of the messages: the list of conversations, one conversation with its reply box, and a new text."""

import re
from uuid import uuid4

from pydantic import ValidationError

from hub import conversations, page, words
from hub.site import Page, form_of_studio, go_to, page_of_studio, show, site
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.errors import BadPhone, NotFound, RequestError
from longcode.messages import folders, replies
from longcode.phone import to_stored
from optout import questions
from send import api as send

TABS = {"inbox": "Inbox", "sent": "Sent Items", "unlinked": "Unlinked", "all": "All"}


@site.get("/hub/messages")
@page_of_studio
def show_list(account: Account) -> Page:
    """Show the conversations of a tab, newest first."""
    return _page(account, None)


@site.get("/hub/messages/<digits>")
@page_of_studio
def show_conversation(account: Account, digits: str) -> Page:
    """Show a conversation beside the list, and mark what it shows as read."""
    return _page(account, digits)


@site.post("/hub/messages/<digits>")
@form_of_studio
def send_text(account: Account, fields: dict[str, str], digits: str) -> Page:
    """Send a text to the phone; if it is refused, show why, and keep what was typed."""
    body, key = fields.get("body", ""), fields.get("key") or uuid4().hex
    try:
        send.accept(account.id, _text(f"+{digits}", body, fields.get("client")), key, clients.now())
    except RequestError as refusal:
        return _page(account, digits, typed=body, key=key, wrong=refusal)
    return go_to(f"messages/{digits}?sent=1{_tab_query(fields.get('tab'))}")


@site.post("/hub/messages/<digits>/question")
@form_of_studio
def answer_question(account: Account, fields: dict[str, str], digits: str) -> Page:
    """Answer whether a reply was an opt-out."""
    opted_out = fields.get("opted_out") == "yes"
    message_id = fields.get("message_id")
    questions.answer(account.id, f"+{digits}", opted_out=opted_out, message_id=message_id, by=None, now=clients.now())
    return go_to(f"messages/{digits}")


@site.get("/hub/newest")
@page_of_studio
def show_newest(account: Account) -> Page:
    """Return the number of the newest reply, or 204 if it is the one that the browser has."""
    after = (site.current_event.query_string_parameters or {}).get("after")
    newest = str(replies.newest_sequence(account.id))
    return page.plain(newest) if newest != after else page.plain("", 204)


@site.post("/hub/length")
@form_of_studio
def show_length(account: Account, fields: dict[str, str]) -> Page:
    """Return in words how long a text is and what it costs, or why it cannot be sent."""
    try:
        phone = to_stored(fields.get("to") or fields.get("phone", ""), account.country_code)
        shown = send.preview(account.id, _text(phone, fields.get("body", ""), fields.get("client")), clients.now())
    except RequestError as refusal:
        return page.plain("" if refusal.field == "to" or isinstance(refusal, BadPhone) else refusal.detail)
    return page.plain(length_in_words(shown))


@site.get("/hub/new")
@page_of_studio
def show_new_text(account: Account) -> Page:
    """Ask for a phone and a text."""
    query = site.current_event.query_string_parameters or {}
    return show("new_text", account, to=query.get("to", ""), body=query.get("body", ""), key=uuid4().hex, wrong=None)


@site.post("/hub/new")
@form_of_studio
def send_new_text(account: Account, fields: dict[str, str]) -> Page:
    """Send a text to a number, and show the conversation."""
    to, body, key = fields.get("to", ""), fields.get("body", ""), fields.get("key") or uuid4().hex
    try:
        phone = to_stored(to, account.country_code)
        send.accept(account.id, _text(phone, body), key, clients.now())
    except RequestError as refusal:
        return show("new_text", account, refusal.status, to=to, body=body, key=key, wrong=refusal)
    return go_to(f"messages/{phone.removeprefix('+')}?sent=1&tab=sent")


def _text(phone: str, body: str, client_id: str | None = None) -> send.NewMessage:
    """Return the form of a text; raise `RequestError` if the form itself refuses it."""
    try:
        return send.NewMessage(to=phone, body=body, client_id=client_id or None)
    except ValidationError as error:
        raise RequestError(f"The text cannot be sent: {error.errors()[0]['msg']}.", field="body") from error


def length_in_words(shown: send.Preview) -> str:
    """Return the length of a text and what makes it dear, or why it may not be sent."""
    if not shown.may_be_sent:
        return shown.reason or ""
    units = words.counted(shown.units, "unit")
    if shown.segments <= shown.units or not shown.forcing_ucs2:
        return units
    marks = " ".join(shown.forcing_ucs2[:5])
    return f"{units}. With {marks} the carrier counts {words.counted(shown.segments, 'part')}."


def _page(
    account: Account, digits: str | None, typed: str = "", key: str | None = None, wrong: RequestError | None = None
) -> Page:
    query, now = site.current_event.query_string_parameters or {}, clients.now()
    tab = query.get("tab", "inbox") if query.get("tab") in TABS else "inbox"
    is_phone = digits is not None and re.fullmatch(r"[0-9]{3,15}", digits)
    open_now = conversations.with_phone(account, f"+{digits}", query.get("before"), now) if is_phone else None
    if digits and open_now is None:
        raise NotFound("There is no conversation with this number.")
    if open_now:
        conversations.mark_read(open_now)
    return show(
        "messages",
        account,
        wrong.status if wrong else 200,
        tabs=TABS,
        tab=tab,
        listed=conversations.listed(account, tab, query.get("cursor"), now),
        unread=folders.unread_counts(account.id),
        newest=replies.newest_sequence(account.id),
        open=open_now,
        typed=typed or query.get("body", ""),
        key=key or uuid4().hex,
        wrong=wrong,
        now=now,
    )


def _tab_query(tab: str | None) -> str:
    return f"&tab={tab}" if tab in TABS and tab != "inbox" else ""
