"""Tell studios' hosted software what happened: each event is written once, and then put on the queue of webhooks."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from longcode.accounts import store as accounts
from longcode.accounts.account import Account, WebhookEvent
from longcode.aws import queues
from longcode.clients import store as clients
from longcode.jobs import Deliver
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent, of_account
from longcode.webhooks import delivery
from longcode.webhooks import store as webhooks
from longcode.webhooks.delivery import Delivery


def tell(account: Account, deliveries: Collection[Delivery], *, written: bool = False) -> int:
    """Write the deliveries that are new and that the account wants, enqueue them and return their number.

    `written`: the caller wrote them, in one transaction with what happened.
    """
    wanted = [one for one in deliveries if delivery.wants(account, one.event)]
    new = wanted if written else webhooks.create(wanted)
    enqueue(account.id, new)
    return len(new)


def enqueue(account: str, deliveries: Sequence[Delivery]) -> None:
    """Put deliveries on the queue; the sweeper brings those that are lost there."""
    with queues.best_effort(account=account):
        queues.send(*(Deliver(account=account, delivery_id=one.id, attempt=one.attempt) for one in deliveries))


def tell_opt_out(events: Sequence[OptOutEvent], now: datetime, studios: Iterable[str] | None = None) -> None:
    """Tell studios what one word of a client, or of staff, did to the opt-outs of a phone, in one scope or several.

    Unless `studios` are given, these are the ones that have a client with the phone or have texted it.
    """
    phone = events[0].phone
    if studios is None:
        with_client = [account for account, _ in clients.everywhere_with_phone(phone)]
        studios = [*with_client, *numbers.accounts_texting(phone)]
    scopes = {event.scope for event in events}
    for account in accounts.hosted(studios):
        if delivery.wants(account, WebhookEvent.OPT_OUT_RECORDED) and not scopes.isdisjoint(_scopes(account)):
            tell(account, [_of_opt_out(account, events[0], now)])


def _scopes(account: Account) -> list[str]:
    """Return the scopes in which an opt-out keeps an account's texts from a phone."""
    return [of_account(account.id), *([] if account.number else [SHARED])]


def _of_opt_out(account: Account, event: OptOutEvent, now: datetime) -> Delivery:
    data = {
        "phone": event.phone,
        "opted_out": bool(optouts.blocked([(account.id, event.phone)], account.number_since)),
        "client_ids": sorted(clients.with_phone(account.id, event.phone)),
        "at": event.at.isoformat(),
        "means": event.means,
    }
    return delivery.new(account.id, WebhookEvent.OPT_OUT_RECORDED, event.id, data, now)
