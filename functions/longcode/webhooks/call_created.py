"""The webhook call.created, for the call tasks of triggers and of broadcasts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from longcode.accounts.account import Account, WebhookEvent
from longcode.months import instant
from longcode.triggers.planning import Call
from longcode.webhooks import delivery
from longcode.webhooks.delivery import Delivery


def deliveries(account: Account, calls: Iterable[Call], now: datetime) -> list[Delivery]:
    """Return the deliveries of new call tasks, to be written with them; none if the studio does not want them."""
    if not delivery.wants(account, WebhookEvent.CALL_CREATED):
        return []
    return [delivery.new(account.id, WebhookEvent.CALL_CREATED, call.id, _data(call), now) for call in calls]


def _data(call: Call) -> dict[str, Any]:
    of_trigger = {"trigger": call.trigger, "kind": call.kind, "record_id": call.record_id}
    return {
        "id": call.id,
        "at": instant(call.at),
        **({"broadcast": call.broadcast} if call.broadcast else of_trigger),
        "client_id": call.client_id,
        "phones": list(call.phones),
        "text": call.text,
    }
