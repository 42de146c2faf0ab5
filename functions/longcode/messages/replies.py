"""Replies: recorded once, numbered without gaps for the software that fetches them; and unattributed replies."""

import itertools
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.aws.clients import pause
from longcode.carriers.carrier import Inbound
from longcode.clients import store as clients
from longcode.message import Message
from longcode.messages import folders
from longcode.messages import store as messages
from longcode.numbers.routing import client_of_reply
from longcode.shown import Shown
from longcode.table import keys, ranges, store
from longcode.table.writes import ABSENT, PRESENT, Attributes, Delete, Put, Update, Write, attributes, has_value, read
from longcode.usage import store as quotas

_MOST_EXAMINED = 2000
"""The most sequence numbers that a page examines."""

_KEPT = timedelta(days=30)
"""How long an unattributed reply is kept."""

_PAGE = 100
_LAST_SEQUENCE, _MOST_CALLS = 10**12 - 1, 3
_UNSETTLED = 25  # many more than there are workers that may be writing a reply of one account
_UNATTRIBUTED = ("unattributed", "quarantined")
"""The types of an unattributed reply's item; the second is of before December 2026."""


class Unread(Shown, frozen=True, kw_only=True):
    """How many replies are unread, and how many of these are linked to no client."""

    unread: int = 0
    unread_unlinked: int = 0


class Unattributed(Struct, frozen=True, kw_only=True):
    """A reply that belongs to no account, or may be for several (`candidates`), and when it came."""

    inbound: Inbound
    at: datetime
    candidates: tuple[str, ...] = ()

    @property
    def until(self) -> datetime:
        """Return when the reply is deleted."""
        return self.at + _KEPT


def record_reply(inbound: Inbound, message: Message) -> bool:
    """Record a reply with its sequence number and count its units; return False if the carrier's id came before."""
    once = Put(_key(inbound), _inbound_item(message), ABSENT)
    return _write_numbered(message, once, *quotas.count_writes(message)) is None


def first_received(inbound: Inbound) -> tuple[datetime, str | None] | None:
    """Return when a carrier's id first came, with its account or None if unattributed; None for a new id."""
    item = store.get(_key(inbound))
    return (datetime.fromisoformat(item["at"]), item.get("account")) if item else None


def link_to_client(message: Message) -> Message:
    """Link a message that was never linked to the client with its phone, unless several have it; return it."""
    if message.client_id or message.linked_by:
        return message
    client_id = client_of_reply(None, clients.with_phone(message.account, message.phone))
    return (client_id and folders.link(message, client_id=client_id)) or message


def owner(carrier: str, carrier_id: str) -> tuple[str, str] | None:
    """Return the account that has a carrier's text, and the message's id; None if no account has it."""
    return _owner(store.get(keys.inbound(carrier, carrier_id)) or {})


def already_received(carrier: str, carrier_ids: Iterable[str]) -> set[str]:
    """Return which of a carrier's ids have come before, as an account's reply or an unattributed one."""
    wanted = {carrier_id: keys.inbound(carrier, carrier_id) for carrier_id in carrier_ids}
    items = store.get_many(wanted.values())
    return {carrier_id for carrier_id, key in wanted.items() if key in items}


def move_reply(message: Message, to: Message) -> tuple[str, str] | None:
    """Move a reply and its units from one account to another, in one transaction; return its owner afterwards.

    `to` is the reply as the other account gets it. Raise `store.ConditionFailed` when staff have read or linked
    `message` since it was read from the table.
    """
    key = keys.inbound(message.carrier or "", message.carrier_id or "")
    existing = _write_numbered(
        to,
        Put(key, _inbound_item(to), Attr("account").eq(message.account)),
        Delete(keys.message(message.account, message.id), folders.unchanged(message)),
        *folders.unread_count_writes(message.account, message, None),
        *quotas.count_writes(message, -1),
        *quotas.count_writes(to),
    )
    return (to.account, to.id) if existing is None else _owner(existing)


def _write_numbered(message: Message, first: Write, *others: Write) -> Attributes | None:
    """Write a reply with the account's next sequence number, and other writes, in one transaction.

    Return None, or the existing item if the condition of `first` failed. Raise `store.ConditionFailed` if a condition
    of `others` failed.
    """
    for attempt in itertools.count():
        numbered_writes = _numbered_writes(message)
        try:
            store.transact([first, *numbered_writes, *others])
        except store.ConditionFailed as failed:
            if 0 in failed.found:
                return failed.found[0]
            if max(failed.found) > len(numbered_writes):
                raise
            pause(attempt)  # another reply has taken the number
        else:
            break
    return None


def _numbered_writes(message: Message) -> list[Write]:
    number = newest_sequence(message.account) + 1
    entry = {"type": "inbox-entry", "sequence": number, "message_id": message.id}
    entry |= {"answers": message.answers} if message.answers else {}
    last = has_value("sequence", number - 1 or None)
    newest = {"type": "inbox-end", "account": message.account, "sequence": number}
    untold = {} if message.read else {"untold_from": number}  # the sweeper mails people about it: reply_notices.py
    if untold:
        newest |= keys.due(message.account, message.created_at)
    return [
        Put(keys.message(message.account, message.id), {**messages.item(message), "sequence": number}, ABSENT),
        Update(
            keys.inbox_end(message.account),
            changes=newest,
            add=folders.unread_of(message),
            when=last,
            if_absent=untold,
        ),
        Put(keys.inbox_entry(message.account, number), entry, ABSENT),
    ]


def newest_sequence(account: str) -> int:
    """Return the sequence number of the newest reply, 0 before the first."""
    return newest_and_unread(account)[0]


def unread_counts(account: str) -> Unread:
    """Return how many replies are unread."""
    return newest_and_unread(account)[1]


def newest_and_unread(account: str) -> tuple[int, Unread]:
    """Return the sequence number of the newest reply, and how many replies are unread, in one call."""
    item = store.get(keys.inbox_end(account)) or {}
    return int(item.get("sequence", 0)), read(Unread, item)  # `note_forwarded` may have created the item


def after(account: str, sequence: int, limit: int) -> list[tuple[int, Message]]:
    """Return the replies after a sequence number, with their numbers, oldest first; empty only at the end."""
    return page(account, sequence, limit, max_examined=None)[0]


def page(
    account: str, sequence: int, limit: int, max_examined: int | None = _MOST_EXAMINED
) -> tuple[list[tuple[int, Message]], int]:
    """Return the replies after a sequence number as `after` does, and the last number that was examined.

    If none of the next `max_examined` numbers has a reply, the page is empty, and the next one continues after them.
    """
    replies: list[tuple[int, Message]] = []
    reached, looked = sequence, 0
    while not replies and (max_examined is None or looked < max_examined):
        entries = _entries(account, reached, max(limit, _PAGE) if looked else limit)
        if not entries:
            break
        replies = _replies(account, entries)[:limit]
        reached, looked = replies[-1][0] if replies else entries[-1]["sequence"], looked + len(entries)
    return replies, reached


def _entries(account: str, sequence: int, limit: int) -> list[Attributes]:
    """Return the next entries, without gaps that come from reading while replies are written.

    A query is no snapshot: of two replies that are just being written, it may see the second and miss the first. So
    the numbers that are missing right before the last one are read again. Earlier numbers are settled: a missing one
    was deleted.
    """
    start = keys.inbox_entry(account, sequence)
    found = {
        entry["sequence"]: entry for entry in store.query(keys.Key(start.pk, keys.INBOX), after=start, limit=limit)
    }
    last = max(found, default=sequence)
    missing = [number for number in range(max(sequence, last - _UNSETTLED) + 1, last) if number not in found]
    if missing:
        settled = store.get_settled(keys.inbox_entry(account, number) for number in missing)
        found |= {entry["sequence"]: entry for entry in settled}
    return [found[number] for number in sorted(found)]


def to_broadcast(
    account: str, broadcast_id: str, after: int, limit: int
) -> tuple[list[tuple[int, Message]], int | None]:
    """Return replies to the texts of a broadcast with their numbers, oldest first, and from which number to go on.

    They have numbers after `after`. A call passes over a megabyte of the inbox's entries, which are about 5,000, and
    only those of replies to the broadcast reach this process. After three calls, no more are read.
    """
    first, last = keys.inbox_entry(account, after + 1), keys.inbox_entry(account, _LAST_SEQUENCE)
    answers = Attr("answers").begins_with(f"{broadcast_id}-")
    entries, _ = ranges.read(
        first, last, answers, only=("sequence", "message_id"), limit=limit + 1, max_calls=_MOST_CALLS
    )
    more = int(entries[limit - 1]["sequence"]) if len(entries) > limit else None
    return _replies(account, entries[:limit]), more


def _replies(account: str, entries: Sequence[Attributes]) -> list[tuple[int, Message]]:
    keys_by_number = {entry["sequence"]: keys.message(account, entry["message_id"]) for entry in entries}
    items = store.get_many(keys_by_number.values())
    return [
        (number, message)
        for number, key in keys_by_number.items()
        # A reply that was moved away, and back again, has another number.
        if key in items
        and items[key].get("sequence", number) == number
        and (message := messages.try_read(items[key]))
    ]


def forwarded(account: str) -> int:
    """Return up to which sequence number the forwarding schedule has checked the replies, 0 at first."""
    item = store.get(keys.inbox_end(account))
    return int(item.get("forwarded", 0)) if item else 0


def note_forwarded(account: str, sequence: int) -> None:
    """Record up to which sequence number the replies are checked, unless a later one is recorded already."""
    behind = Attr("forwarded").not_exists() | Attr("forwarded").lt(sequence)
    with suppress(store.ConditionFailed):
        store.write(Update(keys.inbox_end(account), changes={"forwarded": sequence}, when=behind))


def keep_unattributed(inbound: Inbound, at: datetime, candidates: Sequence[str] = ()) -> bool:
    """Store a reply that belongs to no account, for the operator; return False if the carrier's id came before.

    Its words are deleted after thirty days. Its id stays: a signed copy may come at any time, and is still a copy.
    """
    kept = {
        "type": "unattributed",
        "at": at,
        "candidates": candidates,
        **store.expires(at + _KEPT),
        "folder": keys.unattributed(),
        "folder_at": keys.folder_place(at, inbound.carrier_id),
    }
    once = Put(_key(inbound), {"type": "inbound", "at": at}, ABSENT)
    return store.try_write(once, Put(_words_key(inbound), {**attributes(inbound), **kept}))


def unattributed_page(now: datetime, *, limit: int, cursor: str | None) -> tuple[list[Unattributed], str | None]:
    """Return a page of unattributed replies of the last thirty days, newest first, and the next cursor or None."""
    since = keys.folder_place(now - _KEPT, keys.END)
    items, next_cursor = store.index_page(
        keys.unattributed(), limit=limit, cursor=cursor, since=since, newest_first=True
    )
    return [reply for item in items if (reply := _unattributed(item, now))], next_cursor


def get_unattributed(carrier: str, carrier_id: str, now: datetime) -> Unattributed | None:
    """Return an unattributed reply that is still kept, or None."""
    items = store.get_many([keys.inbound(carrier, carrier_id), keys.inbound(carrier, carrier_id, "words")]).values()
    return next((reply for item in items if (reply := _unattributed(item, now))), None)


def hand_over(reply: Unattributed, message: Message) -> tuple[str, str] | None:
    """Hand an unattributed reply over to an account, without counting its units; return its owner afterwards."""
    unassigned = PRESENT & Attr("account").not_exists()
    assigned = Put(_key(reply.inbound), _inbound_item(message), unassigned)
    existing = _write_numbered(message, assigned, Delete(_words_key(reply.inbound)))
    return (message.account, message.id) if existing is None else _owner(existing)


def _unattributed(item: Attributes | None, now: datetime) -> Unattributed | None:
    kept = store.unexpired(item, now)
    if not kept or kept["type"] not in _UNATTRIBUTED:
        return None
    candidates = tuple(kept.get("candidates", ()))
    return Unattributed(inbound=read(Inbound, kept), at=datetime.fromisoformat(kept["at"]), candidates=candidates)


def _inbound_item(message: Message) -> Attributes:
    """Return the item of a carrier's id: the account and message that it became, and when it came."""
    return {"type": "inbound", "account": message.account, "message_id": message.id, "at": message.created_at}


def _owner(item: Attributes) -> tuple[str, str] | None:
    return (item["account"], item["message_id"]) if "message_id" in item else None


def _words_key(inbound: Inbound) -> keys.Key:
    return keys.inbound(inbound.carrier, inbound.carrier_id, "words")


def _key(inbound: Inbound) -> keys.Key:
    return keys.inbound(inbound.carrier, inbound.carrier_id)
