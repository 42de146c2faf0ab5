"""Every five minutes: tell hosted studios of the replies that no delivery was written for."""

from datetime import datetime
from typing import Any

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.aws.telemetry import logger
from longcode.messages import replies
from longcode.webhooks import delivery
from longcode.webhooks.tell import tell

_PAGE = 100
_PAGES = 20  # of one studio in one run, so that none keeps the others waiting


def forward(account: Account, now: datetime) -> int:
    """Tell of replies that came while webhooks were off, were moved to the account or lost; return how many."""
    told, place = 0, replies.forwarded(account.id)
    for _ in range(_PAGES):
        found = replies.after(account.id, place, _PAGE)
        if not found:
            break
        told += tell(account, [delivery.of_reply(reply, now) for _, reply in found])
        place = found[-1][0]
        replies.note_forwarded(account.id, place)
    return told


def forward_all(now: datetime) -> int:
    """Forward the replies of all hosted studios, and return how many; one that fails holds up no other."""
    told = 0
    for account in accounts.with_webhook():
        try:
            told += forward(account, now)
        except Exception:  # whatever it is, it concerns this studio alone
            logger.exception("forwarding failed", extra={"account": account.id})
    return told


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    return {"forwarded": forward_all(clients.now())}
