"""Conversations as the pages show them: one for each phone of an account, with the clients that have the phone."""

from datetime import datetime
from itertools import takewhile

from msgspec import Struct

from longcode import windows
from longcode.accounts.account import Account
from longcode.clients import store as client_store
from longcode.clients.client import Client
from longcode.errors import NotFound
from longcode.message import Direction, Message
from longcode.messages import folders
from longcode.messages.folders import Search
from longcode.optouts import store as optouts
from longcode.optouts.consent import OptOutEvent, Question
from longcode.phone import in_words
from longcode.template import full_name

NO_CLIENT = "There is no such client any more."

_ROWS = 30
_BUBBLES = 80  # with the list and the assets, less than 60 kB
_LINKED = 100


class ConversationRow(Struct, frozen=True, kw_only=True):
    """A conversation in the list: its newest message in the folder, and who it is with."""

    digits: str
    who: str
    is_linked: bool
    is_unanswered: bool
    newest: Message

    @property
    def is_unread(self) -> bool:
        """Return whether its newest message is an unread reply."""
        return self.newest.direction is Direction.IN and not self.newest.read


class Listed(Struct, frozen=True, kw_only=True):
    """A page of the list, and the cursor of the next page, None for the last."""

    rows: list[ConversationRow]
    next_cursor: str | None


class Conversation(Struct, frozen=True, kw_only=True):
    """A conversation, its messages oldest first; `earlier` is the cursor of those before them.

    `linked` is the client that the newest message is linked to, if the client does not have the phone. `stopped` is
    the opt-out that the studio may know of: to another studio's texts, it sees only that there is one.
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

    @property
    def client_id(self) -> str | None:
        """Return the client that a text to the phone is for: the one of the newest message, or the only one."""
        ids = [client.id for client in self.clients]
        newest = next((message.client_id for message in reversed(self.messages) if message.client_id in ids), None)
        return newest or (ids[0] if len(ids) == 1 else None)

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


def found(account: Account, folder: str, text: str, now: datetime) -> Listed:
    """Return the conversations of a folder whose client's name, number or words a search finds, newest first."""
    named = client_store.search(account.id, text, _ROWS)
    digits = "".join(filter(str.isdigit, text))
    with_words = folders.page(account.id, folder, limit=_ROWS, search=Search(words=text)).messages
    phones = {phone.number for client in named for phone in client.phones} | {one.phone for one in with_words}
    newest = folders.newest_by_phone(account.id, folder, limit=_ROWS, among=phones, digits=digits)
    said = {one.phone: one for one in reversed(with_words)}  # the newest message that has the words
    shown = [said.get(message.phone, message) for message in newest.messages]
    return Listed(rows=_rows(account, shown, now), next_cursor=None)


def _rows(account: Account, messages: list[Message], now: datetime) -> list[ConversationRow]:
    names = client_store.names(account.id, {text.client_id for text in messages if text.client_id})
    replies = [
        message for message in messages if message.direction is Direction.IN and message.read and not message.keyword
    ]
    unanswered = folders.unanswered(account.id, replies) if replies else set()
    return [
        ConversationRow(
            digits=text.phone.removeprefix("+"),
            who=names.get(text.client_id or "") or in_words(text.phone, account.country_code),
            is_linked=text.client_id in names,
            is_unanswered=text.id in unanswered,
            newest=windows.hide_old_body(text, account.retention_days, now),
        )
        for text in messages
    ]


def with_phone(account: Account, phone: str, before: str | None, now: datetime) -> Conversation | None:
    """Return an account's conversation with a phone, or None if it has no message and no client has the phone."""
    page = folders.page(account.id, "all", limit=_BUBBLES, cursor=before, search=Search(phone=phone))
    with_number = client_store.of_phones(account.id, [phone])[phone]
    if not page.messages and not with_number:  # also of a page before: it would show who is opted out
        return None
    question = optouts.get_question(account.id, phone)
    pair = (account.id, phone)
    is_opted_out = pair in optouts.blocked([pair], account.number_since)
    newest_client = page.messages[0].client_id if page.messages else None
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
    )


def last_opt_out(account: Account, phone: str, now: datetime) -> OptOutEvent | None:
    """Return the last opt-out of a phone, if it was to this account's texts."""
    events = (event for event in optouts.phone_history(phone, now) if event.out and not event.asks)
    last = max(events, key=lambda event: event.at, default=None)
    return last if last and last.account == account.id else None


def link(account: Account, phone: str, client_id: str | None) -> None:
    """Link the newest messages of a phone to a client, or to none; raise `NotFound` if there is no such client."""
    if client_id is not None and client_store.get(account.id, client_id) is None:
        raise NotFound(NO_CLIENT)
    for message in _newest(account, phone):
        folders.link(message, client_id=client_id)


def mark_unread(account: Account, phone: str) -> None:
    """Mark the newest reply from a phone as unread."""
    replies = (message for message in _newest(account, phone) if message.direction is Direction.IN)
    if newest := next(replies, None):
        folders.mark_read(newest, is_read=False)


def _newest(account: Account, phone: str) -> list[Message]:
    return folders.page(account.id, "all", limit=_LINKED, search=Search(phone=phone)).messages


def mark_read(shown: Conversation) -> None:
    """Mark the replies that a page shows as read."""
    for message in shown.messages:
        if message.direction is Direction.IN and not message.read:
            folders.mark_read(message, is_read=True)
