"""The keys of the table and of its indexes: only *keys.py spell them (see docs/table.md).

Each function returns the key of the item that its docstring describes. Called without its last argument, where that
is optional, it returns the prefix of all keys of the type. No key is parsed: its parts are also attributes.
"""

from datetime import datetime
from hashlib import blake2s
from typing import NamedTuple

from longcode.months import instant

DUE_SHARDS = USAGE_SHARDS = 4

DUE, _BULK_DUE, _DELIVERIES_DUE, FOLDER = "due", "bulk-due", "told-due", "folder"
INDEXES = {DUE: ("due_shard", "due_at"), FOLDER: ("folder", "folder_at")}
"""The partition key and the sort key of each index."""
INBOX, END = "inbox#", "~"
"""What inbox entries begin with; a string that sorts after every id and every time."""

FOLDER_PLACE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z#.+$"
"""The pattern of a place in a list by time, as `folder_place` returns it, to validate cursors."""


class Key(NamedTuple):
    """The key of an item."""

    pk: str
    sk: str


def _shard(item_id: str, shards: int) -> int:
    return blake2s(item_id.encode(), digest_size=1).digest()[0] % shards


# Items of an account: its id is the partition.


def account(account: str) -> Key:
    """An account: its settings and its changes of plan."""
    return Key(f"account#{account}", "account")


def password(account: str) -> Key:
    """The hash of an account's password. It is an item of its own, because most functions do not read it."""
    return Key(f"account#{account}", "password")


def client(account: str, client_id: str = "") -> Key:
    """A client, by the id that the studio gave."""
    return Key(f"account#{account}", f"client#{client_id}")


def template(account: str, name: str = "") -> Key:
    """A template, by its name."""
    return Key(f"account#{account}", f"template#{name}")


def retention(account: str) -> Key:
    """How far the deletion of an account's old message bodies is."""
    return Key(f"account#{account}", "retention")


def possible_opt_out(account: str, phone: str) -> Key:
    """The latest possible opt-out of a phone: an account's staff decide whether the reply meant STOP."""
    return Key(f"account#{account}", f"question#{phone}")


def message(account: str, message_id: str = "") -> Key:
    """A message, in or out. The ids of all messages of one request have the same prefix."""
    return Key(f"account#{account}", f"message#{message_id}")


def broadcast(account: str, broadcast_id: str = "") -> Key:
    """A broadcast and its progress."""
    return Key(f"account#{account}", f"broadcast#{broadcast_id}")


def audience(account: str, broadcast_id: str) -> Key:
    """A broadcast's audience, an item of its own, because each step rewrites the broadcast's item."""
    return Key(f"account#{account}", f"audience#{broadcast_id}")


def skipped(account: str, broadcast_id: str, place: tuple[int, int] | None = None) -> Key:
    """A part of the list of clients that a step of a broadcast skipped; `place` is the step and the part."""
    part = f"{place[0]:06d}.{place[1]:03d}" if place else ""
    return Key(f"account#{account}", f"skipped#{broadcast_id}#{part}")


def inbox_end(account: str) -> Key:
    """The sequence number of the latest reply, that of the last one checked for a webhook, and the unread counts."""
    return Key(f"account#{account}", "inbox-end")


def inbox_entry(account: str, sequence: int) -> Key:
    """A reply by its sequence number, the order in which a studio's installed software reads replies."""
    return Key(f"account#{account}", f"{INBOX}{sequence:012d}")


def usage(account: str, day: str, spread_by: str | int) -> Key:
    """One of the items that count a day's usage: the one of this number, or that of an id, so that no item is hot."""
    spread_by = _shard(spread_by, USAGE_SHARDS) if isinstance(spread_by, str) else spread_by
    return Key(f"account#{account}", f"usage#{day}#{spread_by}")


def usage_of_month(account: str, month: str) -> Key:
    """The prefix of the items that count a month's usage."""
    return Key(f"account#{account}", f"usage#{month}-")


def quota(account: str, month: str) -> Key:
    """The units reserved in a month, under whichever plans the account has in it."""
    return Key(f"account#{account}", f"allowance#{month}")


def invoice(account: str, month: str = "") -> Key:
    """The invoice for a month."""
    return Key(f"account#{account}", f"invoice#{month}")


def credit(account: str, credit_id: str = "") -> Key:
    """A credit, by the id that the operator gave."""
    return Key(f"account#{account}", f"credit#{credit_id}")


def balance(account: str) -> Key:
    """The amount carried to an account's next invoice, and the number of credits that wait for it."""
    return Key(f"account#{account}", "balance")


def export(account: str, month: str) -> Key:
    """The progress of exporting a month's invoice to the operator's books."""
    return Key(f"account#{account}", f"export#{month}")


def delivery(account: str, delivery_id: str = "") -> Key:
    """A delivery to the webhook endpoint of a studio's hosted software."""
    return Key(f"account#{account}", f"delivery#{delivery_id}")


def webhook_endpoint(account: str) -> Key:
    """The failures and the back-off of a studio's webhook endpoint."""
    return Key(f"account#{account}", "receiver")


def change(account: str, place: str = "") -> Key:
    """The record of a change that was made to an account, or with "" to the service, in the order of time."""
    return Key(f"account#{account}" if account else "operator", f"change#{place}")


# Items of a phone, across accounts.


def clients_with_phone(phone: str, account: str = "") -> Key:
    """The clients of an account that have a phone."""
    return Key(f"phone#{phone}", f"clients#{account}")


def last_text(phone: str, number: str, account: str = "") -> Key:
    """The last text of an account to a phone from one of our numbers."""
    return Key(f"phone#{phone}", f"route#{number}#{account}")


def last_texts(phone: str) -> Key:
    """The prefix of the last texts to a phone, from all our numbers."""
    return Key(f"phone#{phone}", "route#")


def sticky_senders(phone: str) -> Key:
    """The sticky senders of a phone: the shared number from which each account texts it."""
    return Key(f"phone#{phone}", "lines")


def opt_out(phone: str, scope: str) -> Key:
    """The opt-out state of a phone in a scope: all studios on the shared numbers, or one account."""
    return Key(f"phone#{phone}", f"opt-out#{scope}")


def consent(phone: str, scope: str, at: datetime, event_id: str) -> Key:
    """One event in the opt-out history of a phone."""
    return Key(f"phone#{phone}", f"consent#{scope}#{instant(at)}#{event_id}")


def consents(phone: str, scope: str | None = None) -> Key:
    """The prefix of a phone's opt-out history. Within one scope, it is in the order of time."""
    return Key(f"phone#{phone}", f"consent#{scope}#" if scope else "consent#")


def listed_opt_out(account: str, phone: str) -> Key:
    """A phone in an account's list of opt-outs."""
    return Key(f"account#{account}", f"opted-out#{phone}")


def opt_out_list(account: str) -> str:
    """Return the list of the opted-out phones that an account knows, in the order of time."""
    return f"account#{account}#opt-outs"


def automatic_replies(phone: str) -> Key:
    """The automatic replies recently sent to a phone."""
    return Key(f"phone#{phone}", "replies")


# Items of the service itself.


def price_list() -> Key:
    """The operator's plans, with all their versions."""
    return Key("plans", "price-list")


def service_day(day: str) -> Key:
    """How many segments of a day the workers have taken under the service's ceiling."""
    return Key("service", f"day#{day}")


def log_key() -> Key:
    """The key of the hashes of phones in the logs."""
    return Key("logs", "key")


def throughput(number: str) -> Key:
    """The throughput of a dedicated number, or of all shared ones (`shared`): when the next segment may be sent."""
    return Key(f"number#{number}", "pace")


def parked_number(number: str) -> Key:
    """One of our numbers from which the carrier delivers nothing, until the operator releases it."""
    return Key(f"number#{number}", "parked")


def dedicated(number: str) -> Key:
    """The account that one of our numbers is dedicated to."""
    return Key(f"number#{number}", "dedicated")


def registered(account: str = "") -> Key:
    """An account, in the list of all accounts."""
    return Key("accounts", f"account#{account}")


def with_webhook(account: str = "") -> Key:
    """An account, in the list of accounts with a webhook endpoint."""
    return Key("webhooks", f"account#{account}")


def last_invoice_number(month: str) -> Key:
    """The number of invoices issued for a month."""
    return Key(f"invoices#{month}", "last")


def invoice_number(month: str, number: str = "") -> Key:
    """The account that has an invoice number of a month, in the order of numbers."""
    return Key(f"invoices#{month}", f"number#{number}")


def email(address: str) -> Key:
    """The account that signed up with an address."""
    return Key(f"email#{address}", "email")


def plan_confirmation(token_hash: str) -> Key:
    """The change of plan that a link in a mail confirms."""
    return Key(f"confirmation#{token_hash}", "confirmation")


def inbound(carrier: str, carrier_id: str, part: str = "inbound") -> Key:
    """The outcome of a carrier's inbound message, so that it is processed once; or an unattributed one's "words"."""
    return Key(f"inbound#{carrier}#{carrier_id}", part)


# The due index, and the lists of the folder index.
def due(item_id: str, at: datetime, *, bulk: bool = False, delivery: bool = False) -> dict[str, str]:
    """Return the attributes that put an item on the due index: the sweeper looks at it at that instant.

    Texts of broadcasts (`bulk`) and webhook deliveries (`delivery`) have partitions of their own: a single text
    must not wait behind a large broadcast, nor any text behind deliveries to an endpoint that may be down for days.
    """
    partition = _DELIVERIES_DUE if delivery else _BULK_DUE if bulk else DUE
    return {"due_shard": f"{partition}#{_shard(item_id, DUE_SHARDS)}", "due_at": instant(at)}


def due_shards() -> list[str]:
    """Return the partitions of the due index, in the order to read them: bulk texts next to last, deliveries last."""
    return [f"{partition}#{shard}" for partition in (DUE, _BULK_DUE, _DELIVERIES_DUE) for shard in range(DUE_SHARDS)]


def folder(account: str, name: str, *, linked: bool) -> str:
    """Return the list of an account's messages (in or out, with a client or without) or of its broadcasts."""
    return f"account#{account}#{name}" if linked else f"account#{account}#{name}-unlinked"


def our_numbers(kind: str) -> str:
    """Return a list of our numbers: of those that are `dedicated`, or of those that are `parked`."""
    return f"{kind}-numbers"


def blocked_pairs() -> str:
    """Return the list of the phones that the carrier blocks for some of our numbers, in the order of time."""
    return "blocked-pairs"


def unattributed() -> str:
    """Return the list of unattributed replies, in the order of time."""
    return "quarantine"


def changes(month: str) -> str:
    """Return the list of the changes of all accounts and the service in a month of UTC, in the order of time."""
    return f"changes#{month}"


def history() -> str:
    """Return the list of the opt-out events of all phones, in the order of time."""
    return "history"


def possible_opt_outs(account: str) -> str:
    """Return the list of the possible opt-outs that an account's staff decide, in the order of time."""
    return f"account#{account}#questions"


def deliveries(account: str, state: str) -> str:
    """Return the list of an account's failed webhook deliveries: the ones to retry, or the ones given up."""
    return f"account#{account}#deliveries-{state}"


def folder_place(at: datetime, item_id: str) -> str:
    """Return the place of an item in a list by time."""
    return f"{instant(at)}#{item_id}"
