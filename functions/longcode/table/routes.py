"""Routes: which accounts texted a phone over one of our numbers, and when last."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from longcode.route import Route, after_text
from longcode.table import keys, store, swaps
from longcode.table.codec import Attributes, attributes, read
from longcode.table.swaps import Swap


def note(
    texts: Iterable[Route], most_an_hour: Mapping[str, int], found: Mapping[keys.Key, Attributes] | None = None
) -> set[tuple[str, str]]:
    """Note texts about to be handed over; gives account and id of those that are too many for their phone.

    However many workers text one phone at once, none passes the most that its account sends a phone in an hour: each
    route is written only if it is as it was read, which may be `found`. Each account has routes of its own.
    """
    waiting: dict[keys.Key, list[Route]] = defaultdict(list)
    for text in texts:
        waiting[keys.route(text.phone, text.number, text.account)].append(text)
    too_many: dict[keys.Key, set[tuple[str, str]]] = {}
    for attempt in itertools.count():
        found, made = store.get_many(waiting) if found is None else found, []
        for key, of_phone in waiting.items():
            route, too_many[key] = _after(found.get(key), of_phone, most_an_hour)
            made += [_swap(key, found.get(key), route)] if route else []
        waiting, found = {swap.key: waiting[swap.key] for swap in swaps.each(made)}, None
        if not waiting:
            break
        store.pause(attempt)
    return set().union(*too_many.values())


def _after(
    item: Attributes | None, texts: Iterable[Route], most_an_hour: Mapping[str, int]
) -> tuple[Route | None, set[tuple[str, str]]]:
    """Add the texts of a phone to its route; gives the new route, if any, and what was too many."""
    route = read(Route, item) if item else None
    new, too_many = None, set()
    for text in texts:
        then = after_text(new or route, text, most_an_hour[text.account])
        if then:
            new = then
        else:
            too_many.add((text.account, text.message_id))
    return new, too_many


def _swap(key: keys.Key, item: Attributes | None, route: Route) -> Swap:
    written = {"type": "route", **attributes(route)}
    if not item:
        return Swap(key, written)
    gone = tuple(name for name in item if name not in written and name not in key._fields)
    # A route that was written before texts were counted has no `lately`.
    before = {name: value for name, value in item.items() if name in ("message_id", "at", "lately")}
    return Swap(key, written, before, gone)


def last_texted(account: str, numbers: Mapping[str, str]) -> dict[str, datetime]:
    """Tell when an account last texted phones, each over its number; a phone that it never did is left out."""
    found = store.get_many(keys.route(phone, number, account) for phone, number in numbers.items())
    routes = [read(Route, item) for item in found.values()]
    return {route.phone: route.at for route in routes}


def newest(phone: str) -> dict[str, str]:
    """Tell which account last texted a phone over each of our numbers."""
    every = [read(Route, item) for item in store.query(keys.routes(phone))]
    return {route.number: route.account for route in sorted(every, key=lambda one: one.at)}


def texting(phone: str) -> list[str]:
    """List the accounts that ever texted this phone, over whichever number."""
    return list(dict.fromkeys(str(item["account"]) for item in store.query(keys.routes(phone))))


def to(phone: str, number: str) -> list[Route]:
    """List who texted this phone over this number."""
    return [read(Route, item) for item in store.query(keys.route(phone, number))]
