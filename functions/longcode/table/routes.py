"""Routes: which accounts texted a phone over one of our numbers, and when last."""

from collections.abc import Iterable

from longcode.route import Route
from longcode.table import keys, store
from longcode.table.codec import attributes, read


def note(routes: Iterable[Route]) -> None:
    """Note texts about to be handed over. Each account has a route of its own, so none overwrites another's."""
    latest = {keys.route(route.phone, route.number, route.account): route for route in routes}
    store.put_many((key, {"type": "route", **attributes(route)}) for key, route in latest.items())


def to(phone: str, number: str) -> list[Route]:
    """List who texted this phone over this number."""
    return [read(Route, item) for item in store.query(keys.route(phone, number))]
