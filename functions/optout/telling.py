"""Tells hosted software of opt-outs: of the studios whose client the phone is, or who texted it, and of no others."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from longcode import delivery
from longcode.account import Account, HookEvent
from longcode.aws import hooks
from longcode.consent import SHARED, Event, of_account
from longcode.patience import HEALED_AFTER
from longcode.table import accounts, clients, deliveries, opt_outs, routes


def tell_concerned(events: Sequence[Event], now: datetime) -> None:
    """Tell of what one word of a client did, in one scope or several. Told again, it is told once."""
    phone = events[0].phone
    with_it = [account for account, _ in clients.everywhere_with_phone(phone)]
    tell(events, [*with_it, *routes.texting(phone)], now)


def tell(events: Sequence[Event], studios: Iterable[str], now: datetime) -> None:
    """Tell those of these studios that it concerns, whose software wants to hear of it."""
    scopes = {event.scope for event in events}
    for account in accounts.hosted(studios):
        if delivery.wants(account, HookEvent.OPT_OUT_RECORDED) and not scopes.isdisjoint(_scopes(account)):
            _tell(account, events[0], now)


def _scopes(account: Account) -> list[str]:
    """List in which scopes an opt-out keeps an account's texts from a phone."""
    return [of_account(account.id), *([] if account.number else [SHARED])]


def _tell(account: Account, event: Event, now: datetime) -> None:
    data = {
        "phone": event.phone,
        "opted_out": bool(opt_outs.blocked([(account.id, event.phone)], account.number_since)),
        "client_ids": sorted(clients.with_phone(account.id, event.phone)),
        "at": event.at.isoformat(),
        "means": event.means,
    }
    made = delivery.new(account.id, HookEvent.OPT_OUT_RECORDED, event.id, data, now, due_at=now + HEALED_AFTER)
    if deliveries.tell(made):
        hooks.enqueue(account.id, [made])
