"""The inbox processor of hosted studios: every five minutes, new replies go to their software (facts S23)."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from time import monotonic
from typing import Any

from longcode import webhook
from longcode.account import Account
from longcode.aws import clock
from longcode.aws.post import post as post_webhook
from longcode.aws.telemetry import logger
from longcode.table import accounts, inbox
from longcode.webhook import Webhook

_AT_ONCE = 20
_AT_MOST = 100
_SECONDS = 60.0  # for one studio in one run, so that none keeps the others waiting

Post = Callable[[Webhook], bool]


def forward(account: Account, post: Post, now: datetime) -> int:
    """Post a studio's new replies, oldest first, up to the first that is not taken; gives how many were."""
    taken = 0
    if not account.webhook_url or not account.webhook_secret:
        return taken
    end = monotonic() + _SECONDS
    for number, reply in inbox.after(account.id, inbox.forwarded(account.id), _AT_MOST):
        told = webhook.new_reply(account.webhook_url, account.webhook_secret, reply, now)
        if monotonic() > end or not post(told):
            logger.warning("webhook not taken", extra={"account": account.id, "message_id": reply.id})
            break
        inbox.note_forwarded(account.id, number)
        taken += 1
    return taken


def forward_all(studios: Iterable[Account], post: Post, now: datetime) -> int:
    """Forward the replies of several studios side by side; one that breaks harms no other."""

    def one(account: Account) -> int:
        try:
            return forward(account, post, now)
        except Exception:  # whatever it is, it is this studio's alone
            logger.exception("forwarding broke", extra={"account": account.id})
            return 0

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return sum(pool.map(one, studios))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    return {"forwarded": forward_all(accounts.with_webhook(), post_webhook, clock.now())}
