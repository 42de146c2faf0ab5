"""The inbox processor of hosted studios: every five minutes, replies that were not told of yet (facts S23)."""

from datetime import datetime
from typing import Any

from inbox import telling
from longcode.account import Account
from longcode.aws import clock
from longcode.aws.telemetry import logger
from longcode.table import accounts, inbox

_PAGE = 100
_PAGES = 20  # of one studio in one run, so that none keeps the others waiting


def forward(account: Account, now: datetime) -> int:
    """Tell of the replies that nobody has told of: those of a time without webhooks, and whatever was lost."""
    told, place = 0, inbox.forwarded(account.id)
    for _ in range(_PAGES):
        found = inbox.after(account.id, place, _PAGE)
        if not found:
            break
        told += telling.tell(account, [reply for _, reply in found], now)
        place = found[-1][0]
        inbox.note_forwarded(account.id, place)
    return told


def forward_all(now: datetime) -> int:
    """Tell all hosted studios; one that breaks harms no other."""
    told = 0
    for account in accounts.with_webhook():
        try:
            told += forward(account, now)
        except Exception:  # whatever it is, it is this studio's alone
            logger.exception("forwarding broke", extra={"account": account.id})
    return told


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    return {"forwarded": forward_all(clock.now())}
