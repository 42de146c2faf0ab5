"""Clients are found by parts of a name, a number or an id, as the hub searches for them."""

import pytest

from longcode.accounts.account import Account
from longcode.clients import store as clients
from longcode.clients.client import Audience, is_in_audience
from longcode.clients.search import Wanted, count_audience, find, find_in_audience, sample
from longcode.table import keys, store
from longcode.table.writes import Update
from tests.support.fakes import client as write_client
from tests.support.fakes import studio

pytestmark = pytest.mark.account(client=False)


@pytest.fixture(autouse=True)
def some_clients(account: Account) -> None:
    write_client(account, "c1", "+12125550123", first_name="Zoë", last_name="Müller-O’Brien")
    write_client(account, "c2", "+13105550177", first_name="Søren", last_name="Ångström")
    write_client(account, "miller_3", "+61412345678", first_name="Ann", last_name="Lee")


def found(account: Account, text: str, limit: int = 10) -> list[str]:
    return [client.id for client in find(account.id, Wanted(text=text), limit)]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("zoe", ["c1"]),
        ("MULLER", ["c1"]),
        ("o'brien z", ["c1"]),
        ("soren angstrom", ["c2"]),
        ("555-01", ["c1", "c2"]),
        ("(212) 555", ["c1"]),
        ("+61 412", ["miller_3"]),
        ("miller", ["miller_3"]),
        ("ann lee", ["miller_3"]),
        ("ann müller", []),
        ("%", []),
        ("", ["c1", "c2", "miller_3"]),
    ],
)
def test_clients_are_found_by_parts_of_name_number_or_id(account: Account, text: str, ids: list[str]) -> None:
    assert found(account, text) == ids


def test_only_so_many_are_found(account: Account) -> None:
    assert found(account, "", limit=2) == ["c1", "c2"]


def test_a_client_that_an_earlier_release_wrote_is_found(account: Account) -> None:
    store.write(Update(keys.client(account.id, "c1"), remove=("found_by",)))

    assert found(account, "zoe") == ["c1"]
    assert found(account, "nobody") == []


def test_another_studios_clients_are_not_found(account: Account) -> None:
    other = studio("10000002")
    write_client(other, "theirs", first_name="Theirs")

    assert found(account, "theirs") == []


def test_a_sample_has_clients_of_each_megabyte(account: Account) -> None:
    for number in range(30):
        write_client(account, f"d{number:02}", tags=("new",), fields={"story": "x" * 50_000})
    count_audience(account.id, Audience(everyone=True))

    ids = [client.id for client in sample(account.id, 4)]

    assert ids == ["c1", "c2", "d19", "d20"]


def test_parts_of_a_list_find_what_the_whole_list_has(account: Account) -> None:
    for index in range(12):
        write_client(account, f"d{index:02}", f"+121255502{index:02}", first_name="Dan" if index % 5 == 0 else "Eve")

    def in_parts(text: str, limit: int = 10) -> list[str]:
        return [client.id for client in find(account.id, Wanted(text=text), limit, page=2)]

    assert in_parts("dan") == ["d00", "d05", "d10"]
    write_client(account, "d06x", first_name="Dan")
    clients.delete(account.id, "d05")
    assert in_parts("dan") == ["d00", "d06x", "d10"]  # now in the parts that the first search found
    assert in_parts("dan", limit=2) == ["d00", "d06x"]
    assert in_parts("miller") == ["miller_3"]
    assert count_audience(account.id, Audience(search="dan")) == 3
    assert count_audience(account.id, Audience(everyone=True, except_client_ids=("d00", "none"))) == 14


@pytest.mark.parametrize(
    ("audience", "ids"),
    [
        (Audience(everyone=True), ["c1", "c2", "miller_3"]),
        (Audience(search="o'brien"), ["c1"]),
        (Audience(tags=("a", "b")), ["c1", "c2"]),
        (Audience(tags=("a", "b"), status="old", search="s"), ["c2"]),
        (Audience(status="old", except_tags=("b",)), ["miller_3"]),
        (Audience(everyone=True, except_client_ids=("c1",), except_tags=("b",)), ["miller_3"]),
    ],
)
def test_an_audience_is_counted_and_searched_as_it_is_read(
    account: Account, audience: Audience, ids: list[str]
) -> None:
    store.write(Update(keys.client(account.id, "c1"), {"tags": ["a"]}))
    store.write(Update(keys.client(account.id, "c2"), {"tags": ["b"], "status": "old"}))
    store.write(Update(keys.client(account.id, "miller_3"), {"status": "old"}))
    store.write(Update(keys.client(account.id, "c2"), remove=("found_by",)))

    everybody = [client for client in clients.page(account.id, None, 10) if is_in_audience(audience, client)]

    assert [client.id for client in everybody] == ids
    assert [client.id for client in find_in_audience(account.id, audience, "", 10)] == ids
    assert count_audience(account.id, audience) == len(ids)
