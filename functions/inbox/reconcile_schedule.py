"""Every five minutes, what came in at the carrier is held against what came to us: a lost webhook loses no text."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from longcode.aws import clients, queues
from longcode.aws.settings import carrier_credentials, settings
from longcode.aws.telemetry import logger
from longcode.carriers.carrier import Archive, Arrived
from longcode.carriers.choose import open_carrier
from longcode.jobs import Receive
from longcode.message import Instant
from longcode.messages import replies
from longcode.numbers import store as number_store

WINDOW = timedelta(minutes=30)  # six runs see each text, so that five may fail
_ON_ITS_WAY = timedelta(minutes=1)  # a webhook's text may still be in the queue
_WITHOUT_PICTURES = timedelta(minutes=5)  # so old, a text waits no more for the addresses of its pictures
_AT_ONCE = 8


class ReconcileOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody who invokes it by hand asks for: `since` after an outage, `reconcile_at` on trial."""

    since: Instant | None = None
    reconcile_at: Instant | None = None


class NotListed(Exception):
    """The carrier did not list all that came; the next run asks again."""


def reconcile(numbers: Iterable[str], carrier: Archive, since: datetime, now: datetime) -> int:
    """Queue what came to our numbers since then and is not known here; gives how many. Raises `NotListed`.

    What the webhook brings meanwhile, or another run, is one text: `take_in` knows it by its carrier id.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        every = [one for one in pool.map(lambda number: carrier.received(number, since), numbers) if one]
    texts = [text for one in every for text in one.texts if text.at <= now - _ON_ITS_WAY]
    known = replies.known(carrier.name, [text.carrier_id for text in texts])
    missing = [text for text in texts if text.carrier_id not in known]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        jobs = [job for job in pool.map(lambda text: _job(text, carrier, now), missing) if job]
    queues.send(*jobs)
    logger.info("reconciled", extra={"listed": len(texts), "missing": len(missing), "queued": len(jobs)})
    if not all(one.whole for one in every):
        raise NotListed
    return len(jobs)


def _job(text: Arrived, carrier: Archive, now: datetime) -> Receive | None:
    """Make the job that the webhook would have made, with the time that the carrier tells."""
    pictures = carrier.pictures(text.carrier_id) if text.pictures else []
    if pictures is None and now - text.at < _WITHOUT_PICTURES:
        return None
    media = {f"MediaUrl{index}": url for index, url in enumerate(pictures or [])}
    return Receive(carrier=carrier.name, form={**text.form, **media}, received_at=text.at)


def _carrier() -> Archive:
    """Open the carrier for looking up alone: it is told of no address for receipts, for nothing is sent."""
    known = carrier_credentials()
    return open_carrier(
        settings().carrier,
        account_sid=known.get("account_sid", ""),
        auth_token=known.get("auth_token", ""),
        api_base=settings().carrier_api_base,
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    order = msgspec.convert(event, ReconcileOrder)
    now = order.reconcile_at or clients.now()
    since = order.since or now - WINDOW
    numbers = [*settings().shared_numbers, *number_store.all_dedicated()]
    return {"queued": reconcile(numbers, _carrier(), since, now)}
