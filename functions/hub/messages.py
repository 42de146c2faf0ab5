"""The pages of the messages: the list of conversations, and one conversation with its reply box."""

import re
from datetime import datetime
from urllib.parse import urlencode

from hub import conversations, page, words
from hub.site import Page, form_of_studio, go_to, name_of_person, page_of_studio, show, site
from hub.texting import canned_replies, texts
from hub.texting.recipients import Addressee
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.aws.at_once import at_once
from longcode.clients.search import Wanted, find
from longcode.errors import NotFound, RequestError
from longcode.folded import fold
from longcode.messages import replies
from optout import questions
from send import api as send

_FOUND = 20  # clients that a search for somebody to link finds at most

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
    if asked := texts.not_sent_yet(account, fields):
        return _page(account, digits, asked)
    try:
        texts.accept(account, _recipient(digits, fields), fields)
    except RequestError as refusal:
        return _page(account, digits, fields, refusal)
    return go_to(_place(digits, sent="1"))


@site.post("/hub/messages/<digits>/question")
@form_of_studio
def answer_question(account: Account, fields: dict[str, str], digits: str) -> Page:
    """Answer whether a reply was an opt-out."""
    opted_out = fields.get("opted_out") == "yes"
    message_id = fields.get("message_id")
    by, now = name_of_person(), clients.now()
    questions.answer(account.id, f"+{digits}", opted_out=opted_out, message_id=message_id, by=by, now=now)
    return go_to(_place(digits))


@site.get("/hub/messages/<digits>/link")
@page_of_studio
def show_link(account: Account, digits: str) -> Page:
    """Ask which client the messages of a phone belong to: one who has the number, or another one."""
    query, now = site.current_event.query_string_parameters or {}, clients.now()
    opened, search = _opened(account, digits, None, now), query.get("q", "").strip()
    found = find(account.id, Wanted(text=search), _FOUND) if fold(search) else []
    return show("link", account, open=opened, q=search, found=found, tab=query.get("tab", ""))


@site.post("/hub/messages/<digits>/link")
@form_of_studio
def link_messages(account: Account, fields: dict[str, str], digits: str) -> Page:
    """Link the newest messages of a phone to a client, or unlink them."""
    conversations.link(account, f"+{digits}", fields.get("client") or None, name_of_person())
    return go_to(_place(digits))


@site.post("/hub/messages/<digits>/unread")
@form_of_studio
def mark_unread(account: Account, _fields: dict[str, str], digits: str) -> Page:
    """Mark the newest reply as unread, and go back to the list, since opening the conversation would mark it read."""
    conversations.mark_unread(account, f"+{digits}", name_of_person())
    return go_to(_place())


@site.post("/hub/messages/<digits>/cancel")
@form_of_studio
def cancel_text(account: Account, fields: dict[str, str], digits: str) -> Page:
    """Cancel a text that has not been sent yet."""
    send.cancel(account.id, fields.get("message_id", ""), clients.now(), name_of_person())
    return go_to(_place(digits))


@site.get("/hub/newest")
@page_of_studio
def show_newest(account: Account) -> Page:
    """Return the number of the newest reply, or 204 if it is the one that the browser has."""
    after = (site.current_event.query_string_parameters or {}).get("after")
    newest = str(replies.newest_sequence(account.id))
    return page.plain(newest) if newest != after else page.plain("", 204)


def _place(digits: str | None = None, **more: str) -> str:
    """Return the path of the list or of a conversation, with the tab and the search that the page has."""
    query = site.current_event.query_string_parameters or {}
    kept = {name: query[name] for name in ("tab", "q") if query.get(name)} | more
    return "/".join(filter(None, ("messages", digits))) + (f"?{urlencode(kept)}" if kept else "")


def _recipient(digits: str, fields: dict[str, str]) -> Addressee:
    return Addressee(phone=f"+{digits}", client_id=fields.get("client"))


def _opened(account: Account, digits: str, before: str | None, now: datetime) -> conversations.Conversation:
    is_phone = re.fullmatch(r"[0-9]{3,15}", digits)
    opened = conversations.with_phone(account, f"+{digits}", before, now) if is_phone else None
    if opened is None:
        raise NotFound("There is no conversation with this number.")
    return opened


def _page(
    account: Account, digits: str | None, typed: dict[str, str] | None = None, wrong: RequestError | None = None
) -> Page:
    query, now = site.current_event.query_string_parameters or {}, clients.now()
    tab = query.get("tab", "inbox") if query.get("tab") in TABS else "inbox"
    search = query.get("q", "").strip()

    def listed() -> conversations.Listed:
        if fold(search):
            return conversations.found(account, tab, search, now)
        return conversations.listed(account, tab, query.get("cursor"), now)

    opened, rows, newest, templates, of_template = at_once(
        lambda: _opened(account, digits, query.get("before"), now) if digits else None,
        listed,
        lambda: replies.newest_sequence(account.id),
        lambda: texts.templates_of(account) if digits else [],
        lambda: texts.template_body(account, query.get("template")),
    )
    if opened and (read := conversations.mark_read(opened, name_of_person())) is not opened:
        opened, rows = read, listed()
    return show(
        "messages",
        account,
        wrong.status if wrong else 200,
        tabs=TABS,
        tab=tab,
        q=search,
        listed=rows,
        newest=newest,
        open=opened,
        typed={"body": query.get("body") or of_template, "at": ""} | (typed or {}),
        shown=texts.shown_if_asked(account, _recipient(digits, typed), typed) if digits and typed else None,
        templates=[template.name for template in templates],
        canned=canned_replies.of(account, templates, opened.client if opened else None),
        key=texts.key_of(typed or {}, wrong),
        wrong=wrong,
        why=words.refusal(wrong, account, now) if wrong else "",
        now=now,
    )
