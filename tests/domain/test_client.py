"""A client's record: which phones may be texted, its merge values, its time zone and its audiences."""

import pytest

from longcode.accounts.account import Account, QuietZone
from longcode.clients.client import (
    Audience,
    Client,
    Phone,
    audience_ids,
    client_merge_values,
    is_in_audience,
    may_be_texted,
    numbers_to_text,
    quiet_zone,
)
from longcode.errors import NoNumberTicked, NoPermission
from longcode.jobs import Product
from tests.support.fakes import NOW

MOBILE = Phone(number="+12125550101", entered="212 555 0101")
HOME = Phone(number="+12125550102", entered="212 555 0102", sms=False)
WORK = Phone(number="+12125550103", entered="212 555 0103")


def client(*phones: Phone, allow: bool = True) -> Client:
    return Client(account="1", id="c1", updated_at=NOW, phones=phones, allow_text_marketing=allow)


def tagged(client_id: str = "c1", *tags: str, status: str | None = None) -> Client:
    return Client(account="1", id=client_id, updated_at=NOW, tags=tags, status=status)


def studio(zone: QuietZone = QuietZone.LIKELY) -> Account:
    return Account(
        id="1",
        name="Foxglove",
        email="ann@foxglove.example",
        product=Product.SPECTRA,
        edition="standard",
        created_at=NOW,
        plan_changes=(),
        time_zone="America/Denver",
        quiet_zone=zone,
    )


def test_each_ticked_number_is_texted_in_the_order_of_the_record() -> None:
    assert numbers_to_text(client(WORK, HOME, MOBILE)) == ("+12125550103", "+12125550101")


def test_a_number_listed_twice_is_texted_once() -> None:
    assert numbers_to_text(client(MOBILE, WORK, MOBILE)) == ("+12125550101", "+12125550103")


def test_a_client_without_permission_is_not_texted() -> None:
    with pytest.raises(NoPermission, match="Allow Text Marketing is not checked"):
        numbers_to_text(client(MOBILE, allow=False))


@pytest.mark.parametrize("phones", [(), (HOME,)])
def test_a_client_with_no_number_ticked_is_not_texted(phones: tuple[Phone, ...]) -> None:
    with pytest.raises(NoNumberTicked):
        numbers_to_text(client(*phones))


def test_a_number_may_be_texted_if_permitted_and_ticked() -> None:
    assert may_be_texted(client(MOBILE, HOME), "+12125550101")
    assert not may_be_texted(client(MOBILE, HOME), "+12125550102")
    assert not may_be_texted(client(MOBILE), "+12125550199")
    assert not may_be_texted(client(MOBILE, allow=False), "+12125550101")


def test_the_client_and_the_studio_fill_merge_fields() -> None:
    zoe = Client(account="1", id="c1", updated_at=NOW, first_name="Zoë")

    assert client_merge_values(studio(), zoe) == {
        "studio.name": "Foxglove",
        "studio.phone": "",
        "client.first_name": "Zoë",
        "client.last_name": "",
        "client.name": "Zoë",
    }
    assert client_merge_values(studio(), None) == {"studio.name": "Foxglove", "studio.phone": ""}


def test_quiet_hours_use_the_clients_own_zone_or_the_studios_if_it_is_set_so() -> None:
    with_zone = Client(account="1", id="c1", updated_at=NOW, time_zone="Pacific/Honolulu")
    without_zone = Client(account="1", id="c1", updated_at=NOW)

    assert [quiet_zone(studio(zone), with_zone) for zone in QuietZone] == ["Pacific/Honolulu", "Pacific/Honolulu"]
    assert [quiet_zone(studio(zone), without_zone) for zone in QuietZone] == [None, "America/Denver"]
    assert [quiet_zone(studio(zone), None) for zone in QuietZone] == [None, "America/Denver"]


def test_an_audience_of_everyone_contains_each_client() -> None:
    assert is_in_audience(Audience(everyone=True), tagged())


def test_an_empty_audience_contains_no_client() -> None:
    assert not is_in_audience(Audience(), tagged())


@pytest.mark.parametrize(("client_id", "is_in"), [("c1", True), ("c2", False)])
def test_an_audience_by_ids_contains_only_these(client_id: str, is_in: bool) -> None:
    assert is_in_audience(Audience(client_ids=("c1", "c3")), tagged(client_id)) is is_in


def test_one_of_the_tags_is_enough() -> None:
    audience = Audience(tags=("vip", "2026"))

    assert is_in_audience(audience, tagged("c1", "2026", "wedding"))
    assert not is_in_audience(audience, tagged("c1", "wedding"))
    assert not is_in_audience(audience, tagged("c1"))


def test_a_status_must_match_exactly() -> None:
    assert is_in_audience(Audience(status="lead"), tagged(status="lead"))
    assert not is_in_audience(Audience(status="lead"), tagged(status="Lead"))
    assert not is_in_audience(Audience(status="lead"), tagged())


def test_tags_and_a_status_must_both_match() -> None:
    audience = Audience(tags=("vip",), status="lead")

    assert is_in_audience(audience, tagged("c1", "vip", status="lead"))
    assert not is_in_audience(audience, tagged("c1", "vip", status="done"))
    assert not is_in_audience(audience, tagged("c1", status="lead"))


@pytest.mark.parametrize(
    "audience",
    [
        Audience(everyone=True, except_client_ids=("c1",)),
        Audience(everyone=True, except_tags=("vip",)),
        Audience(client_ids=("c1",), except_tags=("vip",)),
        Audience(tags=("vip",), except_client_ids=("c1",)),
    ],
)
def test_an_excluded_client_is_never_in_the_audience(audience: Audience) -> None:
    assert not is_in_audience(audience, tagged("c1", "vip"))


def test_audience_ids_are_listed_once_in_the_tables_order_from_after_an_id() -> None:
    audience = Audience(client_ids=("é", "b", "a", "b", "B", "x"), except_client_ids=("x",))

    assert audience_ids(audience, None) == ["B", "a", "b", "é"]
    assert audience_ids(audience, "a") == ["b", "é"]
    assert audience_ids(audience, "é") == []
