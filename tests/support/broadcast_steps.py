"""The steps of a broadcast's life, for tests: taken in, brought on, its texts delivered, looked at."""

from datetime import datetime
from typing import Any

from broadcasts import api, forms, worker
from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast
from longcode.clients.client import Client, Phone
from longcode.jobs import AdvanceBroadcast as Job
from longcode.message import Message, MessageState
from longcode.table import keys, store
from longcode.table.writes import Put, attributes, read
from tests.support.fakes import NOW, FakeCarrier, queued
from tests.support.text_steps import deliver

ALL = {"all": True}
_GIVEN_BACK = {MessageState.REFUSED, MessageState.FAILED, MessageState.CANCELLED, MessageState.EXPIRED}


def take(account: Account, key: str = "k", *, now: datetime = NOW, audience: Any = ALL, **fields: Any) -> str:
    """Take a broadcast in, and give its id."""
    form = forms.NewBroadcast.model_validate({"audience": audience, "body": "Hello"} | fields)
    return api.create_broadcast(account.id, form, key, now).id


def advance(now: datetime = NOW, *, steps: int = 1_000) -> None:
    """Bring on whatever is queued, step after step."""
    for _ in range(steps):
        jobs = queued("broadcast")
        if not jobs:
            return
        for job in jobs:
            worker.advance(queues.read(Job, job), now)


def send(account: Account, key: str = "k", *, now: datetime = NOW, **fields: Any) -> Broadcast:
    """Take a broadcast in and bring it on to its end."""
    broadcast_id = take(account, key, now=now, **fields)
    advance(now)
    return stored(account, broadcast_id)


def hand_over(now: datetime = NOW, carrier: FakeCarrier | None = None) -> FakeCarrier:
    """Deliver what is queued of bulk texts."""
    carrier = carrier or FakeCarrier()
    deliver(carrier, now, queued("bulk"))
    return carrier


def stored(account: Account, broadcast_id: str) -> Broadcast:
    """Read a broadcast that is there."""
    found = broadcasts.get(account.id, broadcast_id)
    assert found is not None
    return found


def texts(account: Account, broadcast_id: str) -> list[Message]:
    """Read all texts of a broadcast, by phone."""
    found = broadcasts.texts_page(stored(account, broadcast_id), None, 1_000).texts
    return sorted(found, key=lambda one: one.phone)


def skipped(account: Account, broadcast_id: str) -> list[tuple[str, str | None, str | None]]:
    """Read who got no text: client, phone and reason."""
    found = broadcasts.skipped_from(stored(account, broadcast_id), None)
    return [(one.client_id, one.phone, one.code) for _, one in found]


def phone(index: int) -> str:
    """Number a client's phone."""
    return f"+1212556{index:04}"


def people(account: Account, count: int) -> None:
    """Write so many clients, each with a phone of their own, and no links of them."""
    records = [
        Client(
            account=account.id,
            id=f"p{index:04}",
            updated_at=NOW,
            phones=(Phone(number=phone(index), entered=phone(index)),),
            allow_text_marketing=True,
        )
        for index in range(count)
    ]
    for one in records:
        store.write(Put(keys.client(one.account, one.id), {"type": "client", **attributes(one)}))


def accounted(account: Account) -> bool:
    """Tell whether what is reserved of the limits is what live texts hold, and what broadcasts have left."""
    of_account = keys.message(account.id)
    every = [read(Message, item) for item in store.query(of_account)]
    live = sum(one.units for one in every if one.reserved_in and one.state not in _GIVEN_BACK)
    left = 0
    for item in store.query(keys.broadcast(account.id)):
        one = read(Broadcast, item)
        if one.reserved_in:
            left += one.reserved - sum(text.units for text in every if text.broadcast == one.id)
    used = [int(item["used"]) for item in store.query(keys.quota(account.id, ""))]
    return sum(used) == live + left
