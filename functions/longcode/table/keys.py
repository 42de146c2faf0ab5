"""The keys of the table: every key is spelled here, and nowhere else. docs/table.md lists who reads which.

No key is parsed: its parts are attributes of the item too. A function called without its last part returns the
prefix of all keys of its type.
"""

from datetime import UTC, date, datetime
from hashlib import blake2s
from typing import NamedTuple

DUE_SHARDS = 4
USAGE_SHARDS = 4

DUE = "due"
_BULK_DUE = "bulk-due"
_TOLD_DUE = "told-due"
FOLDER = "folder"
INBOX = "inbox#"
END = "~"
"""Sorts after every id and every time."""

FOLDER_PLACE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z#.+$"
"""The pattern of a place in a list by time, to validate cursors."""

INDEXES = {DUE: ("due_shard", "due_at"), FOLDER: ("folder", "folder_at")}


class Key(NamedTuple):
    """The key of an item."""

    pk: str
    sk: str


def instant(at: datetime) -> str:
    """Return an instant in UTC, to the millisecond, as a text that sorts by time."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _shard(of: str, shards: int) -> int:
    return blake2s(of.encode(), digest_size=1).digest()[0] % shards


# What an account owns: its id is the partition.


def account(account: str) -> Key:
    """An account: its settings and its changes of plan."""
    return Key(f"account#{account}", "account")


def password(account: str) -> Key:
    """The hash of an account's password, apart from what most functions read."""
    return Key(f"account#{account}", "password")


def client(account: str, client_id: str = "") -> Key:
    """A client, by the studio's own id."""
    return Key(f"account#{account}", f"client#{client_id}")


def template(account: str, name: str = "") -> Key:
    """A template, by its name."""
    return Key(f"account#{account}", f"template#{name}")


def trigger(account: str, name: str = "") -> Key:
    """A trigger, by its name."""
    return Key(f"account#{account}", f"trigger#{name}")


def event(account: str, event_id: str) -> Key:
    """An event that the studio's software reported under one Idempotency-Key, and the response to it."""
    return Key(f"account#{account}", f"event#{event_id}")


def record(account: str, kind: str, record_id: str) -> Key:
    """The latest state of a session, an order and so on."""
    return Key(f"account#{account}", f"record#{kind}#{record_id}")


def occurrence(account: str, kind: str, record_id: str, trigger: str, day: date) -> Key:
    """What a trigger does for a record on a date: there is only ever one."""
    return Key(f"account#{account}", f"occurrence#{kind}#{record_id}#{trigger}#{day}")


def occurrences(account: str, kind: str, record_id: str) -> Key:
    """The prefix of a record's occurrences."""
    return Key(f"account#{account}", f"occurrence#{kind}#{record_id}#")


def call(account: str, call_id: str = "") -> Key:
    """A call task; its id begins with its time."""
    return Key(f"account#{account}", f"call#{call_id}")


def retention(account: str) -> Key:
    """How far the bodies of an account's messages are purged."""
    return Key(f"account#{account}", "retention")


def question(account: str, phone: str) -> Key:
    """What an account's staff are or were last asked about a phone: whether a reply meant STOP."""
    return Key(f"account#{account}", f"question#{phone}")


def message(account: str, message_id: str = "") -> Key:
    """A message, in or out; the ids of one request's messages begin alike."""
    return Key(f"account#{account}", f"message#{message_id}")


def broadcast(account: str, broadcast_id: str = "") -> Key:
    """A broadcast and its progress."""
    return Key(f"account#{account}", f"broadcast#{broadcast_id}")


def audience(account: str, broadcast_id: str) -> Key:
    """A broadcast's audience, apart from what each step writes."""
    return Key(f"account#{account}", f"audience#{broadcast_id}")


def skipped(account: str, broadcast_id: str, place: tuple[int, int] | None = None) -> Key:
    """A part of the list of clients whom a step of a broadcast skipped."""
    last = f"{place[0]:06d}.{place[1]:03d}" if place else ""
    return Key(f"account#{account}", f"skipped#{broadcast_id}#{last}")


def inbox_end(account: str) -> Key:
    """The sequence number of the latest reply."""
    return Key(f"account#{account}", "inbox-end")


def inbox_entry(account: str, sequence: int) -> Key:
    """A reply by its sequence number: installed software reads them in this order."""
    return Key(f"account#{account}", f"{INBOX}{sequence:012d}")


def usage(account: str, day: str, spread_by: str) -> Key:
    """One of a day's counters; `spread_by` chooses which, so that a busy day has no hot item."""
    return Key(f"account#{account}", f"usage#{day}#{_shard(spread_by, USAGE_SHARDS)}")


def usage_of_month(account: str, month: str) -> Key:
    """The prefix of a month's counters."""
    return Key(f"account#{account}", f"usage#{month}-")


def allowance(account: str, month: str) -> Key:
    """What is reserved in a month, whichever plans the account has in it."""
    return Key(f"account#{account}", f"allowance#{month}")


def invoice(account: str, month: str = "") -> Key:
    """The invoice for a month."""
    return Key(f"account#{account}", f"invoice#{month}")


def credit(account: str, credit_id: str = "") -> Key:
    """A credit, by the operator's own id."""
    return Key(f"account#{account}", f"credit#{credit_id}")


def balance(account: str) -> Key:
    """What is added to an account's next invoice."""
    return Key(f"account#{account}", "balance")


def export(account: str, month: str) -> Key:
    """The progress of exporting a month's invoice to the operator's books."""
    return Key(f"account#{account}", f"export#{month}")


def delivery(account: str, delivery_id: str = "") -> Key:
    """A webhook delivery to a studio's hosted software."""
    return Key(f"account#{account}", f"delivery#{delivery_id}")


def receiver(account: str) -> Key:
    """The state of a studio's webhook endpoint, and the workers that post to it now."""
    return Key(f"account#{account}", "receiver")


# What the service knows about a phone, across accounts.


def clients_with_phone(phone: str, account: str = "") -> Key:
    """The clients of an account that have this phone."""
    return Key(f"phone#{phone}", f"clients#{account}")


def route(phone: str, number: str, account: str = "") -> Key:
    """When an account last texted this phone from one of our numbers."""
    return Key(f"phone#{phone}", f"route#{number}#{account}")


def routes(phone: str) -> Key:
    """The prefix of a phone's routes, from all our numbers."""
    return Key(f"phone#{phone}", "route#")


def lines(phone: str) -> Key:
    """The shared number from which each account texts this phone."""
    return Key(f"phone#{phone}", "lines")


def opt_out(phone: str, scope: str) -> Key:
    """Whether the phone is opted out of the shared numbers, or of a dedicated one."""
    return Key(f"phone#{phone}", f"opt-out#{scope}")


def consent(phone: str, scope: str, at: datetime, event_id: str) -> Key:
    """One STOP or START in a phone's history."""
    return Key(f"phone#{phone}", f"consent#{scope}#{instant(at)}#{event_id}")


def consents(phone: str, scope: str | None = None) -> Key:
    """The prefix of a phone's history; within a scope, it is in the order of time."""
    return Key(f"phone#{phone}", f"consent#{scope}#" if scope else "consent#")


def automatic_replies(phone: str) -> Key:
    """The automatic replies that were sent to the phone lately."""
    return Key(f"phone#{phone}", "replies")


# What belongs to the service itself.


def price_list() -> Key:
    """The operator's plans, in all their versions."""
    return Key("plans", "price-list")


def pace(number: str) -> Key:
    """When one of our numbers is free to send another segment."""
    return Key(f"number#{number}", "pace")


def dedicated(number: str) -> Key:
    """The account that a number of ours is dedicated to."""
    return Key(f"number#{number}", "dedicated")


def registered(account: str = "") -> Key:
    """An account, in the list of all accounts."""
    return Key("accounts", f"account#{account}")


def with_webhook(account: str = "") -> Key:
    """An account, in the list of those whose hosted software takes webhooks."""
    return Key("webhooks", f"account#{account}")


def last_invoice_number(month: str) -> Key:
    """The count of invoices issued for a month."""
    return Key(f"invoices#{month}", "last")


def invoice_number(month: str, number: str = "") -> Key:
    """The account that an invoice number of a month belongs to, in the order of numbers."""
    return Key(f"invoices#{month}", f"number#{number}")


def email(address: str) -> Key:
    """The account that signed up with an address."""
    return Key(f"email#{address}", "email")


def plan_confirmation(token_hash: str) -> Key:
    """The change of plan that a mailed link confirms."""
    return Key(f"confirmation#{token_hash}", "confirmation")


def inbound(carrier: str, carrier_id: str) -> Key:
    """What became of a carrier's inbound message, so that it is processed once."""
    return Key(f"inbound#{carrier}#{carrier_id}", "inbound")


# The two indexes.


def due(item_id: str, at: datetime, *, bulk: bool = False, told: bool = False) -> dict[str, str]:
    """Return the attributes that put an item on the due index: the sweeper looks at it at that instant.

    Broadcasts' texts and webhook deliveries have partitions of their own: a single text must not wait behind a large
    broadcast, nor any text behind deliveries to software that may be down for days.
    """
    line = _TOLD_DUE if told else _BULK_DUE if bulk else DUE
    return {"due_shard": f"{line}#{_shard(item_id, DUE_SHARDS)}", "due_at": instant(at)}


def due_shards() -> list[str]:
    """Return the partitions of the due index, in the order to read them: deliveries last, and bulk before them."""
    return [f"{line}#{shard}" for line in (DUE, _BULK_DUE, _TOLD_DUE) for shard in range(DUE_SHARDS)]


def folder(account: str, name: str, *, linked: bool) -> str:
    """The list of an account's messages in or out, with a client or without."""
    return f"account#{account}#{name}" if linked else f"account#{account}#{name}-unlinked"


def upcoming(account: str) -> str:
    """The list of what an account's triggers will send, in the order of time."""
    return f"account#{account}#upcoming"


def dedicated_numbers() -> str:
    """The list of the dedicated numbers."""
    return "dedicated-numbers"


def quarantine() -> str:
    """The list of unattributed replies, in the order of time."""
    return "quarantine"


def history() -> str:
    """The list of every STOP and START, in the order of time."""
    return "history"


def questions(account: str) -> str:
    """The list of what an account's staff are asked, in the order of time."""
    return f"account#{account}#questions"


def deliveries(account: str, state: str) -> str:
    """The list of an account's webhook deliveries that failed: those that will be retried, or those that will not."""
    return f"account#{account}#deliveries-{state}"


def folder_place(at: datetime, message_id: str) -> str:
    """The place of a message in a list by time."""
    return f"{instant(at)}#{message_id}"
