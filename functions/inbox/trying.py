"""One try to tell a studio's hosted software: the request, the call, and what is written of it."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from longcode import delivery, retention, webhook
from longcode.account import Account
from longcode.aws.telemetry import logger
from longcode.delivery import Delivery
from longcode.table import accounts, deliveries
from longcode.webhook import Answer, Verdict, Webhook

Post = Callable[[Webhook], Answer]


@dataclass(frozen=True, slots=True)
class Request:
    """What is posted of a delivery."""

    delivery: Delivery
    webhook: Webhook


def requests(account: Account, waiting: Iterable[Delivery], now: datetime) -> list[Request]:
    """Make the requests of what waits; what tells of a text that is gone is given up."""
    texts = deliveries.texts(waiting)
    secrets = webhook.signing(account, now)
    made = []
    for one in waiting:
        text = texts.get(one.message_id or "")
        if one.message_id and text is None:
            deliveries.change(one, delivery.failed(one, delivery.NOTHING_LEFT, now))
            continue
        data = webhook.reply(retention.hide(text, account.retention_days, now)) if text else one.data
        made.append(Request(one, webhook.build(account.webhook_url or "", secrets, one, data, now)))
    return made


def attempt(request: Request, post: Post, now: datetime) -> Verdict:
    """Post, and write what came of it: taken, another try, or none when the receiver is gone."""
    one, answer = request.delivery, post(request.webhook)
    verdict = webhook.judge(answer)
    error = answer.error or f"status_{answer.status}"
    match verdict:
        case Verdict.TAKEN:
            then = delivery.delivered(one, now)
        case Verdict.GONE:
            accounts.switch_webhook_off(one.account, request.webhook.url, now)
            then = delivery.gone(one, error, now)
        case Verdict.FAILED:
            then = delivery.refused(one, error, now, random.random())  # noqa: S311  # jitter is no secret
    deliveries.change(one, then)
    told = {"account": one.account, "delivery": one.id, "about": one.event, "verdict": verdict.value}
    logger.info("told", extra=told | ({} if verdict is Verdict.TAKEN else {"reason": error}))
    return verdict
