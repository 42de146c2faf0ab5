"""The steps of a broadcast, for tests: create it, run its steps, deliver its texts, read the results."""

from datetime import datetime
from typing import Any

from broadcasts import api, forms, worker
from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast
from longcode.clients import lists
from longcode.clients.client import Client, Phone
from longcode.jobs import AdvanceBroadcast
from longcode.message import Message, MessageState
from longcode.table import keys, store
from longcode.table.writes import Put, attributes, read
from tests.support.fakes import NOW, FakeCarrier, take_queued
from tests.support.text_steps import deliver

ALL = {"all": True}
_RELEASED = {MessageState.REFUSED, MessageState.FAILED, MessageState.CANCELLED, MessageState.EXPIRED}


def create_broadcast(
    account: Account, key: str = "k", *, now: datetime = NOW, audience: Any = ALL, **fields: Any
) -> str:
    """Create a broadcast; return its id."""
    form = forms.NewBroadcast.model_validate({"audience": audience, "body": "Hello"} | fields)
    return api.create_broadcast(account.id, form, key, now).id


def advance(now: datetime = NOW, *, steps: int = 1_000) -> None:
    """Run queued steps until the queue is empty, or at most `steps` rounds."""
    for _ in range(steps):
        jobs = take_queued("broadcast")
        if not jobs:
            return
        for job in jobs:
            worker.advance(queues.read(AdvanceBroadcast, job), now)


def send(account: Account, key: str = "k", *, now: datetime = NOW, **fields: Any) -> Broadcast:
    """Create a broadcast and run all its steps; return it."""
    broadcast_id = create_broadcast(account, key, now=now, **fields)
    advance(now)
    return stored(account, broadcast_id)


def deliver_bulk_texts(now: datetime = NOW, carrier: FakeCarrier | None = None) -> FakeCarrier:
    """Deliver the queued bulk texts; return the carrier."""
    carrier = carrier or FakeCarrier()
    deliver(carrier, now, take_queued("bulk"))
    return carrier


def stored(account: Account, broadcast_id: str) -> Broadcast:
    """Return a broadcast that must exist."""
    broadcast = broadcasts.get(account.id, broadcast_id)
    assert broadcast is not None
    return broadcast


def texts(account: Account, broadcast_id: str) -> list[Message]:
    """Return all texts of a broadcast, sorted by phone."""
    page = broadcasts.texts_page(stored(account, broadcast_id), None, 1_000).texts
    return sorted(page, key=lambda message: message.phone)


def skipped(account: Account, broadcast_id: str) -> list[tuple[str, str | None, str | None]]:
    """Return the skipped clients: client, phone and reason."""
    rows = broadcasts.skipped_from(stored(account, broadcast_id), None)
    return [(outcome.client_id, outcome.phone, outcome.code) for _, outcome in rows]


def phone_number(index: int) -> str:
    """Return the phone number of the client at an index."""
    return f"+1212556{index:04}"


def write_clients(account: Account, count: int) -> None:
    """Write clients, each with its own phone, without the items that find a client by its phone."""
    records = [
        Client(
            account=account.id,
            id=f"p{index:04}",
            updated_at=NOW,
            phones=(Phone(number=phone_number(index), entered=phone_number(index)),),
            allow_text_marketing=True,
        )
        for index in range(count)
    ]
    for client in records:
        item = {"type": "client", **attributes(client), **lists.listing(client)}
        store.write(Put(keys.client(client.account, client.id), item))


def reservations_add_up(account: Account) -> bool:
    """Return whether the reserved units are those of unfinished texts, plus the unused reservations of broadcasts."""
    of_account = keys.message(account.id)
    messages = [read(Message, item) for item in store.query(of_account)]
    held_by_texts = sum(
        message.units for message in messages if message.reserved_in and message.state not in _RELEASED
    )
    unused = 0
    for item in store.query(keys.broadcast(account.id)):
        broadcast = read(Broadcast, item)
        if broadcast.reserved_in:
            unused += broadcast.reserved - sum(text.units for text in messages if text.broadcast == broadcast.id)
    used = [int(item["used"]) for item in store.query(keys.quota(account.id, ""))]
    return sum(used) == held_by_texts + unused
