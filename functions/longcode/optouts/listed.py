"""The list of opt-outs of an account: the phones of its clients and conversations that it may not text."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.jobs import Means
from longcode.months import instant
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, Channel, OptOut, OptOutEvent, account_scope, blocks
from longcode.table import consent_keys, keys, store
from longcode.table.writes import ABSENT, PRESENT, Attributes, Put, Update, attributes, read

_MOST_READ = 4  # pages that are read for one: phones that have opted in again meanwhile are left out


class ListedOptOut(Struct, frozen=True, kw_only=True):
    """An opted-out phone of an account's list: `since` when, in which scope, and by which event.

    `means` and what follows are None, or "", if the phone stopped all studios on the shared numbers by a text to
    another one: of that event, an account learns no more.
    """

    account: str
    phone: str
    since: datetime
    scope: str
    means: Means | None = None
    words: str = ""
    number: str | None = None
    by: str | None = None
    channel: Channel | None = None
    asked_on: date | None = None

    @property
    def is_of_all(self) -> bool:
        """Return whether the phone has stopped all studios on the shared numbers."""
        return self.scope == SHARED


def refresh(account: str, phone: str, now: datetime) -> None:
    """Put a phone on an account's list, or take it off, as its opt-outs are now.

    Call it after an opt-out or opt-in was written. It may be repeated; of two at the same time, the one that has read
    the later event counts.
    """
    left_at = numbers.dedicated_since(account)
    states = [optouts.get(phone, scope) for scope in (SHARED, account_scope(account))]
    shared, own = states
    read_at = max((state.at for state in states if state and state.at), default=now)
    place, not_newer = consent_keys.listed_opt_out(account, phone), Attr("read_at").lte(instant(read_at))
    if not blocks(shared, own, left_at):
        gone = Update(place, changes={"read_at": read_at}, remove=("folder", "folder_at"), when=PRESENT & not_newer)
        store.try_write(gone)
        return
    entry = _entry(account, phone, [state for state in states if state and state.out], now)
    item = {
        "type": "listed-opt-out",
        **attributes(entry),
        "read_at": read_at,
        "folder": consent_keys.opt_out_list(account),
        "folder_at": keys.folder_place(entry.since, phone),
    }
    store.try_write(Put(place, item, ABSENT | not_newer))


def page(
    account: str, left_at: datetime | None, *, limit: int, cursor: str | None
) -> tuple[list[ListedOptOut], str | None]:
    """Return a page of an account's list, the newest opt-out first, and the cursor of the next page.

    `left_at` is as in `consent.blocks`. A phone that may be texted again is left out, whatever the list says.
    """
    found: list[ListedOptOut] = []
    for _ in range(_MOST_READ):
        items, cursor = store.index_page(
            consent_keys.opt_out_list(account), limit=limit - len(found), cursor=cursor, newest_first=True
        )
        found += _still_out(account, items, left_at)
        if len(found) >= limit or cursor is None:
            break
    return found, cursor


def begins_of_parts(account: str, size: int) -> list[tuple[str, int]]:
    """Return the parts of an account's list of `size` each, oldest first: the place where each begins, its length."""
    entries = store.query_index(keys.FOLDER, consent_keys.opt_out_list(account), page=None, only=["folder_at"])
    places = [str(entry["folder_at"]) for entry in entries]
    return [(places[first], min(size, len(places) - first)) for first in range(0, len(places), size)]


def part(account: str, left_at: datetime | None, *, limit: int, since: str) -> tuple[list[ListedOptOut], str | None]:
    """Return the next `limit` phones of an account's list from a place on, oldest first, and where to continue.

    Those that may be texted again are left out.
    """
    items, following = store.index_page(consent_keys.opt_out_list(account), limit=limit, cursor=since)
    return _still_out(account, items, left_at), following


def of_phone(account: str, phone: str) -> ListedOptOut | None:
    """Return a phone's place in an account's list, or None."""
    item = store.get(consent_keys.listed_opt_out(account, phone))
    return read(ListedOptOut, item) if item and "folder" in item else None


def those_out(account: str, phones: Collection[str], left_at: datetime | None) -> set[str]:
    """Return which of some phones are opted out as far as the account knows; `left_at` is as in `consent.blocks`.

    Of a phone that is not on its list, an account learns nothing.
    """
    items = store.get_many(consent_keys.listed_opt_out(account, phone) for phone in phones)
    return {entry.phone for entry in _still_out(account, [*items.values()], left_at)}


def _still_out(account: str, items: Sequence[Attributes], left_at: datetime | None) -> list[ListedOptOut]:
    entries = [read(ListedOptOut, item) for item in items if "folder" in item]
    out = optouts.blocked([(account, entry.phone) for entry in entries], left_at)
    return [entry for entry in entries if (account, entry.phone) in out]


def _entry(account: str, phone: str, out: Sequence[OptOut], now: datetime) -> ListedOptOut:
    """Return what the list says of a phone: by the oldest opt-out in effect that was said to the account itself."""
    since = {state.scope: state.since or state.at or now for state in out}
    said = [
        event
        for scope in since
        for event in optouts.history(phone, scope, now)
        if event.out and not event.asks and event.account == account and event.at >= since[scope]
    ]
    if not said:
        scope = min(since, key=lambda scope: since[scope])
        return ListedOptOut(account=account, phone=phone, since=since[scope], scope=scope)
    return _of_event(account, min(said, key=lambda event: event.at))


def _of_event(account: str, event: OptOutEvent) -> ListedOptOut:
    return ListedOptOut(
        account=account,
        phone=event.phone,
        since=event.at,
        scope=event.scope,
        means=event.means,
        words=event.words,
        number=event.number,
        by=event.by,
        channel=event.channel,
        asked_on=event.asked_on,
    )
