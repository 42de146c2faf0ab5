"""Texts that are nobody's, kept thirty days for the operator; and what the operator gives to an account."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from boto3.dynamodb.conditions import Attr

from longcode.carriers.carrier import Inbound
from longcode.message import Message
from longcode.table import hub, inbox, keys, store, unread, usage
from longcode.table.codec import Attributes, attributes, read
from longcode.table.writes import ABSENT, Delete, Put

KEPT = timedelta(days=30)
_QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """A text that is nobody's, and when it came."""

    inbound: Inbound
    at: datetime

    @property
    def until(self) -> datetime:
        """When its days are over."""
        return self.at + KEPT


def quarantine(inbound: Inbound, at: datetime) -> None:
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


def page(now: datetime, *, limit: int, cursor: str | None) -> tuple[list[Stranger], str | None]:
    """List strangers' texts, newest first, and where the next page begins; none whose thirty days are over."""
    since = keys.folder_place(now - KEPT, keys.END)
    items, next_cursor = store.index_page(
        keys.quarantine(), limit=limit, cursor=cursor, since=since, newest_first=True
    )
    return [one for item in items if (one := _kept(item, now))], next_cursor


def get(carrier: str, carrier_id: str, now: datetime) -> Stranger | None:
    """Find a stranger's text that is still kept."""
    return _kept(store.get(keys.inbound(carrier, carrier_id)), now)


def owner(carrier: str, carrier_id: str) -> tuple[str, str] | None:
    """Tell which account has what a carrier brought, and under which id."""
    return _owner(store.get(keys.inbound(carrier, carrier_id)) or {})


def hand_over(stranger: Stranger, message: Message) -> tuple[str, str] | None:
    """Give a stranger's text to an account, uncounted; gives who has it now."""
    there = inbox.add(message, Put(_key(stranger.inbound), inbox.seen(message), Attr("type").eq(_QUARANTINED)))
    return (message.account, message.id) if there is None else _owner(there)


def move(message: Message, to: Message) -> tuple[str, str] | None:
    """Take a reply and its units from one account and give them to another, together; gives who has it now.

    Raises `store.ConditionFailed` when staff have read or linked it since it was read.
    """
    key = keys.inbound(message.carrier or "", message.carrier_id or "")
    once = Put(key, inbox.seen(to), Attr("account").eq(message.account))
    gone = Delete(keys.message(message.account, message.id), hub.unchanged(message))
    there = inbox.add(
        to,
        once,
        gone,
        *unread.counting(message.account, message, None),
        *usage.counting(message, -1),
        *usage.counting(to),
    )
    return (to.account, to.id) if there is None else _owner(there)


def _kept(item: Attributes | None, now: datetime) -> Stranger | None:
    """Read a stranger's text, unless its days are over."""
    kept = store.unexpired(item, now)
    if not kept or kept["type"] != _QUARANTINED:
        return None
    return Stranger(inbound=read(Inbound, kept), at=datetime.fromisoformat(kept["at"]))


def _owner(item: Attributes) -> tuple[str, str] | None:
    return (item["account"], item["message_id"]) if item.get("type") == "inbound" else None


def _key(inbound: Inbound) -> keys.Key:
    return keys.inbound(inbound.carrier, inbound.carrier_id)
