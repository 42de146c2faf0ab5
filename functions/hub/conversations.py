"""Conversations as the pages show them: one for each phone of an account, with the clients that have the phone."""

from collections.abc import Collection
from datetime import datetime
from functools import partial
from itertools import takewhile

from msgspec import Struct
from msgspec.structs import replace

from longcode import windows
from longcode.accounts.account import Account
from longcode.aws.at_once import at_once
from longcode.clients import store as client_store
from longcode.clients.client import Client
from longcode.clients.permission import Change
from longcode.clients.search import Wanted, find
from longcode.errors import NotFound
from longcode.jobs import Means
from longcode.message import Direction, Message
from longcode.messages import folders, waiting
from longcode.messages.folders import Search
from longcode.messages.waiting import Waiting
from longcode.optouts import store as optouts
from longcode.optouts.consent import OptOutEvent, Question
from longcode.phone import in_words
from longcode.teamwork import store as teamwork
from longcode.template import full_name

NO_CLIENT = "There is no such client any more."

_ROWS = 30
_BUBBLES = 500  # that a page of a conversation shows, and that are linked at once
_MOST_ASSIGNED = 100  # values that one filter of DynamoDB compares with
_MOST_WITH_WORDS = 500  # among so many newest messages, words are looked for; the API goes on from page to page
_UNREAD, _NOTHING_WAITS = Waiting(is_unread=True), Waiting()
_OF_A_NUMBER = 7  # digits: who searches for so many looks for a phone, and not for words


class ConversationRow(Struct, frozen=True, kw_only=True):
    """A conversation in the list: its newest message in the folder, who it is with, and who answers it, or "".

    `waiting` is the same in each folder: whether a reply is unread, and since when replies wait for an answer.
    """

    digits: str
    who: str
    is_linked: bool
    waiting: Waiting
    assigned: str
    newest: Message


class Listed(Struct, frozen=True, kw_only=True):
    """A page of the list, and the cursor of the next page, None for the last."""

    rows: list[ConversationRow]
    next_cursor: str | None


class Conversation(Struct, frozen=True, kw_only=True):
    """A conversation, its messages oldest first; `earlier` is the cursor of those before them.

    `linked` is the client that the newest message is linked to, if the client does not have the phone. `stopped` is
    the opt-out that the studio may know of: to another studio's texts, it sees only that there is one. `decided` is
    the answer of staff to the question whether one of the messages was an opt-out, if it was no. `deleted` says who
    deleted the last client with the phone, if no client has it now.
    """

    digits: str
    phone: str
    who: str
    clients: list[Client]
    linked: Client | None
    messages: list[Message]
    earlier: str | None
    question: Question | None
    is_opted_out: bool
    stopped: OptOutEvent | None
    decided: OptOutEvent | None
    deleted: Change | None

    @property
    def client_id(self) -> str | None:
        """Return the client that a text to the phone is for: the one of the newest message, or the only one."""
        ids = [client.id for client in self.clients]
        newest = next((message.client_id for message in reversed(self.messages) if message.client_id in ids), None)
        return newest or (ids[0] if len(ids) == 1 else None)

    @property
    def client(self) -> Client | None:
        """Return the client that a text to the phone is for, as `client_id` does."""
        return next((client for client in self.clients if client.id == self.client_id), None)

    @property
    def is_linked(self) -> bool:
        """Return whether all its messages are linked to a client."""
        return all(message.client_id for message in self.messages)

    @property
    def unanswered(self) -> Message | None:
        """Return the first reply after the studio's last text, or None."""
        replies = takewhile(lambda message: message.direction is Direction.IN, reversed(self.messages))
        return next(reversed(list(replies)), None)


def listed(account: Account, folder: str, cursor: str | None, now: datetime) -> Listed:
    """Return a page of an account's conversations with a message in a folder, newest first."""
    page = folders.newest_by_phone(account.id, folder, limit=_ROWS, cursor=cursor)
    return Listed(rows=_rows(account, page.messages, now), next_cursor=page.next_cursor)


def assigned(account: Account, person: str, cursor: str | None, now: datetime) -> Listed:
    """Return a page of the conversations that a person answers, newest first: of the hundred assigned last."""
    newest = sorted(teamwork.assigned(account.id, person).values(), key=lambda one: one.at, reverse=True)
    among = {one.phone for one in newest[:_MOST_ASSIGNED]}
    page = folders.newest_by_phone(
        account.id, "all", limit=_ROWS, cursor=cursor, among=among, since=account.created_at
    )
    return Listed(rows=_rows(account, page.messages, now), next_cursor=page.next_cursor)


def found(account: Account, folder: str, text: str, now: datetime) -> Listed:
    """Return the conversations of a folder whose client's name, number or words a search finds, newest first."""
    digits = "".join(filter(str.isdigit, text))
    of_clients, of_digits, with_words = at_once(
        lambda: _of_clients(account, folder, text, digits),
        lambda: _newest_of(account, folder, digits=digits) if digits else [],
        lambda: _with_words(account, folder, text) if len(digits) < _OF_A_NUMBER else [],
    )
    said = {one.phone: one for one in reversed(with_words)}  # the newest message that has the words
    shown = {one.phone: one for one in of_clients + of_digits} | said
    in_order = sorted(shown.values(), key=lambda one: one.created_at, reverse=True)
    return Listed(rows=_rows(account, in_order[:_ROWS], now), next_cursor=None)


def _with_words(account: Account, folder: str, words: str) -> list[Message]:
    search = Search(words=words)
    return folders.page(account.id, folder, limit=_ROWS, search=search, max_examined=_MOST_WITH_WORDS).messages


def _of_clients(account: Account, folder: str, text: str, digits: str) -> list[Message]:
    """Return the newest message of each phone of the clients that a search finds, except of those with the digits."""
    named = find(account.id, Wanted(text=text), _ROWS)
    phones = {phone.number for client in named for phone in client.phones}
    return _newest_of(account, folder, {phone for phone in phones if not digits or digits not in phone})


def _newest_of(account: Account, folder: str, among: Collection[str] = (), digits: str = "") -> list[Message]:
    return folders.newest_by_phone(
        account.id, folder, limit=_ROWS, among=among, digits=digits, since=account.created_at
    ).messages


def _rows(account: Account, messages: list[Message], now: datetime) -> list[ConversationRow]:
    names, waits, assigned = at_once(
        lambda: client_store.names(account.id, {text.client_id for text in messages if text.client_id}),
        lambda: _waiting(account, messages),
        lambda: teamwork.assigned_of(account.id, {text.phone for text in messages}),
    )
    return [
        ConversationRow(
            digits=text.phone.removeprefix("+"),
            who=names.get(text.client_id or "") or in_words(text.phone, account.country_code),
            is_linked=text.client_id in names,
            waiting=waits.get(text.phone, _NOTHING_WAITS),
            assigned=assigned[text.phone].name if text.phone in assigned else "",
            newest=windows.hide_old_body(text, account.retention_days, now),
        )
        for text in messages
    ]


def _waiting(account: Account, messages: list[Message]) -> dict[str, Waiting]:
    """Return what waits, by the phones of messages; of those that are unread replies, this is known."""
    unread = {text.phone: _UNREAD for text in messages if not text.read}
    others = [text for text in messages if text.read]
    return (waiting.of_phones(account.id, others) if others else {}) | unread


def with_phone(account: Account, phone: str, before: str | None, now: datetime) -> Conversation | None:
    """Return an account's conversation with a phone, or None if it has no message and no client has the phone."""
    pair = (account.id, phone)
    page, by_phone, question, out = at_once(
        lambda: _with_phone(account, phone, _BUBBLES, before),
        lambda: client_store.of_phones(account.id, [phone]),
        lambda: optouts.get_question(account.id, phone),
        lambda: optouts.blocked([pair], account.number_since),
    )
    with_number, is_opted_out = by_phone[phone], pair in out
    if not page.messages and not with_number:  # also of a page before: it would show who is opted out
        return None
    newest_client = page.messages[0].client_id if page.messages else None
    is_no = question and question.opted_out is False and question.message_id in {one.id for one in page.messages}
    is_elsewhere = newest_client and newest_client not in {client.id for client in with_number}
    return Conversation(
        digits=phone.removeprefix("+"),
        phone=in_words(phone, account.country_code),
        who=" or ".join(filter(None, (full_name(one.first_name, one.last_name) for one in with_number))),
        clients=with_number,
        linked=client_store.get(account.id, newest_client) if newest_client and is_elsewhere else None,
        messages=[windows.hide_old_body(text, account.retention_days, now) for text in reversed(page.messages)],
        earlier=page.next_cursor,
        question=question if question and question.open else None,
        is_opted_out=is_opted_out,
        stopped=last_opt_out(account, phone, now) if is_opted_out else None,
        decided=_decision(question, now) if question and is_no else None,
        deleted=None if with_number else client_store.last_deletion(account.id, phone),
    )


def _decision(question: Question, now: datetime) -> OptOutEvent | None:
    """Return the answer of staff to a question that they have answered."""
    answers = (event for event in optouts.phone_history(question.phone, now) if event.account == question.account)
    of_staff = (event for event in answers if event.means is Means.TEXT_AND_STAFF and event.at >= question.at)
    return max(of_staff, key=lambda event: event.at, default=None)


def last_opt_out(account: Account, phone: str, now: datetime) -> OptOutEvent | None:
    """Return the last opt-out of a phone, if it was to this account's texts."""
    events = (event for event in optouts.phone_history(phone, now) if event.out and not event.asks)
    last = max(events, key=lambda event: event.at, default=None)
    return last if last and last.account == account.id else None


def link(account: Account, phone: str, client_id: str | None, by: str | None) -> None:
    """Link the newest messages of a phone to a client, or to none; raise `NotFound` if there is no such client."""
    if client_id is not None and client_store.get(account.id, client_id) is None:
        raise NotFound(NO_CLIENT)
    newest = _newest(account, phone)
    if newest:
        at_once(*(partial(folders.link, message, client_id=client_id, by=by) for message in newest))


def mark_unread(account: Account, phone: str, by: str | None) -> None:
    """Mark the newest reply from a phone as unread."""
    replies = (message for message in _newest(account, phone) if message.direction is Direction.IN)
    if newest := next(replies, None):
        folders.mark_read(newest, is_read=False, by=by)


def _newest(account: Account, phone: str) -> list[Message]:
    return _with_phone(account, phone, _BUBBLES).messages


def _with_phone(account: Account, phone: str, limit: int, before: str | None = None) -> folders.FolderPage:
    search = Search(phone=phone)
    return folders.page(
        account.id, "all", limit=limit, cursor=before, search=search, since=account.created_at, whole=True
    )


def mark_read(shown: Conversation, by: str | None) -> Conversation:
    """Mark the replies that a page shows as read; return what it then shows, the same if all were read before."""
    unread = [text for text in shown.messages if text.direction is Direction.IN and not text.read]
    for message in unread:
        folders.mark_read(message, is_read=True, by=by)
    now_read = {message.id: replace(message, read=True, read_by=by) for message in unread}
    return replace(shown, messages=[now_read.get(one.id, one) for one in shown.messages]) if unread else shown
