"""The list of opt-outs of an account: the phones of its clients and conversations that it may not text."""

from collections.abc import Collection, Sequence
from datetime import datetime

from longcode.optouts import store as optouts
from longcode.optouts.store import ListedOptOut
from longcode.table import keys, store
from longcode.table.writes import Attributes, read

_MOST_READ = 4  # pages that are read for one: phones that have opted in again meanwhile are left out


def page(
    account: str, left_at: datetime | None, *, limit: int, cursor: str | None
) -> tuple[list[ListedOptOut], str | None]:
    """Return a page of an account's list, the newest opt-out first, and the cursor of the next page.

    `left_at` is as in `consent.blocks`. A phone that may be texted again is left out, whatever the list says.
    """
    found: list[ListedOptOut] = []
    for _ in range(_MOST_READ):
        items, cursor = store.index_page(
            keys.opt_out_list(account), limit=limit - len(found), cursor=cursor, newest_first=True
        )
        found += _still_out(account, items, left_at)
        if len(found) >= limit or cursor is None:
            break
    return found, cursor


def begins_of_parts(account: str, size: int) -> list[tuple[str, int]]:
    """Return the parts of an account's list of `size` each, oldest first: the place where each begins, its length."""
    entries = store.query_index(keys.FOLDER, keys.opt_out_list(account), page=None, only=["folder_at"])
    places = [str(entry["folder_at"]) for entry in entries]
    return [(places[first], min(size, len(places) - first)) for first in range(0, len(places), size)]


def part(account: str, left_at: datetime | None, *, limit: int, since: str) -> tuple[list[ListedOptOut], str | None]:
    """Return the next `limit` phones of an account's list from a place on, oldest first, and where to continue.

    Those that may be texted again are left out.
    """
    items, following = store.index_page(keys.opt_out_list(account), limit=limit, cursor=since)
    return _still_out(account, items, left_at), following


def of_phone(account: str, phone: str) -> ListedOptOut | None:
    """Return a phone's place in an account's list, or None."""
    item = store.get(keys.listed_opt_out(account, phone))
    return read(ListedOptOut, item) if item and "folder" in item else None


def those_out(account: str, phones: Collection[str], left_at: datetime | None) -> set[str]:
    """Return which of some phones are opted out as far as the account knows; `left_at` is as in `consent.blocks`.

    Of a phone that is not on its list, an account learns nothing.
    """
    items = store.get_many(keys.listed_opt_out(account, phone) for phone in phones)
    return {entry.phone for entry in _still_out(account, [*items.values()], left_at)}


def _still_out(account: str, items: Sequence[Attributes], left_at: datetime | None) -> list[ListedOptOut]:
    entries = [read(ListedOptOut, item) for item in items if "folder" in item]
    out = optouts.blocked([(account, entry.phone) for entry in entries], left_at)
    return [entry for entry in entries if (account, entry.phone) in out]
