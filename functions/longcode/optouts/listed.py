"""The list of opt-outs of an account: the phones of its clients and conversations that it may not text."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from time import monotonic

from boto3.dynamodb.conditions import Attr

from longcode.aws.at_once import at_once
from longcode.message import Direction
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.store import ListedOptOut
from longcode.table import consent_keys, keys, store
from longcode.table.writes import Attributes, Put, Update, read

_STEP = 1_000  # texts that a call of the survey passes over
_OF_A_PHONE = Attr("phone").exists()
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


def survey(
    account: str, left_at: datetime | None, now: datetime, seconds: float, step: int = _STEP
) -> tuple[bool, int]:
    """Put opted-out phones that an account has texted on its list, for some seconds, the newest texts first.

    Return whether it is done, and how many texts were looked at. It finds phones without a client that had stopped
    before there were lists, once for each account: whatever writes an opt-out now puts the phone on them.
    """
    place = consent_keys.opt_out_survey(account)
    kept = store.get(place) or {}
    if kept.get("done"):
        return True, 0
    end, looked_at = monotonic() + seconds, int(kept.get("looked_at", 0))
    cursor = kept.get("cursor")
    for linked in (True,) if kept.get("linked") else (False, True):
        texts = keys.folder(account, Direction.OUT, linked=linked)
        while True:
            entries, cursor = store.index_chunk(texts, before=cursor, after=None, where=_OF_A_PHONE, page=step)
            _put_on_list(account, {str(entry["phone"]) for entry in entries}, left_at, now)
            looked_at += len(entries)
            if cursor is None:
                break
            if monotonic() >= end:
                reached = {"type": "opt-out-survey", "linked": linked, "cursor": cursor, "looked_at": looked_at}
                store.write(Update(place, changes=reached))
                return False, looked_at
    store.write(Put(place, {"type": "opt-out-survey", "done": True, "looked_at": looked_at}))
    return True, looked_at


def _put_on_list(account: str, phones: Collection[str], left_at: datetime | None, now: datetime) -> None:
    out = {phone for _, phone in optouts.blocked([(account, phone) for phone in phones], left_at)}
    new = [phone for phone in sorted(out) if of_phone(account, phone) is None]
    if new:
        at_once(*(partial(_put_if_texted, account, phone, now) for phone in new))


def _put_if_texted(account: str, phone: str, now: datetime) -> None:
    # A text that was never sent told the phone nothing, so its studio learns nothing of the phone.
    if account in numbers.accounts_texting(phone):
        optouts.refresh_listed(account, phone, now)


def _still_out(account: str, items: Sequence[Attributes], left_at: datetime | None) -> list[ListedOptOut]:
    entries = [read(ListedOptOut, item) for item in items if "folder" in item]
    out = optouts.blocked([(account, entry.phone) for entry in entries], left_at)
    return [entry for entry in entries if (account, entry.phone) in out]
