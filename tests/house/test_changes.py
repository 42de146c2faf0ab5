"""Every route that changes something is recorded as a change, or it is said here why it is not."""

from hub import site_api
from hub.operator import operator_api
from hub.plan import pdf_api
from hub.site import site
from longcode.changes.change import ChangeKind
from tests.support.recorded_routes import KEPT, RECORDED
from tests.support.source_reading import defined, handlers, routes

MODULES_OF_PAGES = (*site_api.PAGES, operator_api, pdf_api)  # importing them has added their pages to the site
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
KINDS_WITHOUT_ROUTE = {ChangeKind.STOPPED}  # the service stops accounts by itself


def changing_routes() -> set[str]:
    """Return the routes of the API and of the hub that may change something."""
    served = [name for name, file in handlers().items() if "app" in defined(file)]
    of_api = {f"{method} {path}" for name in served for method, path in routes(name)}
    of_hub = {f"{route.method} {route.path}" for route in (*site._static_routes, *site._dynamic_routes)}
    return {route for route in of_api | of_hub if route.partition(" ")[0] in CHANGING}


def files_of_hub() -> set[str]:
    """Return the routes of the hub that give a file of the account's data."""
    paths = {route.path for route in (*site._static_routes, *site._dynamic_routes) if route.method == "GET"}
    return {f"GET {path}" for path in paths if path.endswith((".csv", ".zip", "/invoice-pdf/<month>"))}


def test_every_route_that_changes_something_is_recorded_or_has_a_reason() -> None:
    listed = RECORDED.keys() | KEPT.keys()

    assert sorted((changing_routes() | files_of_hub()) - listed) == []
    assert sorted(listed - changing_routes() - files_of_hub()) == []
    assert sorted(RECORDED.keys() & KEPT.keys()) == []


def test_every_reason_is_a_sentence() -> None:
    assert [route for route, reason in KEPT.items() if len(reason.split()) < 3] == []


def test_every_kind_of_change_has_a_route_that_makes_it() -> None:
    made = {kind for kinds in RECORDED.values() for kind in kinds}

    assert set(ChangeKind) - made == KINDS_WITHOUT_ROUTE
