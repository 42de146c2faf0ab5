from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from longcode.route import Route
from longcode.table import keys, routes, store
from longcode.table.writes import Put
from tests.fakes import NOW

MOST = {"1": 10, "2": 10}

pytestmark = pytest.mark.usefixtures("aws")


def route(account: str = "1", message_id: str = "m", number: str = "+15555550100", minute: int = 0) -> Route:
    at = NOW + timedelta(minutes=minute)
    return Route(account=account, phone="+12125550123", number=number, message_id=message_id, at=at)


def test_each_account_has_a_route_of_its_own() -> None:
    routes.note([route("1"), route("2", minute=1)], MOST)

    assert {one.account for one in routes.to("+12125550123", "+15555550100")} == {"1", "2"}


def test_of_one_account_the_last_noted_stays() -> None:
    routes.note([route(message_id="first"), route(message_id="second")], MOST)
    routes.note([route(message_id="third", minute=1)], MOST)

    (last,) = routes.to("+12125550123", "+15555550100")
    assert (last.message_id, last.at) == ("third", NOW + timedelta(minutes=1))


def test_a_route_of_before_texts_were_counted_is_taken_over() -> None:
    old = {"type": "route", "account": "1", "phone": "+12125550123", "number": "+15555550100", "message_id": "old"}
    store.write(Put(keys.route("+12125550123", "+15555550100", "1"), {**old, "at": NOW}))

    assert routes.note([route(message_id="new", minute=1)], MOST) == set()

    (last,) = routes.to("+12125550123", "+15555550100")
    assert (last.message_id, list(last.lately)) == ("new", ["new"])


def test_another_number_of_ours_has_other_routes() -> None:
    routes.note([route(number="+15555550101")], MOST)

    assert routes.to("+12125550123", "+15555550100") == []


def test_noting_nothing_is_no_call_at_all() -> None:
    routes.note([], MOST)

    assert routes.to("+12125550123", "+15555550100") == []


def test_an_accounts_texts_to_a_phone_are_bounded_in_any_hour_and_anothers_are_its_own() -> None:
    first = [routes.note([route(message_id=f"m{minute}", minute=minute)], {"1": 3}) for minute in range(4)]
    other = routes.note([route("2", "m5", minute=4)], {"2": 3})
    later = routes.note([route(message_id="m6", minute=60)], {"1": 3})

    assert first == [set(), set(), set(), {("1", "m3")}]
    assert (other, later) == (set(), set())


def test_a_text_that_is_tried_again_is_counted_once() -> None:
    tried = [routes.note([route(message_id="m", minute=minute)], {"1": 1}) for minute in range(3)]

    assert tried == [set(), set(), set()]
    assert routes.note([route(message_id="n", minute=3)], {"1": 1}) == {("1", "n")}


def test_of_one_batch_the_first_texts_to_a_phone_pass() -> None:
    batch = [route(message_id=f"m{index}") for index in range(5)]

    assert routes.note(batch, {"1": 3}) == {("1", "m3"), ("1", "m4")}


def test_forty_workers_at_once_pass_a_most_of_seven_by_none() -> None:
    with ThreadPoolExecutor(8) as pool:
        refused = list(pool.map(lambda index: routes.note([route(message_id=f"m{index}")], {"1": 7}), range(40)))

    (last,) = routes.to("+12125550123", "+15555550100")
    assert sum(map(len, refused)) == 33
    assert len(last.lately) == 7


def test_a_client_that_is_no_longer_known_is_not_kept() -> None:
    routes.note([replace(route(), client_id="c1")], MOST)
    routes.note([route(message_id="n", minute=1)], MOST)

    (last,) = routes.to("+12125550123", "+15555550100")
    assert last.client_id is None
