"""Lines: over which of several shared numbers each account talks with a phone. Two never meet while one is free."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from longcode import numbers
from longcode.table import keys, routes, store, swaps
from longcode.table.codec import Attributes
from longcode.table.swaps import Swap

_AT_ONCE = 16


def look(account: str, phones: Iterable[str], shared: Sequence[str]) -> dict[str, str]:
    """Tell the number over which an account's next text to each phone would go, and keep nothing."""
    asked = {phone: keys.lines(phone) for phone in phones}
    found = store.get_many(asked.values())
    return {phone: numbers.line(_lines(found.get(key)), account, phone, shared) for phone, key in asked.items()}


def choose(account: str, phones: Iterable[str], shared: Sequence[str]) -> dict[str, str]:
    """Choose the number over which an account texts each phone, and keep it.

    A phone's lines are written only if they are as they were read: of accounts that text it at once, each sees the
    others' choices.
    """
    waiting = {keys.lines(phone): phone for phone in phones}
    chosen: dict[str, str] = {}
    for attempt in itertools.count():
        found = store.get_many(waiting)
        new = {key: phone for key, phone in waiting.items() if key not in found}
        known = {key: _lines(item) for key, item in found.items()} | _seeds(new, shared)
        made = []
        for key, phone in waiting.items():
            number = chosen[phone] = numbers.line(known[key], account, phone, shared)
            if key not in found or known[key].get(account) != number:
                made.append(_swap(key, phone, found.get(key), {**known[key], account: number}))
        waiting = {swap.key: waiting[swap.key] for swap in swaps.each(made)}
        if not waiting:
            break
        store.pause(attempt)
    return chosen


def _lines(item: Attributes | None) -> Mapping[str, str]:
    return item["numbers"] if item else {}


def _seeds(new: Mapping[keys.Key, str], shared: Sequence[str]) -> dict[keys.Key, Mapping[str, str]]:
    """Read who talked with phones before they had lines; it is once in the life of a phone."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(routes.newest, new.values())
    return {key: numbers.seeded(newest, shared) for key, newest in zip(new, found, strict=True)}


def _swap(key: keys.Key, phone: str, item: Attributes | None, lines: Mapping[str, str]) -> Swap:
    written = {"type": "lines", "phone": phone, "numbers": lines}
    return Swap(key, written, {"numbers": item["numbers"]} if item else {})
