"""Webhooks to hosted software: write a delivery for each event, once, and put it on the queue."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from longcode.accounts import store as accounts
from longcode.accounts.account import Account, WebhookEvent
from longcode.aws import queues
from longcode.clients import store as clients
from longcode.jobs import Deliver
from longcode.message import Message, MessageState
from longcode.messages import sending
from longcode.messages import store as messages
from longcode.months import instant
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent, account_scope
from longcode.webhooks import delivery
from longcode.webhooks import store as webhooks
from longcode.webhooks.delivery import Delivery


def enqueue_new(account: Account, deliveries: Collection[Delivery], *, written: bool = False) -> int:
    """Write the deliveries that are new and that the account wants, enqueue them and return their number.

    `written`: the caller wrote them, in one transaction with their event.
    """
    wanted = [candidate for candidate in deliveries if delivery.wants(account, candidate.event)]
    new = wanted if written else webhooks.create(wanted)
    enqueue(account.id, new)
    return len(new)


def enqueue(account: str, deliveries: Sequence[Delivery]) -> None:
    """Put deliveries on the queue; if that fails, the sweeper enqueues them later."""
    jobs = (Deliver(account=account, delivery_id=pending.id, attempt=pending.attempt) for pending in deliveries)
    with queues.best_effort(account=account):
        queues.send(*jobs)


def change_state(studio: Account | None, after: Message, now: datetime, change: Callable[..., bool]) -> bool:
    """Change a text's state and, if its studio wants that, write the webhook about it in the same transaction.

    `after` is the text as changed. `change` takes the writes that belong to it and returns whether it was made.
    """
    if studio is None or not delivery.wants(studio, WebhookEvent.MESSAGE_STATUS):
        return change()
    status = delivery.of_status(after, now)
    if not change(webhooks.creation_write(status)):
        return False
    enqueue(studio.id, [status])
    return True


def end_unsent(
    message: Message, to: MessageState, now: datetime, *, error: str | None = None, by: str | None = None
) -> bool:
    """End a text that the carrier does not have, and its conversation; if the carrier had it, send a webhook.

    The studio may have been told that the text was sent. `by` is who cancels it in the hub. Return False as
    `messages.store.end_unsent` does.
    """
    is_told = message.returned or to is MessageState.REFUSED
    studio = accounts.get(message.account) if is_told else None
    changes = {"finished_at": now, **({"error": error} if error else {}), **({"cancelled_by": by} if by else {})}
    after = replace(message, state=to, error=error)
    has_ended = change_state(studio, after, now, lambda *also: messages.end_unsent(message, to, *also, **changes))
    # An uncertain text may have reached the phone, and a scheduled one has no number yet.
    if has_ended and message.state not in (MessageState.UNCERTAIN, MessageState.SCHEDULED):
        sending.end_conversation(message)
    return has_ended


def enqueue_opt_out(events: Sequence[OptOutEvent], now: datetime, studios: Iterable[str] | None = None) -> None:
    """Write and enqueue the webhooks of an opt-out or opt-in.

    `events` are what one keyword, or one entry by staff, recorded in each scope. `studios` are by default those that
    have a client with the phone or have texted it.
    """
    event = events[0]
    if studios is None:
        with_client = [account for account, _ in clients.with_phone_in_all_accounts(event.phone)]
        studios = [*with_client, *numbers.accounts_texting(event.phone)]
    scopes = {event.scope for event in events}
    for account in accounts.with_webhook_among(studios):
        if delivery.wants(account, WebhookEvent.OPT_OUT_RECORDED) and not scopes.isdisjoint(_scopes(account)):
            enqueue_new(account, [_of_opt_out(account, event, now)])


def _scopes(account: Account) -> list[str]:
    """Return the scopes in which an opt-out blocks an account's texts."""
    return [account_scope(account.id), *([] if account.number else [SHARED])]


def _of_opt_out(account: Account, event: OptOutEvent, now: datetime) -> Delivery:
    data = {
        "phone": event.phone,
        "opted_out": bool(optouts.blocked([(account.id, event.phone)], account.number_since)),
        "client_ids": sorted(clients.with_phone(account.id, event.phone)),
        "at": instant(event.at),
        "means": event.means,
    }
    return delivery.new(account.id, WebhookEvent.OPT_OUT_RECORDED, event.id, data, now)
