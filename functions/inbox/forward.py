"""The inbox processor of hosted studios: every five minutes, new replies go to their software (facts S23)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from longcode import webhook
from longcode.account import Account
from longcode.aws import clock
from longcode.aws.post import post as post_webhook
from longcode.aws.telemetry import logger
from longcode.table import accounts, inbox
from longcode.webhook import Webhook

_AT_MOST = 100  # of one studio in one run, so that none keeps the others waiting


def forward(account: Account, post: Callable[[Webhook], bool], now: datetime) -> int:
    """Post a studio's new replies, oldest first, up to the first that is not taken; gives how many were."""
    taken = 0
    if not account.webhook_url or not account.webhook_secret:
        return taken
    for number, reply in inbox.after(account.id, inbox.forwarded(account.id), _AT_MOST):
        if not post(webhook.new_reply(account.webhook_url, account.webhook_secret, reply, now)):
            logger.warning("webhook not taken", extra={"account": account.id, "message_id": reply.id})
            break
        inbox.note_forwarded(account.id, number)
        taken += 1
    return taken


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    return {"forwarded": sum(forward(one, post_webhook, clock.now()) for one in accounts.with_webhook())}
