"""Routes: which accounts texted a phone over one of our numbers, and when last."""

from collections.abc import Iterable
from datetime import datetime

from longcode.route import Route
from longcode.table import keys, store
from longcode.table.codec import attributes, read


def note(routes: Iterable[Route]) -> None:
    """Note texts about to be handed over. Each account has a route of its own, so none overwrites another's."""
    latest = {keys.route(route.phone, route.number, route.account): route for route in routes}
    store.put_many((key, {"type": "route", **attributes(route)}) for key, route in latest.items())


def last_texted(account: str, phones: Iterable[str], number: str) -> dict[str, datetime]:
    """Tell when an account last texted each of these phones over a number; a phone it never did is left out."""
    found = store.get_many(keys.route(phone, number, account) for phone in phones)
    routes = [read(Route, item) for item in found.values()]
    return {route.phone: route.at for route in routes}


def to(phone: str, number: str) -> list[Route]:
    """List who texted this phone over this number."""
    return [read(Route, item) for item in store.query(keys.route(phone, number))]
