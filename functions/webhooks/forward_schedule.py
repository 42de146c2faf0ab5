"""Every five minutes: write the webhooks that replies of hosted studios lack."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients, orders
from longcode.aws.telemetry import logger
from longcode.messages import replies
from longcode.webhooks import delivery
from longcode.webhooks.tell import enqueue_new

_PAGE_SIZE = 100
_MOST_PAGES = 20  # for one studio in one run, so that the others need not wait


class ForwardOrder(Struct, frozen=True, forbid_unknown_fields=True):
    """An order without fields."""


def forward(account: Account, now: datetime) -> int:
    """Write webhooks for replies that have none, and return their number.

    Such replies came while webhooks were off, were moved here from another account, or lost their webhooks.
    """
    forwarded, sequence = 0, replies.forwarded(account.id)
    for _ in range(_MOST_PAGES):
        page = replies.after(account.id, sequence, _PAGE_SIZE)
        if not page:
            break
        forwarded += enqueue_new(account, [delivery.of_reply(reply, now) for _, reply in page])
        sequence = page[-1][0]
        replies.note_forwarded(account.id, sequence)
    return forwarded


def forward_all(now: datetime) -> int:
    """Forward the replies of all hosted studios and return their number; an error in one studio is logged."""
    forwarded = 0
    for account in accounts.with_webhook():
        try:
            forwarded += forward(account, now)
        except Exception:  # any error concerns this studio alone
            logger.exception("forwarding failed", extra={"account": account.id})
    return forwarded


@logger.inject_lambda_context
def handler(event: Any, context: Any) -> dict[str, Any]:
    return orders.carry_out_on_schedule(event, ForwardOrder, lambda _order: {"forwarded": forward_all(clients.now())})
