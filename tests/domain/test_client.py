"""Which of a client's phones may be texted, and what a template knows of them."""

import pytest

from longcode.accounts.account import Account, QuietZone
from longcode.clients.client import Client, Phone, client_merge_values, may_be_texted, numbers_to_text, quiet_zone
from longcode.errors import NoNumberTicked, NoPermission
from longcode.jobs import Product
from tests.support.fakes import NOW

MOBILE = Phone(number="+12125550101", entered="212 555 0101")
HOME = Phone(number="+12125550102", entered="212 555 0102", sms=False)
WORK = Phone(number="+12125550103", entered="212 555 0103")


def someone(*phones: Phone, allow: bool = True) -> Client:
    return Client(account="1", id="c1", updated_at=NOW, phones=phones, allow_text_marketing=allow)


def foxglove(zone: QuietZone = QuietZone.LIKELY) -> Account:
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
    assert numbers_to_text(someone(WORK, HOME, MOBILE)) == ("+12125550103", "+12125550101")


def test_a_number_that_stands_there_twice_is_texted_once() -> None:
    assert numbers_to_text(someone(MOBILE, WORK, MOBILE)) == ("+12125550101", "+12125550103")


def test_a_client_without_permission_is_not_texted() -> None:
    with pytest.raises(NoPermission, match="Allow Text Marketing is not checked"):
        numbers_to_text(someone(MOBILE, allow=False))


@pytest.mark.parametrize("phones", [(), (HOME,)])
def test_a_client_with_no_number_ticked_is_not_texted(phones: tuple[Phone, ...]) -> None:
    with pytest.raises(NoNumberTicked):
        numbers_to_text(someone(*phones))


def test_a_number_may_be_texted_with_permission_and_its_box_ticked() -> None:
    assert may_be_texted(someone(MOBILE, HOME), "+12125550101")
    assert not may_be_texted(someone(MOBILE, HOME), "+12125550102")
    assert not may_be_texted(someone(MOBILE), "+12125550199")
    assert not may_be_texted(someone(MOBILE, allow=False), "+12125550101")


def test_a_template_knows_the_client_and_the_studio() -> None:
    studio = foxglove()
    zoe = Client(account="1", id="c1", updated_at=NOW, first_name="Zoë")

    assert client_merge_values(studio, zoe) == {
        "studio.name": "Foxglove",
        "studio.phone": "",
        "client.first_name": "Zoë",
        "client.last_name": "",
        "client.name": "Zoë",
    }
    assert client_merge_values(studio, None) == {"studio.name": "Foxglove", "studio.phone": ""}


def test_quiet_hours_go_by_the_clients_own_zone_then_by_the_studios_if_it_says_so() -> None:
    here = Client(account="1", id="c1", updated_at=NOW, time_zone="Pacific/Honolulu")
    nowhere = Client(account="1", id="c1", updated_at=NOW)

    assert [quiet_zone(foxglove(zone), here) for zone in QuietZone] == ["Pacific/Honolulu", "Pacific/Honolulu"]
    assert [quiet_zone(foxglove(zone), nowhere) for zone in QuietZone] == [None, "America/Denver"]
    assert [quiet_zone(foxglove(zone), None) for zone in QuietZone] == [None, "America/Denver"]
