"""Opt-outs by phone, and the history of who said STOP and START, when, how and in which words."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from boto3.dynamodb.conditions import Attr

from longcode.consent import SHARED, Event, OptOut, apply, of_account
from longcode.table import keys, store
from longcode.table.codec import Attributes, attributes, read
from longcode.table.writes import ABSENT, Put, Update

_KEPT = timedelta(days=5 * 366)
_AUTOMATIC_REPLIES_AN_HOUR = 3  # facts §3


def get(phone: str, scope: str) -> OptOut | None:
    """Read the state of a phone."""
    found = store.get(keys.opt_out(phone, scope))
    return read(OptOut, found) if found else None


def blocked(senders_and_phones: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Tell which accounts may not text which phones: the service is blocked, or that account."""
    wanted = {pair: gates(*pair) for pair in senders_and_phones}
    found = store.get_many(key for of_pair in wanted.values() for key in of_pair) if wanted else {}
    return {pair for pair, of_pair in wanted.items() if any(is_out(found.get(key)) for key in of_pair)}


def gates(account: str, phone: str) -> tuple[keys.Key, keys.Key]:
    """Give the opt-outs that an account's text to a phone must pass."""
    return keys.opt_out(phone, SHARED), keys.opt_out(phone, of_account(account))


def scopes_to_open(phone: str, event_id: str) -> list[str]:
    """List the scopes in which a phone is opted out, and those that this very event has opened before."""
    found = store.query(keys.opt_out(phone, ""))
    return [str(item["scope"]) for item in found if is_out(item) or item.get("turned_by") == event_id]


def is_out(item: Attributes | None) -> bool:
    """Read from an opt-out item whether it blocks."""
    return bool(item and item["out"])


def record(event: Event) -> OptOut:
    """Take an event into the history and, if none is later, into the state; gives the state that stands now.

    Taking in the same event again changes nothing.
    """
    while True:
        now = get(event.phone, event.scope)
        then = apply(now, event)
        history = Put(
            keys.consent(event.phone, event.scope, event.at, event.id),
            {"type": "consent", "expires_at": int((event.at + _KEPT).timestamp()), **attributes(event)},
        )
        if then is now:
            store.write(history)
            return then
        unchanged = Attr("event_id").eq(now.event_id) if now else ABSENT
        state = Put(keys.opt_out(event.phone, event.scope), {"type": "opt-out", **attributes(then)}, unchanged)
        try:
            store.transact([state, history])
        except store.ConditionFailed:
            continue
        return then


def history(phone: str, scope: str) -> list[Event]:
    """List the events of a phone, oldest first."""
    return [read(Event, item) for item in store.query(keys.consents(phone, scope))]


def automatic_reply(phone: str, now: datetime) -> Update:
    """Make the write that counts an automatic reply towards the three an hour of a phone, and fails past them."""
    key = keys.automatic_replies(phone, keys.instant(now)[:13])
    expires_at = int((now + timedelta(hours=2)).timestamp())
    free = Attr("replies").not_exists() | Attr("replies").lt(_AUTOMATIC_REPLIES_AN_HOUR)
    return Update(key, changes={"type": "replies", "expires_at": expires_at}, add={"replies": 1}, when=free)
