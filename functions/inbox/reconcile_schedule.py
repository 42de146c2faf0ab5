"""Every five minutes: queue the texts that the carrier received for us and whose webhooks were lost."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from longcode.aws import clients, orders, queues
from longcode.aws.settings import settings
from longcode.aws.telemetry import logger
from longcode.carriers.carrier import Archive, ReceivedText
from longcode.carriers.choose import look_up_carrier
from longcode.jobs import Receive
from longcode.message import Instant
from longcode.messages import replies
from longcode.numbers import store as number_store

WINDOW = timedelta(minutes=30)  # six runs see each text, so that five may fail
_WEBHOOK_DELAY = timedelta(minutes=1)  # the text of a webhook may still be in the queue
_PICTURES_DELAY = timedelta(minutes=5)  # after that, a text is queued without the addresses of its pictures
_THREADS = 8


class ReconcileOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the operator may ask for: texts `since` an outage; `reconcile_at` replaces the current time, to try it."""

    since: Instant | None = None
    reconcile_at: Instant | None = None


class NotListed(Exception):
    """The carrier did not list all texts; the next run asks again."""


def reconcile(numbers: Iterable[str], carrier: Archive, since: datetime, now: datetime) -> int:
    """Queue the texts to our numbers after `since` that the table does not have; return how many.

    Raise `NotListed` if the carrier did not list all of them; those that it listed are queued first. If the webhook
    or another run queues the same text meanwhile, the inbox worker recognises it by its carrier id.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        lists = [listed for listed in pool.map(lambda number: carrier.received(number, since), numbers) if listed]
    texts = [text for listed in lists for text in listed.texts if text.at <= now - _WEBHOOK_DELAY]
    known = replies.already_received(carrier.name, [text.carrier_id for text in texts])
    missing = [text for text in texts if text.carrier_id not in known]
    with ThreadPoolExecutor(_THREADS) as pool:
        jobs = [job for job in pool.map(lambda text: _job(text, carrier, now), missing) if job]
    queues.send(*jobs)
    logger.info("reconciled", extra={"listed": len(texts), "missing": len(missing), "queued": len(jobs)})
    if not all(listed.complete for listed in lists):
        raise NotListed
    return len(jobs)


def _job(text: ReceivedText, carrier: Archive, now: datetime) -> Receive | None:
    """Return the job that the webhook would queue, at the carrier's time; None until its pictures are listed."""
    pictures = carrier.pictures(text.carrier_id) if text.pictures else []
    if pictures is None and now - text.at < _PICTURES_DELAY:
        return None
    media = {f"MediaUrl{index}": url for index, url in enumerate(pictures or [])}
    return Receive(carrier=carrier.name, form={**text.form, **media}, received_at=text.at)


def carry_out(order: ReconcileOrder) -> dict[str, int]:
    """Reconcile all our numbers, and return how many texts were queued; raise `NotListed`."""
    carrier = look_up_carrier()
    if carrier is None:  # before the operator has filled in the secret, there is nothing to compare
        return {"queued": 0}
    now = order.reconcile_at or clients.now()
    since = order.since or now - WINDOW
    numbers = [*settings().shared_numbers, *number_store.all_dedicated()]
    return {"queued": reconcile(numbers, carrier, since, now)}


@logger.inject_lambda_context
def handler(event: Any, context: Any) -> dict[str, Any]:
    return orders.carry_out_on_schedule(event, ReconcileOrder, carry_out)
