"""The pages of the messages: the list of conversations, and one conversation with its reply box and its notes."""

import re
from datetime import datetime
from urllib.parse import urlencode
from uuid import uuid4

from hub import bubbles, conversations, form_data, page, teamwork, words
from hub.site import Page, actor, form_of_studio, go_to, name_of_person, page_of_studio, show, site
from hub.texting import canned_replies, texts
from hub.texting.recipients import Addressee
from longcode.accounts import people
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.aws.at_once import at_once
from longcode.clients.search import Wanted, find
from longcode.errors import NotFound, RequestError
from longcode.folded import fold
from longcode.messages import replies
from longcode.teamwork import store as team
from longcode.teamwork.store import Note
from longcode.templates import store as template_store
from optout import questions
from send import api as send

_FOUND = 20  # clients that a search for somebody to link finds at most

TABS = {"inbox": "Inbox", "mine": "Mine", "sent": "Sent Items", "unlinked": "Unlinked", "all": "All"}
_PHONE = re.compile(r"[0-9]{3,15}")


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
    questions.answer(account.id, f"+{digits}", actor(), opted_out=opted_out, message_id=message_id, by=by, now=now)
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


@site.post("/hub/messages/<digits>/assign")
@form_of_studio
def assign(account: Account, fields: dict[str, str], digits: str) -> Page:
    """Assign a conversation to a person, or to nobody."""
    now = clients.now()
    phone = f"+{_opened(account, digits, None, now).digits}"
    team.assign(account, phone, fields.get("person", ""), name_of_person(), now)
    return go_to(_place(digits))


@site.post("/hub/messages/<digits>/note")
@form_of_studio
def add_note(account: Account, fields: dict[str, str], digits: str) -> Page:
    """Keep a note on a conversation, which is not sent; if it is refused, show why, and keep what was typed."""
    me, now = site.context["session"], clients.now()
    note = Note(
        account=account.id,
        phone=f"+{_opened(account, digits, None, now).digits}",
        id=form_data.key(fields),
        words=fields.get("note", "").strip(),
        at=now,
        person=me.person,
        by=name_of_person(),
    )
    try:
        team.add_note(account, note)
    except RequestError as refusal:
        return _page(account, digits, fields, refusal)
    return go_to(_place(digits, noted="1"))


@site.post("/hub/messages/<digits>/note/<note_id>/delete")
@form_of_studio
def delete_note(_account: Account, _fields: dict[str, str], digits: str, note_id: str) -> Page:
    """Delete a note."""
    team.delete_note(site.context["session"], f"+{digits}", note_id)
    return go_to(_place(digits))


@site.post("/hub/messages/<digits>/typing")
@form_of_studio
def begin_typing(account: Account, _fields: dict[str, str], digits: str) -> Page:
    """Record that somebody is writing, for the others who have the conversation open."""
    if _PHONE.fullmatch(digits):
        team.begin_typing(account.id, f"+{digits}", site.context["session"], clients.now())
    return page.plain("", 204)


@site.get("/hub/newest")
@page_of_studio
def show_newest(account: Account) -> Page:
    """Return a mark of what is newest in the list, and in the conversation `with`; 204 if the browser has it."""
    query, now = site.current_event.query_string_parameters or {}, clients.now()
    digits, me = query.get("with", ""), site.context["session"]
    newest, shared = at_once(
        lambda: replies.newest_sequence(account.id),
        lambda: team.of_conversation(account, f"+{digits}", me, now) if _PHONE.fullmatch(digits) else None,
    )
    mark = teamwork.mark(newest, shared)
    return page.plain(mark) if mark != query.get("after") else page.plain("", 204)


def _place(digits: str | None = None, **more: str) -> str:
    """Return the path of the list or of a conversation, with the tab and the search that the page has."""
    query = site.current_event.query_string_parameters or {}
    kept = {name: query[name] for name in ("tab", "q") if query.get(name)} | more
    return "/".join(filter(None, ("messages", digits))) + (f"?{urlencode(kept)}" if kept else "")


def _recipient(digits: str, fields: dict[str, str]) -> Addressee:
    return Addressee(phone=f"+{digits}", client_id=fields.get("client"))


def _opened(account: Account, digits: str, before: str | None, now: datetime) -> conversations.Conversation:
    opened = conversations.with_phone(account, f"+{digits}", before, now) if _PHONE.fullmatch(digits) else None
    if opened is None:
        raise NotFound("There is no conversation with this number.")
    return opened


def _page(
    account: Account, digits: str | None, typed: dict[str, str] | None = None, wrong: RequestError | None = None
) -> Page:
    query, now = site.current_event.query_string_parameters or {}, clients.now()
    tab, me = query.get("tab", "inbox") if query.get("tab") in TABS else "inbox", site.context["session"]
    search = query.get("q", "").strip()

    def listed() -> conversations.Listed:
        if tab == "mine":
            return conversations.assigned(account, me.person or people.OWNER, query.get("cursor"), now)
        if fold(search):
            return conversations.found(account, tab, search, now)
        return conversations.listed(account, tab, query.get("cursor"), now)

    opened, rows, (newest, unread), templates, canned, of_template, everybody, shared = at_once(
        lambda: _opened(account, digits, query.get("before"), now) if digits else None,
        listed,
        lambda: replies.newest_and_unread(account.id),
        lambda: template_store.template_names(account.id) if digits else [],
        lambda: template_store.with_shortcut(account.id) if digits else [],
        lambda: texts.template_body(account, query.get("template")),
        lambda: people.of_account(account),
        lambda: team.of_conversation(account, f"+{digits}", me, now) if digits else None,
    )
    if opened and (read := conversations.mark_read(opened, name_of_person())) is not opened:
        opened, rows, unread = read, listed(), replies.unread_counts(account.id)
    return show(
        "messages",
        account,
        wrong.status if wrong else 200,
        tabs=TABS if len(everybody) > 1 else {name: title for name, title in TABS.items() if name != "mine"},
        tab=tab,
        q=search,
        listed=rows,
        unread=unread,
        newest=teamwork.mark(newest, shared),
        open=opened,
        bubbles=bubbles.shown(account, opened, now) if opened else [],
        team=teamwork.shown(shared, everybody, me, opened, query.get("before")) if opened else None,
        typed={"body": query.get("body") or of_template, "at": "", "note": query.get("note", "")} | (typed or {}),
        shown=texts.shown_if_asked(account, _recipient(digits, typed), typed) if digits and typed else None,
        templates=templates,
        canned=canned_replies.of(account, canned, opened.client if opened else None),
        key=texts.key_of(typed or {}, wrong),
        note_key=uuid4().hex,
        most_note=team.LONGEST_NOTE,
        wrong=wrong,
        why=words.refusal(wrong, account, now) if wrong else "",
        now=now,
    )
