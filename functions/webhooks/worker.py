"""Post webhooks to studios' hosted software: each studio's in a thread, so that a slow endpoint delays no other."""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import msgspec

from longcode import windows
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import batches, clients, queues
from longcode.aws.telemetry import Origin, job_from, logger
from longcode.jobs import Deliver
from longcode.webhooks import delivery, webhook
from longcode.webhooks import store as webhooks
from longcode.webhooks.delivery import Delivery, DeliveryState
from longcode.webhooks.post import post as post_webhook
from longcode.webhooks.webhook import EndpointResponse, Verdict, Webhook

Post = Callable[[Webhook], EndpointResponse]
_SECONDS = 20  # after which no call begins; a call takes ten at most, and the function's time-out is above the sum


def deliver(
    account: str,
    jobs: Sequence[Deliver],
    post: Post,
    now: datetime,
    timer: Callable[[], float] = time.monotonic,
    *,
    origins: Mapping[str, Origin] | None = None,
) -> None:
    """Post one studio's deliveries one after the other, until one fails or 20 seconds are over; skip stale jobs.

    `origins` are those of the jobs, for the log, by the delivery's id.
    Deliveries that are not attempted stay due, and the sweeper enqueues them again.
    """
    facts = webhooks.delivery_facts(account, [job.delivery_id for job in jobs])
    attempts = {(job.delivery_id, job.attempt) for job in jobs}
    waiting = [
        candidate
        for candidate in facts.deliveries.values()
        if candidate.state is DeliveryState.PENDING and (candidate.id, candidate.attempt) in attempts
    ]
    if not waiting:
        return
    if facts.account is None or not delivery.is_on(facts.account):
        _give_up(waiting, now)
        return
    if until := delivery.backoff_until(facts.endpoint, now):
        _put_off(waiting, until, now)
        return
    requests = _requests(facts.account, waiting, now)
    endpoint = webhooks.reserve(facts.endpoint, now) if requests else None
    if endpoint is None:
        return
    deadline = timer() + _SECONDS
    verdict = Verdict.ACCEPTED
    while requests and verdict is Verdict.ACCEPTED and timer() < deadline:
        attempted, request = requests.pop(0)
        with job_from((origins or {}).get(attempted.id, {})):
            verdict = _attempt(attempted, request, post, now)
    left = [not_attempted for not_attempted, _ in requests]
    match verdict:
        case Verdict.FAILED:
            endpoint = webhooks.note_failure(endpoint, now, random.random())  # noqa: S311  # jitter is no secret
            _put_off(left, endpoint.paused_until or now, now)
        case Verdict.GONE:
            webhooks.note_success(endpoint)
            _give_up(left, now)
        case Verdict.ACCEPTED:
            webhooks.note_success(endpoint)


def _requests(account: Account, waiting: Iterable[Delivery], now: datetime) -> list[tuple[Delivery, Webhook]]:
    """Return the request of each delivery; give up those whose message no longer exists."""
    texts = webhooks.texts(waiting)
    secrets = webhook.signing_secrets(account, now)
    requests = []
    for pending in waiting:
        text = texts.get(pending.message_id or "")
        if pending.message_id and text is None:
            webhooks.change(pending, delivery.given_up(pending, delivery.MESSAGE_GONE, now))
            continue
        shown = windows.hide_old_body(text, account.retention_days, now) if text else None
        data = webhook.reply_data(shown) if shown else pending.data
        requests.append((pending, webhook.build(account.webhook_url or "", secrets, pending, data, now)))
    return requests


def _attempt(pending: Delivery, request: Webhook, post: Post, now: datetime) -> Verdict:
    """Post a delivery and write its outcome. 410 switches the account's webhooks off."""
    response = post(request)
    verdict = webhook.verdict_on(response)
    error = response.error or f"status_{response.status}"
    match verdict:
        case Verdict.ACCEPTED:
            after = delivery.delivered(pending, now)
        case Verdict.GONE:
            accounts.switch_webhook_off(pending.account, request.url, now)
            after = delivery.gone(pending, error, now)
        case Verdict.FAILED:
            after = delivery.attempt_failed(pending, error, now, random.random())  # noqa: S311  # jitter is no secret
    webhooks.change(pending, after)
    outcome = {
        "account": pending.account,
        "delivery": pending.id,
        "about": pending.event,
        "verdict": verdict.value,
    }
    logger.info("webhook", extra=outcome | ({} if verdict is Verdict.ACCEPTED else {"reason": error}))
    return verdict


def _put_off(waiting: Iterable[Delivery], until: datetime, now: datetime) -> None:
    for pending in waiting:
        webhooks.change(pending, delivery.put_off(pending, until, now))


def _give_up(waiting: Iterable[Delivery], now: datetime) -> None:
    for pending in waiting:
        webhooks.change(pending, delivery.given_up(pending, delivery.WEBHOOK_OFF, now))


def prepare(
    bodies: Iterable[str], post: Post, now: datetime, origins: Mapping[str, Origin] | None = None
) -> Callable[[str], None]:
    """Run the jobs of a batch, each studio's in one thread; return a function that raises the error of a body's job.

    All jobs of a studio have the same result. `origins` are those of the jobs, by their bodies.
    """
    by_account: dict[str, list[Deliver]] = defaultdict(list)
    of_deliveries: dict[str, Origin] = {}
    for body in bodies:
        try:
            job = queues.read(Deliver, body)
        except msgspec.DecodeError:
            continue  # raised again for this job alone
        by_account[job.account].append(job)
        of_deliveries[job.delivery_id] = (origins or {}).get(body, {})
    with ThreadPoolExecutor(max(1, len(by_account))) as pool:
        ended = {
            account: pool.submit(deliver, account, jobs, post, now, origins=of_deliveries)
            for account, jobs in by_account.items()
        }
    return lambda body: ended[queues.read(Deliver, body).account].result()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    raise_error_of = prepare(batches.bodies(event), post_webhook, clients.now(), batches.origins(event))
    return batches.run_in_order(event, raise_error_of)
