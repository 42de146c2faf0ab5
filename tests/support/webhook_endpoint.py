"""A hosted studio's fake endpoint, and the steps of a webhook: create a delivery, run its jobs, sweep, read it."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from longcode.accounts.account import Account, ReplyDelivery, WebhookEvent
from longcode.webhooks import store as webhooks
from longcode.webhooks.delivery import Delivery, new
from longcode.webhooks.webhook import EndpointResponse, Webhook
from sweeper import sweep_schedule
from tests.support.api_document import webhook_faults
from tests.support.fakes import NOW, studio, take_queued
from webhooks import worker

MINUTE = timedelta(minutes=1)
_ACCEPTED = EndpointResponse(200)
HOOK: dict[str, Any] = {
    "delivery": ReplyDelivery.WEBHOOK,
    "webhook_url": "https://studio.example/hook",
    "webhook_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}


class FakeEndpoint:
    """A studio's endpoint: returns the given responses, then `always`, and keeps the webhooks that it received."""

    def __init__(self, *answers: EndpointResponse, always: EndpointResponse = _ACCEPTED) -> None:
        self.answers = list(answers)
        self.always = always
        self.webhooks: list[Webhook] = []
        self._turn = Lock()

    def __call__(self, webhook: Webhook) -> EndpointResponse:
        with self._turn:
            self.webhooks.append(webhook)
            return self.answers.pop(0) if self.answers else self.always

    @property
    def ids(self) -> list[str]:
        return [webhook.headers["webhook-id"] for webhook in self.webhooks]

    @property
    def events(self) -> list[tuple[str, Any]]:
        """The type and the data of each webhook, which must be as the API document describes them."""
        bodies = [json.loads(webhook.body) for webhook in self.webhooks]
        real = [body for body in bodies if set(body["data"]) != {"id"}]  # not of `write_delivery`
        assert [fault for body in real for fault in webhook_faults(body)] == []
        return [(body["type"], body["data"]) for body in bodies]


def hosted(number: str = "10000001", **changes: Any) -> Account:
    """Create and return an account that receives webhooks."""
    return studio(number, **(HOOK | changes))


def write_delivery(account: Account, call_id: str, now: datetime = NOW) -> Delivery:
    """Write a delivery without queueing its job; return it."""
    delivery = new(account.id, WebhookEvent.CALL_CREATED, call_id, {"id": call_id}, now)
    assert webhooks.create([delivery])
    return delivery


def take_webhook_jobs() -> list[str]:
    """Receive and delete the jobs of the webhook queue; return them."""
    return take_queued("webhook")


def run_webhook_jobs(
    post: Callable[[Webhook], EndpointResponse], now: datetime = NOW, bodies: list[str] | None = None
) -> None:
    """Run the jobs on the webhook queue, or the given jobs, in batches of ten."""
    bodies = take_webhook_jobs() if bodies is None else bodies
    for start in range(0, len(bodies), 10):
        batch = bodies[start : start + 10]
        raise_error_of = worker.prepare(batch, post, now)
        for body in batch:
            raise_error_of(body)


def sweep_webhooks(now: datetime) -> list[str]:
    """Run the sweeper; return the jobs that it put on the webhook queue."""
    sweep_schedule.sweep(now)
    return take_webhook_jobs()


def stored(account: Account, delivery_id: str, now: datetime = NOW) -> Delivery:
    """Return a delivery that must exist."""
    delivery = webhooks.get(account.id, delivery_id, now)
    assert delivery
    return delivery
