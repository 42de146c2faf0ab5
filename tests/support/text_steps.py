"""The steps of a text, for tests: accept it, deliver it, read the message and its units."""

from datetime import datetime
from typing import Any

from longcode.accounts.account import Account
from longcode.carriers.carrier import Carrier
from longcode.message import Message
from longcode.messages import store as messages
from longcode.usage import store as quotas
from send import api, worker
from send.pacing import Turns
from tests.support.fakes import NOW, take_queued


def accept(
    account: Account, key: str = "k", *, now: datetime = NOW, client_id: str | None = "c1", **fields: Any
) -> Message:
    """Accept a text to a client; return its first message."""
    form = api.NewMessage(client_id=client_id, **({"body": "Hello"} | fields))
    first = api.accept(account.id, form, key, now).messages[0]
    return stored(account, first.id)


def deliver(
    carrier: Carrier, now: datetime = NOW, jobs: list[str] | None = None, turns_type: type[Turns] = Turns
) -> None:
    """Run the jobs on the send queue, or the given jobs."""
    bodies = take_queued("send") if jobs is None else jobs
    deliver_job = worker.prepare(bodies, carrier, now, turns_type)
    for body in bodies:
        deliver_job(body)


def stored(account: Account, message_id: str) -> Message:
    """Return a message that must exist."""
    message = messages.get(account.id, message_id)
    assert message is not None
    return message


def counted_units(account: Account, month: str = "2026-11") -> int:
    """Return the month's counted units of sent texts."""
    return quotas.of_month(account.id, month).units_sent
