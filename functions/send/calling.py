"""Leaves a call task in the place of a text, and tells the studio's hosted software of it."""

from datetime import datetime

from longcode import delivery, webhook
from longcode.account import HookEvent
from longcode.aws import hooks
from longcode.call import instead_of
from longcode.client import Client
from longcode.table import deliveries, occurrences
from longcode.table.firing import Known
from send import telling


def leave(known: Known, client: Client, text: str, now: datetime) -> None:
    """Leave a call task for what was planned, together with what is told of it if the studio wants to hear of it."""
    planned = known.occurrence
    call = instead_of(planned, client, text)
    if not delivery.wants(known.account, HookEvent.CALL_CREATED):
        occurrences.leave_call(planned, call, now)
        return
    told = telling.made(known.account.id, HookEvent.CALL_CREATED, call.id, webhook.call(call), now)
    if occurrences.leave_call(planned, call, now, deliveries.writing(told)):
        hooks.enqueue(told.account, [told])
