import pytest

from longcode.clients.client import Audience, Client, audience_ids, is_in_audience
from tests.support.fakes import NOW


def client(client_id: str = "c1", *tags: str, status: str | None = None) -> Client:
    return Client(account="1", id=client_id, updated_at=NOW, tags=tags, status=status)


def test_everyone_is_everyone() -> None:
    assert is_in_audience(Audience(everyone=True), client())


def test_an_audience_that_says_nothing_is_nobody() -> None:
    assert not is_in_audience(Audience(), client())


@pytest.mark.parametrize(("client_id", "is_in"), [("c1", True), ("c2", False)])
def test_by_ids_only_these_are_in(client_id: str, is_in: bool) -> None:
    assert is_in_audience(Audience(client_ids=("c1", "c3")), client(client_id)) is is_in


def test_one_of_the_tags_is_enough() -> None:
    audience = Audience(tags=("vip", "2026"))

    assert is_in_audience(audience, client("c1", "2026", "wedding"))
    assert not is_in_audience(audience, client("c1", "wedding"))
    assert not is_in_audience(audience, client("c1"))


def test_a_status_must_be_the_clients() -> None:
    assert is_in_audience(Audience(status="lead"), client(status="lead"))
    assert not is_in_audience(Audience(status="lead"), client(status="Lead"))
    assert not is_in_audience(Audience(status="lead"), client())


def test_tags_and_a_status_must_both_hold() -> None:
    audience = Audience(tags=("vip",), status="lead")

    assert is_in_audience(audience, client("c1", "vip", status="lead"))
    assert not is_in_audience(audience, client("c1", "vip", status="done"))
    assert not is_in_audience(audience, client("c1", status="lead"))


@pytest.mark.parametrize(
    "audience",
    [
        Audience(everyone=True, except_client_ids=("c1",)),
        Audience(everyone=True, except_tags=("vip",)),
        Audience(client_ids=("c1",), except_tags=("vip",)),
        Audience(tags=("vip",), except_client_ids=("c1",)),
    ],
)
def test_whoever_is_excluded_is_out_whatever_else_holds(audience: Audience) -> None:
    assert not is_in_audience(audience, client("c1", "vip"))


def test_ids_are_listed_once_in_the_order_of_the_table_from_after_one() -> None:
    audience = Audience(client_ids=("é", "b", "a", "b", "B", "x"), except_client_ids=("x",))

    assert audience_ids(audience, None) == ["B", "a", "b", "é"]
    assert audience_ids(audience, "a") == ["b", "é"]
    assert audience_ids(audience, "é") == []
