"""Post webhooks to studios' hosted software. Studios are served side by side: one that hangs holds up no other."""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import msgspec
from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from longcode import windows
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients, queues
from longcode.aws.telemetry import OneByOne, logger
from longcode.jobs import Deliver
from longcode.webhooks import delivery, webhook
from longcode.webhooks import store as webhooks
from longcode.webhooks.delivery import Delivery, DeliveryState
from longcode.webhooks.post import post as post_webhook
from longcode.webhooks.webhook import Answer, Verdict, Webhook

Post = Callable[[Webhook], Answer]

processor = OneByOne(EventType.SQS)
_SECONDS = 20  # of calls to one endpoint: with the last call's ten and the table, less than the function's time-out


def deliver(
    account: str, jobs: Sequence[Deliver], post: Post, now: datetime, timer: Callable[[], float] = time.monotonic
) -> None:
    """Post one studio's deliveries one after the other, until one fails or the time is over; skip stale jobs.

    What is not attempted here stays due: the sweeper enqueues it again.
    """
    found = webhooks.look_up(account, [job.delivery_id for job in jobs])
    meant = {(job.delivery_id, job.attempt) for job in jobs}
    every = found.deliveries.values()
    waiting = [one for one in every if one.state is DeliveryState.PENDING and (one.id, one.attempt) in meant]
    if not waiting:
        return
    if found.account is None or not delivery.is_on(found.account):
        _give_up(waiting, now)
        return
    if until := delivery.backoff_until(found.endpoint, now):
        _put_off(waiting, until, now)
        return
    requests = _requests(found.account, waiting, now)
    endpoint = webhooks.reserve(found.endpoint, now) if requests else None
    if endpoint is None:
        return
    over = timer() + _SECONDS
    verdict = Verdict.TAKEN
    while requests and verdict is Verdict.TAKEN and timer() < over:
        verdict = _attempt(*requests.pop(0), post, now)
    left = [one for one, _ in requests]
    match verdict:
        case Verdict.FAILED:
            endpoint = webhooks.note_failure(endpoint, now, random.random())  # noqa: S311  # jitter is no secret
            _put_off(left, endpoint.paused_until or now, now)
        case Verdict.GONE:
            webhooks.note_success(endpoint)
            _give_up(left, now)
        case Verdict.TAKEN:
            webhooks.note_success(endpoint)


def _requests(account: Account, waiting: Iterable[Delivery], now: datetime) -> list[tuple[Delivery, Webhook]]:
    """Return the request of each delivery; give up those of a message that is gone."""
    texts = webhooks.texts(waiting)
    secrets = webhook.signing(account, now)
    requests = []
    for one in waiting:
        text = texts.get(one.message_id or "")
        if one.message_id and text is None:
            webhooks.change(one, delivery.given_up(one, delivery.MESSAGE_GONE, now))
            continue
        data = webhook.reply(windows.hide_old_body(text, account.retention_days, now)) if text else one.data
        requests.append((one, webhook.build(account.webhook_url or "", secrets, one, data, now)))
    return requests


def _attempt(one: Delivery, request: Webhook, post: Post, now: datetime) -> Verdict:
    """Post a delivery and record the outcome. An answer of "gone" switches the account's webhooks off."""
    answer = post(request)
    verdict = webhook.judge(answer)
    error = answer.error or f"status_{answer.status}"
    match verdict:
        case Verdict.TAKEN:
            then = delivery.delivered(one, now)
        case Verdict.GONE:
            accounts.switch_webhook_off(one.account, request.url, now)
            then = delivery.gone(one, error, now)
        case Verdict.FAILED:
            then = delivery.refused(one, error, now, random.random())  # noqa: S311  # jitter is no secret
    webhooks.change(one, then)
    outcome = {"account": one.account, "delivery": one.id, "about": one.event, "verdict": verdict.value}
    logger.info("webhook", extra=outcome | ({} if verdict is Verdict.TAKEN else {"reason": error}))
    return verdict


def _put_off(waiting: Iterable[Delivery], until: datetime, now: datetime) -> None:
    for one in waiting:
        webhooks.change(one, delivery.put_off(one, until, now))


def _give_up(waiting: Iterable[Delivery], now: datetime) -> None:
    for one in waiting:
        webhooks.change(one, delivery.given_up(one, delivery.WEBHOOK_OFF, now))


def prepare(bodies: Iterable[str], post: Post, now: datetime) -> Callable[[str], None]:
    """Start the jobs of a batch, those of each studio together; return what waits for the job of a body."""
    of_account: dict[str, list[Deliver]] = defaultdict(list)
    for body in bodies:
        try:
            job = queues.read(Deliver, body)
        except msgspec.DecodeError:
            continue  # it fails by itself
        of_account[job.account].append(job)
    with ThreadPoolExecutor(max(1, len(of_account))) as pool:
        began = {name: pool.submit(deliver, name, jobs, post, now) for name, jobs in of_account.items()}
    return lambda body: began[queues.read(Deliver, body).account].result()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    wait_for = prepare([record["body"] for record in event["Records"]], post_webhook, clients.now())

    def record_handler(record: SQSRecord) -> None:
        wait_for(record.body)

    return process_partial_response(event, record_handler, processor, context)
