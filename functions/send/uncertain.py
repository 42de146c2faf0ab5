"""What becomes of a text that the carrier neither took nor refused: it is asked for, and at its deadline decided."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from longcode import lookup, patience
from longcode.account import SERVICE, OnUncertain
from longcode.carriers.carrier import Carrier
from longcode.message import Message, State
from longcode.table import accounts, folders, messages, routes, sending
from send.handover import hand_over
from send.pacing import Turns

_ACCEPTED_BEFORE = timedelta(days=1)  # how long before its claim another text to the phone can have been written


def resolve(message: Message, carrier: Carrier, now: datetime, *, stopped: bool) -> None:
    """Ask for a text, and at its deadline give it up, or send it a second time if nothing has stopped it."""
    if _found(message, carrier, now) or (message.deadline and now < message.deadline):
        return
    if stopped or not _goes_again(message, now):
        messages.settle(message, State.FAILED, error=lookup.UNCERTAIN, finished_at=now)
        return
    at = Turns([message], now).wait(message)
    # A STOP may have come while the carrier was asked and the turn waited for. Without a turn soon enough, or
    # stopped, it waits for the sweeper, who comes by again.
    if at is None or sending.stops([message]).stop(message):
        return
    claimed = messages.claim_again(message, uuid4().hex[:8], at, at + patience.LEASE)
    if claimed:
        hand_over(claimed, carrier, at)


def _found(message: Message, carrier: Carrier, now: datetime) -> bool:
    since, _ = lookup.window(message)
    listed = carrier.find(message.phone, message.number, since)
    found = lookup.match(message, listed, _others(message, since, now)) if listed else None
    if found is None:
        return False
    changes: dict[str, Any] = {"carrier": carrier.name, "carrier_id": found.carrier_id}
    if found.state is not State.SENT:
        changes["finished_at"] = now
    if found.code:
        changes["error"] = f"{carrier.name}:{found.code}"
    messages.record(message, found.state, **changes)
    return True


def _others(message: Message, since: datetime, now: datetime) -> list[Message]:
    """List our other texts to the phone around that time, of whichever account; the service's own leave no route."""
    accounts_texting = {route.account for route in routes.to(message.phone, message.number)}
    texts = [
        text
        for account in sorted(accounts_texting | {message.account, SERVICE})
        for text in folders.sent_to(message.phone, account, since - _ACCEPTED_BEFORE, now)
    ]
    return [one for one in texts if (one.account, one.id) != (message.account, message.id)]


def _goes_again(message: Message, now: datetime) -> bool:
    """Tell whether a text gets its one second attempt: by its account's policy, while it is worth sending."""
    if message.resent or not patience.seconds_left(message, now):
        return False
    account = accounts.get(message.account)
    return account is not None and account.on_uncertain is OnUncertain.RESEND
