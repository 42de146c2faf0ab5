"""Leave a call task in the place of a text, and tell the studio's hosted software of it."""

from datetime import datetime
from typing import Any

from longcode.account import HookEvent
from longcode.call import Call, instead_of
from longcode.client import Client
from longcode.table import occurrences
from longcode.table.firing import Known
from longcode.webhooks import delivery
from longcode.webhooks import store as webhook_store
from longcode.webhooks.tell import tell


def leave(known: Known, client: Client, text: str, now: datetime) -> None:
    """Write a call task for what was planned, in one transaction with its delivery if the studio wants one."""
    planned, account = known.occurrence, known.account
    call = instead_of(planned, client, text)
    if not delivery.wants(account, HookEvent.CALL_CREATED):
        occurrences.leave_call(planned, call, now)
        return
    created = delivery.new(account.id, HookEvent.CALL_CREATED, call.id, _data(call), now)
    if occurrences.leave_call(planned, call, now, webhook_store.creation(created)):
        tell(account, [created], written=True)


def _data(call: Call) -> dict[str, Any]:
    """Return a call task as `GET /calls` shows it."""
    return {
        "id": call.id,
        "at": call.at.isoformat(),
        "trigger": call.trigger,
        "kind": call.kind,
        "record_id": call.record_id,
        "client_id": call.client_id,
        "phones": list(call.phones),
        "text": call.text,
    }
