"""Replies: taken in once, numbered without gaps for the software that fetches them, listed by folder."""

from datetime import datetime, timedelta

from boto3.dynamodb.conditions import Attr

from longcode.carriers.carrier import Inbound
from longcode.message import Message
from longcode.months import day_of
from longcode.table import keys, messages, store, usage
from longcode.table.codec import attributes, read
from longcode.table.writes import ABSENT, Put, Update, Write

_QUARANTINED = timedelta(days=30)


def take_in(inbound: Inbound, message: Message) -> bool:
    """Write a reply with its number and its units; False when this carrier id was taken in before."""
    seen = {"type": "inbound", "account": message.account, "message_id": message.id}
    once = Put(keys.inbound(inbound.carrier, inbound.carrier_id), seen, ABSENT)
    reply = Put(keys.message(message.account, message.id), messages.item(message), ABSENT)
    counted = usage.adding(
        message.account, day_of(message.created_at), message.id, usage.of(message, message.charged_units)
    )
    while True:
        numbered = _next(message)
        try:
            store.transact([once, reply, *numbered, *([counted] if message.charged_units else [])])
        except store.ConditionFailed as failed:
            if 0 in failed.found:
                return False
            continue
        return True


def quarantine(inbound: Inbound, at: datetime) -> None:
    """Keep a stranger's message for the operator, for thirty days."""
    kept = {"type": "quarantined", "at": at, "expires_at": int((at + _QUARANTINED).timestamp())}
    key = keys.inbound(inbound.carrier, inbound.carrier_id)
    try:
        store.write(Put(key, {**attributes(inbound), **kept}, ABSENT))
    except store.ConditionFailed:
        return


def end(account: str) -> int:
    """Give the number of the newest reply, 0 before the first."""
    found = store.get(keys.inbox_end(account))
    return int(found["sequence"]) if found else 0


def after(account: str, sequence: int, limit: int) -> list[tuple[int, Message]]:
    """List replies with their numbers, oldest first, from the one after `sequence`."""
    start = keys.inbox_entry(account, sequence)
    entries = list(store.query(keys.Key(start.pk, keys.INBOX), after=start, limit=limit))
    wanted = {entry["sequence"]: keys.message(account, entry["message_id"]) for entry in entries}
    found = store.get_many(wanted.values())
    return [(number, read(Message, found[key])) for number, key in wanted.items() if key in found]


def _next(message: Message) -> list[Write]:
    number = end(message.account) + 1
    entry = {"type": "inbox-entry", "sequence": number, "message_id": message.id}
    last = Attr("sequence").eq(number - 1) if number > 1 else ABSENT
    return [
        Update(keys.inbox_end(message.account), changes={"type": "inbox-end", "sequence": number}, when=last),
        Put(keys.inbox_entry(message.account, number), entry, ABSENT),
    ]
