"""Every key of the table is spelled here and nowhere else; docs/table.md tells who asks for which.

Nobody takes a key apart: what it is made of stands on the item as attributes too. Called without its last
part, a function gives what all keys of that kind begin with.
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
FOLDER_PLACE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z#.+$"
"""What a place in a list by time looks like, to know a cursor by."""

INDEXES = {DUE: ("due_shard", "due_at"), FOLDER: ("folder", "folder_at")}


class Key(NamedTuple):
    """Where an item stands."""

    pk: str
    sk: str


def instant(at: datetime) -> str:
    """Write an instant in UTC to the millisecond, so that the order of texts is the order of time."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _shard(of: str, shards: int) -> int:
    return blake2s(of.encode(), digest_size=1).digest()[0] % shards


# What one account owns: the account leads.


def account(account: str) -> Key:
    """Find an account: its settings and its plan changes."""
    return Key(f"account#{account}", "account")


def password(account: str) -> Key:
    """Find the hash of an account's password, apart from what everyone else reads."""
    return Key(f"account#{account}", "password")


def client(account: str, client_id: str = "") -> Key:
    """Find a client under the studio's own id."""
    return Key(f"account#{account}", f"client#{client_id}")


def template(account: str, name: str = "") -> Key:
    """Find a template by its name."""
    return Key(f"account#{account}", f"template#{name}")


def trigger(account: str, name: str = "") -> Key:
    """Find a trigger by its name."""
    return Key(f"account#{account}", f"trigger#{name}")


def event(account: str, event_id: str) -> Key:
    """Find what the studio's software told under one Idempotency-Key, and what it was answered."""
    return Key(f"account#{account}", f"event#{event_id}")


def record(account: str, kind: str, record_id: str) -> Key:
    """Find the newest state of a session, an order and so on."""
    return Key(f"account#{account}", f"record#{kind}#{record_id}")


def occurrence(account: str, kind: str, record_id: str, trigger: str, day: date) -> Key:
    """Find what a trigger does for a record and a date: there is one, for ever."""
    return Key(f"account#{account}", f"occurrence#{kind}#{record_id}#{trigger}#{day}")


def occurrences(account: str, kind: str, record_id: str) -> Key:
    """Give what the occurrences of a record begin with."""
    return Key(f"account#{account}", f"occurrence#{kind}#{record_id}#")


def call(account: str, call_id: str = "") -> Key:
    """Find a call task; its id begins with its time."""
    return Key(f"account#{account}", f"call#{call_id}")


def retention(account: str) -> Key:
    """Find how far the words of an account's messages are forgotten."""
    return Key(f"account#{account}", "retention")


def question(account: str, phone: str) -> Key:
    """Find what an account's staff are or were last asked about a phone: whether a reply meant STOP."""
    return Key(f"account#{account}", f"question#{phone}")


def message(account: str, message_id: str = "") -> Key:
    """Find a message, in or out; those of one request begin alike."""
    return Key(f"account#{account}", f"message#{message_id}")


def broadcast(account: str, broadcast_id: str = "") -> Key:
    """Find a broadcast: how far it is."""
    return Key(f"account#{account}", f"broadcast#{broadcast_id}")


def audience(account: str, broadcast_id: str) -> Key:
    """Find whom a broadcast is for, apart from what is written at every step."""
    return Key(f"account#{account}", f"audience#{broadcast_id}")


def skipped(account: str, broadcast_id: str, place: tuple[int, int] | None = None) -> Key:
    """Find who got no text of a broadcast: a part of what one step skipped."""
    last = f"{place[0]:06d}.{place[1]:03d}" if place else ""
    return Key(f"account#{account}", f"skipped#{broadcast_id}#{last}")


def inbox_end(account: str) -> Key:
    """Find the number of the newest reply."""
    return Key(f"account#{account}", "inbox-end")


def inbox_entry(account: str, sequence: int) -> Key:
    """Find the reply with that number: the installed software reads them in this order."""
    return Key(f"account#{account}", f"{INBOX}{sequence:012d}")


def usage(account: str, day: str, spread_by: str) -> Key:
    """Find one of the counters of a day; `spread_by` keeps a busy day off one hot item."""
    return Key(f"account#{account}", f"usage#{day}#{_shard(spread_by, USAGE_SHARDS)}")


def usage_of_month(account: str, month: str) -> Key:
    """Give what the counters of a month begin with."""
    return Key(f"account#{account}", f"usage#{month}-")


def allowance(account: str, month: str) -> Key:
    """Find what is reserved of a month, whichever plans the account has in it."""
    return Key(f"account#{account}", f"allowance#{month}")


def invoice(account: str, month: str = "") -> Key:
    """Find the invoice of a month."""
    return Key(f"account#{account}", f"invoice#{month}")


def credit(account: str, credit_id: str = "") -> Key:
    """Find a credit under the operator's own id."""
    return Key(f"account#{account}", f"credit#{credit_id}")


def balance(account: str) -> Key:
    """Find what waits for an account's next invoice."""
    return Key(f"account#{account}", "balance")


def export(account: str, month: str) -> Key:
    """Find how far the export of a month's invoice to the operator's books is."""
    return Key(f"account#{account}", f"export#{month}")


def delivery(account: str, delivery_id: str = "") -> Key:
    """Find what a studio's hosted software is told of one thing that happened."""
    return Key(f"account#{account}", f"delivery#{delivery_id}")


def receiver(account: str) -> Key:
    """Find how a studio's hosted software takes what it is told, and who is telling it now."""
    return Key(f"account#{account}", "receiver")


# What the service knows of a phone, whoever's client it is.


def clients_with_phone(phone: str, account: str = "") -> Key:
    """Find which clients of an account have this phone."""
    return Key(f"phone#{phone}", f"clients#{account}")


def route(phone: str, number: str, account: str = "") -> Key:
    """Find when an account last texted this phone over one of our numbers."""
    return Key(f"phone#{phone}", f"route#{number}#{account}")


def routes(phone: str) -> Key:
    """Give what all routes to a phone begin with, over whichever number."""
    return Key(f"phone#{phone}", "route#")


def lines(phone: str) -> Key:
    """Find over which of the shared numbers each account talks with a phone."""
    return Key(f"phone#{phone}", "lines")


def opt_out(phone: str, scope: str) -> Key:
    """Find whether the phone said STOP, to the shared numbers or to a dedicated one."""
    return Key(f"phone#{phone}", f"opt-out#{scope}")


def consent(phone: str, scope: str, at: datetime, event_id: str) -> Key:
    """Find one event of the phone's history of STOP and START."""
    return Key(f"phone#{phone}", f"consent#{scope}#{instant(at)}#{event_id}")


def consents(phone: str, scope: str | None = None) -> Key:
    """Give what the events of a phone begin with: those in a scope stand in the order of time."""
    return Key(f"phone#{phone}", f"consent#{scope}#" if scope else "consent#")


def automatic_replies(phone: str) -> Key:
    """Find which automatic replies went to the phone lately."""
    return Key(f"phone#{phone}", "replies")


# What belongs to the service.


def price_list() -> Key:
    """Find the operator's plans in all their versions."""
    return Key("plans", "price-list")


def pace(number: str) -> Key:
    """Find from when on one of our numbers is free for another segment."""
    return Key(f"number#{number}", "pace")


def dedicated(number: str) -> Key:
    """Find whose one of our numbers is that nobody shares."""
    return Key(f"number#{number}", "dedicated")


def registered(account: str = "") -> Key:
    """Find an account in the list of all."""
    return Key("accounts", f"account#{account}")


def with_webhook(account: str = "") -> Key:
    """Find an account in the list of those whose hosted software takes webhooks."""
    return Key("webhooks", f"account#{account}")


def last_invoice_number(month: str) -> Key:
    """Find how many invoices of a month are issued."""
    return Key(f"invoices#{month}", "last")


def invoice_number(month: str, number: str = "") -> Key:
    """Find whose invoice of a month has a number: they stand in its order."""
    return Key(f"invoices#{month}", f"number#{number}")


def email(address: str) -> Key:
    """Find the account that signed up with an address."""
    return Key(f"email#{address}", "email")


def plan_confirmation(token_hash: str) -> Key:
    """Find the change of plan that a mailed link confirms."""
    return Key(f"confirmation#{token_hash}", "confirmation")


def inbound(carrier: str, carrier_id: str) -> Key:
    """Find what was decided about a carrier's inbound message: it is taken in once."""
    return Key(f"inbound#{carrier}#{carrier_id}", "inbound")


# The two indexes.


def due(item_id: str, at: datetime, *, bulk: bool = False, told: bool = False) -> dict[str, str]:
    """Put an item on the due index: someone must look at it at that instant.

    Nothing queues behind what is bulk, and no text behind what hosted software is told: it may be down for days.
    """
    line = _TOLD_DUE if told else _BULK_DUE if bulk else DUE
    return {"due_shard": f"{line}#{_shard(item_id, DUE_SHARDS)}", "due_at": instant(at)}


def due_shards() -> list[str]:
    """List the partitions of the due index, those of bulk late and those of what is told last."""
    return [f"{line}#{shard}" for line in (DUE, _BULK_DUE, _TOLD_DUE) for shard in range(DUE_SHARDS)]


def folder(account: str, name: str, *, linked: bool) -> str:
    """Name one of the four lists of an account's messages: in or out, of a client or of nobody yet."""
    return f"account#{account}#{name}" if linked else f"account#{account}#{name}-unlinked"


def upcoming(account: str) -> str:
    """Name the list of what an account's triggers mean to send, in the order of its time."""
    return f"account#{account}#upcoming"


def dedicated_numbers() -> str:
    """Name the list of the numbers that nobody shares."""
    return "dedicated-numbers"


def quarantine() -> str:
    """Name the list of strangers' texts, in the order of their time."""
    return "quarantine"


def history() -> str:
    """Name the list of all events of STOP and START, in the order of time."""
    return "history"


def questions(account: str) -> str:
    """Name the list of what an account's staff are asked, in the order of time."""
    return f"account#{account}#questions"


def deliveries(account: str, state: str) -> str:
    """Name the list of what an account's hosted software did not take: of what waits for another try, or has none."""
    return f"account#{account}#deliveries-{state}"


def folder_place(at: datetime, message_id: str) -> str:
    """Place a message in its list by time."""
    return f"{instant(at)}#{message_id}"
