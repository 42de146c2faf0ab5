from datetime import timedelta

import pytest

from longcode.route import Route
from longcode.table import routes
from tests.fakes import NOW

pytestmark = pytest.mark.usefixtures("aws")


def route(account: str = "1", message_id: str = "m", number: str = "+15555550100", minute: int = 0) -> Route:
    at = NOW + timedelta(minutes=minute)
    return Route(account=account, phone="+12125550123", number=number, message_id=message_id, at=at)


def test_each_account_has_a_route_of_its_own() -> None:
    routes.note([route("1"), route("2", minute=1)])

    assert {one.account for one in routes.to("+12125550123", "+15555550100")} == {"1", "2"}


def test_of_one_account_the_last_noted_stays() -> None:
    routes.note([route(message_id="first"), route(message_id="second")])
    routes.note([route(message_id="third", minute=1)])

    assert routes.to("+12125550123", "+15555550100") == [route(message_id="third", minute=1)]


def test_another_number_of_ours_has_other_routes() -> None:
    routes.note([route(number="+15555550101")])

    assert routes.to("+12125550123", "+15555550100") == []


def test_noting_nothing_is_no_call_at_all() -> None:
    routes.note([])

    assert routes.to("+12125550123", "+15555550100") == []
