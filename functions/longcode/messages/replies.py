"""Replies: taken in once, and numbered without gaps for the software that fetches them."""

import itertools
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from boto3.dynamodb.conditions import Attr

from longcode.carriers.carrier import Inbound
from longcode.message import Message
from longcode.messages import folders
from longcode.messages import store as messages
from longcode.table import keys, store
from longcode.table.writes import ABSENT, Attributes, Delete, Put, Update, Write, attributes, read
from longcode.usage import store as quotas

LOOKED_AT = 2000
_A_READ = 100
_UNSETTLED = 25  # many more than there are workers that may be writing a reply of one account

KEPT = timedelta(days=30)
_QUARANTINED = "quarantined"


def take_in(inbound: Inbound, message: Message) -> bool:
    """Write a reply with its number and its units; False when this carrier id was taken in before."""
    once = Put(keys.inbound(inbound.carrier, inbound.carrier_id), seen(message), ABSENT)
    return add(message, once, *quotas.counting(message)) is None


def add(message: Message, first: Write, *others: Write) -> Attributes | None:
    """Write a reply with its number, together with other writes; gives what stands where the first of them failed.

    Raises `store.ConditionFailed` when one of the others did.
    """
    for attempt in itertools.count():
        numbered = _numbered(message)
        try:
            store.transact([first, *numbered, *others])
        except store.ConditionFailed as failed:
            if 0 in failed.found:
                return failed.found[0]
            if max(failed.found) > len(numbered):
                raise
            store.pause(attempt)  # another reply has taken the number
        else:
            break
    return None


def seen(message: Message) -> Attributes:
    """Give what is noted of a carrier id: whose reply it became, and when it came."""
    return {"type": "inbound", "account": message.account, "message_id": message.id, "at": message.created_at}


def taken_in(inbound: Inbound) -> tuple[datetime, str | None] | None:
    """Tell when this carrier id was first taken in, if it was, and which account has it: none has a stranger's."""
    found = store.get(keys.inbound(inbound.carrier, inbound.carrier_id))
    return (datetime.fromisoformat(found["at"]), found.get("account")) if found else None


def known(carrier: str, carrier_ids: Iterable[str]) -> set[str]:
    """Tell which of a carrier's ids were taken in, or put aside as a stranger's."""
    wanted = {carrier_id: keys.inbound(carrier, carrier_id) for carrier_id in carrier_ids}
    found = store.get_many(wanted.values())
    return {carrier_id for carrier_id, key in wanted.items() if key in found}


def newest_sequence(account: str) -> int:
    """Give the number of the newest reply, 0 before the first."""
    found = store.get(keys.inbox_end(account))
    return int(found.get("sequence", 0)) if found else 0  # the item may have been begun by `note_forwarded`


def after(account: str, sequence: int, limit: int) -> list[tuple[int, Message]]:
    """List replies with their numbers, oldest first, from the one after `sequence`; none only if there is none."""
    return page(account, sequence, limit, look_at=None)[0]


def page(
    account: str, sequence: int, limit: int, look_at: int | None = LOOKED_AT
) -> tuple[list[tuple[int, Message]], int]:
    """List replies as `after` does, and tell up to which number that is.

    Of `look_at` numbers in a row there may be nothing to show: then there is none, and the next page goes on.
    """
    replies: list[tuple[int, Message]] = []
    reached, looked = sequence, 0
    while not replies and (look_at is None or looked < look_at):
        entries = _entries(account, reached, max(limit, _A_READ) if looked else limit)
        if not entries:
            break
        replies = _shown(account, entries)[:limit]
        reached, looked = replies[-1][0] if replies else entries[-1]["sequence"], looked + len(entries)
    return replies, reached


def _entries(account: str, sequence: int, limit: int) -> list[Attributes]:
    """List what stands under the next numbers, without a gap that only the moment of reading makes.

    A query is no snapshot: it may see the second of two replies that are just being written, and miss the first. So
    what it misses right before the last that it sees is looked for once more. Numbers further back are at rest: what
    is not there is gone.
    """
    start = keys.inbox_entry(account, sequence)
    seen = {
        entry["sequence"]: entry for entry in store.query(keys.Key(start.pk, keys.INBOX), after=start, limit=limit)
    }
    last = max(seen, default=sequence)
    missing = [number for number in range(max(sequence, last - _UNSETTLED) + 1, last) if number not in seen]
    if missing:
        settled = store.get_settled(keys.inbox_entry(account, number) for number in missing)
        seen |= {entry["sequence"]: entry for entry in settled}
    return [seen[number] for number in sorted(seen)]


def _shown(account: str, entries: Sequence[Attributes]) -> list[tuple[int, Message]]:
    wanted = {entry["sequence"]: keys.message(account, entry["message_id"]) for entry in entries}
    found = store.get_many(wanted.values())
    # A reply that was moved away, and back again, has another number.
    there = {number: item for number, key in wanted.items() if (item := found.get(key))}
    still = {number: item for number, item in there.items() if item.get("sequence", number) == number}
    return [(number, one) for number, item in still.items() if (one := messages.readable(item))]


def forwarded(account: str) -> int:
    """Give the number of the last reply that the studio's hosted software took, 0 before the first."""
    found = store.get(keys.inbox_end(account))
    return int(found.get("forwarded", 0)) if found else 0


def note_forwarded(account: str, sequence: int) -> None:
    """Note that the hosted software took a reply, unless it was noted to have taken later ones."""
    behind = Attr("forwarded").not_exists() | Attr("forwarded").lt(sequence)
    with suppress(store.ConditionFailed):
        store.write(Update(keys.inbox_end(account), changes={"forwarded": sequence}, when=behind))


def _numbered(message: Message) -> list[Write]:
    number = newest_sequence(message.account) + 1
    entry = {"type": "inbox-entry", "sequence": number, "message_id": message.id}
    last = Attr("sequence").eq(number - 1) if number > 1 else Attr("sequence").not_exists()
    newest = {"type": "inbox-end", "sequence": number}
    return [
        Put(keys.message(message.account, message.id), {**messages.item(message), "sequence": number}, ABSENT),
        Update(keys.inbox_end(message.account), newest, folders.unread_of(message), when=last),
        Put(keys.inbox_entry(message.account, number), entry, ABSENT),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unattributed:
    """A text that is nobody's, and when it came."""

    inbound: Inbound
    at: datetime

    @property
    def until(self) -> datetime:
        """When its days are over."""
        return self.at + KEPT


def keep_unattributed(inbound: Inbound, at: datetime) -> None:
    """Keep a stranger's text for the operator."""
    kept = {
        "type": "quarantined",
        "at": at,
        **store.expires(at + KEPT),
        "folder": keys.quarantine(),
        "folder_at": keys.folder_place(at, inbound.carrier_id),
    }
    try:
        store.write(Put(_key(inbound), {**attributes(inbound), **kept}, ABSENT))
    except store.ConditionFailed:
        return


def unattributed_page(now: datetime, *, limit: int, cursor: str | None) -> tuple[list[Unattributed], str | None]:
    """List strangers' texts, newest first, and where the next page begins; none whose thirty days are over."""
    since = keys.folder_place(now - KEPT, keys.END)
    items, next_cursor = store.index_page(
        keys.quarantine(), limit=limit, cursor=cursor, since=since, newest_first=True
    )
    return [one for item in items if (one := _kept(item, now))], next_cursor


def get_unattributed(carrier: str, carrier_id: str, now: datetime) -> Unattributed | None:
    """Find a stranger's text that is still kept."""
    return _kept(store.get(keys.inbound(carrier, carrier_id)), now)


def owner(carrier: str, carrier_id: str) -> tuple[str, str] | None:
    """Tell which account has what a carrier brought, and under which id."""
    return _owner(store.get(keys.inbound(carrier, carrier_id)) or {})


def assign_unattributed(stranger: Unattributed, message: Message) -> tuple[str, str] | None:
    """Give a stranger's text to an account, uncounted; gives who has it now."""
    there = add(message, Put(_key(stranger.inbound), seen(message), Attr("type").eq(_QUARANTINED)))
    return (message.account, message.id) if there is None else _owner(there)


def move_reply(message: Message, to: Message) -> tuple[str, str] | None:
    """Take a reply and its units from one account and give them to another, together; gives who has it now.

    Raises `store.ConditionFailed` when staff have read or linked it since it was read.
    """
    key = keys.inbound(message.carrier or "", message.carrier_id or "")
    once = Put(key, seen(to), Attr("account").eq(message.account))
    gone = Delete(keys.message(message.account, message.id), folders.unchanged(message))
    there = add(
        to,
        once,
        gone,
        *folders.counting_unread(message.account, message, None),
        *quotas.counting(message, -1),
        *quotas.counting(to),
    )
    return (to.account, to.id) if there is None else _owner(there)


def _kept(item: Attributes | None, now: datetime) -> Unattributed | None:
    """Read a stranger's text, unless its days are over."""
    kept = store.unexpired(item, now)
    if not kept or kept["type"] != _QUARANTINED:
        return None
    return Unattributed(inbound=read(Inbound, kept), at=datetime.fromisoformat(kept["at"]))


def _owner(item: Attributes) -> tuple[str, str] | None:
    return (item["account"], item["message_id"]) if item.get("type") == "inbound" else None


def _key(inbound: Inbound) -> keys.Key:
    return keys.inbound(inbound.carrier, inbound.carrier_id)
