"""Deliveries to the studio's endpoint: list and repeat.

`make openapi` writes this module from docs/openapi.json.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from longcode_client.api.shared import WebhookEvent
from longcode_client.calls import Calls, in_path, new_key
from longcode_client.items import Items

# Pending until the endpoint accepts it, or until it is given up.
DeliveryState = Literal["pending", "delivered", "failed"]


class ShownDelivery(TypedDict):
    """One webhook; `id` is its `webhook-id` at each attempt, `error` the reason why the last attempt failed.

    `data` is its payload. For a reply that is only the id of the message, whose body is not stored twice.
    """

    id: str
    event: WebhookEvent
    state: DeliveryState
    attempts: int
    error: str | None
    created_at: str
    next_try_at: str | None
    finished_at: str | None
    data: dict[str, Any]


class WebhooksApi(Calls):
    """Deliveries to the studio's endpoint: list and repeat."""

    def list_deliveries(
        self,
        *,
        state: Literal["failed", "pending"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Items[ShownDelivery]:
        """List the webhooks of the last thirty days that failed, or that wait for another attempt, newest first."""
        return self._items("/webhooks/deliveries", {"state": state, "limit": limit}, "cursor", cursor)

    def show_delivery(self, delivery_id: str) -> ShownDelivery:
        """Show a webhook, until thirty days after it was accepted or failed."""
        answer: ShownDelivery = self._call(
            "GET", f"/webhooks/deliveries/{in_path(delivery_id)}", repeatable=True
        ).json()
        return answer

    def replay_delivery(self, delivery_id: str) -> ShownDelivery:
        """Send a webhook again now, even if it was accepted.

        It gets as many attempts as a new webhook.
        """
        answer: ShownDelivery = self._call("POST", f"/webhooks/deliveries/{in_path(delivery_id)}/replay").json()
        return answer

    def send_test_webhook(self, *, idempotency_key: str | None = None) -> ShownDelivery:
        """Send a webhook of the type `webhook.test` now, whichever events are chosen.

        Its state shows what became of it.

        A repeated request with the same `Idempotency-Key` sends nothing more.
        """
        answer: ShownDelivery = self._call("POST", "/webhooks/test", key=idempotency_key or new_key()).json()
        return answer
