from datetime import UTC, datetime

import pytest

from longcode.clients.client import Client, Phone
from longcode.errors import CountryNotAllowed, NoNumberTicked, NoPermission, OptedOut
from longcode.messages.compose import recipients_of_client, recipients_of_number

HOME, WORK, FAX, ABROAD = "+12125550123", "+12125550124", "+12125550125", "+61491570156"


def client(*ticked: str, unticked: tuple[str, ...] = (), may: bool = True) -> Client:
    phones = [Phone(number=one, entered=one) for one in ticked]
    phones += [Phone(number=one, entered=one, sms=False) for one in unticked]
    at = datetime(2026, 11, 22, tzinfo=UTC)
    return Client(account="1", id="c1", updated_at=at, phones=tuple(phones), allow_text_marketing=may)


def test_each_ticked_number_is_texted_once_in_the_order_of_the_record() -> None:
    chosen = recipients_of_client(client(WORK, HOME, WORK, unticked=(FAX,)), None, set(), ["1"])

    assert (chosen.phones, chosen.client_id, chosen.skipped) == ((WORK, HOME), "c1", ())


def test_one_of_the_ticked_numbers_may_be_chosen() -> None:
    assert recipients_of_client(client(WORK, HOME), HOME, set(), ["1"]).phones == (HOME,)


@pytest.mark.parametrize("only", [FAX, "+12125550199"])
def test_a_number_that_is_not_ticked_cannot_be_chosen(only: str) -> None:
    with pytest.raises(NoNumberTicked):
        recipients_of_client(client(HOME, unticked=(FAX,)), only, set(), ["1"])


def test_a_number_that_opted_out_is_skipped_with_the_reason() -> None:
    chosen = recipients_of_client(client(HOME, WORK), None, {HOME}, ["1"])

    assert chosen.phones == (WORK,)
    assert [(one.phone, one.code) for one in chosen.skipped] == [(HOME, "opted_out")]


def test_a_client_whose_numbers_all_opted_out_is_refused() -> None:
    with pytest.raises(OptedOut):
        recipients_of_client(client(HOME), None, {HOME}, ["1"])


def test_a_client_without_permission_is_refused_despite_ticked_numbers() -> None:
    with pytest.raises(NoPermission):
        recipients_of_client(client(HOME, may=False), None, set(), ["1"])


def test_a_client_with_no_number_ticked_is_refused() -> None:
    with pytest.raises(NoNumberTicked):
        recipients_of_client(client(unticked=(FAX,)), None, set(), ["1"])


@pytest.mark.parametrize(
    ("clients", "linked"),
    [({}, None), ({"c1": True}, "c1"), ({"c1": True, "c2": False}, None), ({"c1": True, "c2": True}, None)],
)
def test_a_number_is_linked_to_the_only_client_that_has_it(clients: dict[str, bool], linked: str | None) -> None:
    assert recipients_of_number(HOME, clients, blocked=False, countries=["1"]).client_id == linked


def test_a_number_whose_clients_all_forbid_it_is_refused() -> None:
    with pytest.raises(NoPermission):
        recipients_of_number(HOME, {"c1": False, "c2": False}, blocked=False, countries=["1"])


def test_an_opt_out_is_reported_before_other_refusals() -> None:
    with pytest.raises(OptedOut):
        recipients_of_number(HOME, {"c1": True}, blocked=True, countries=["1"])


def test_a_number_abroad_is_skipped_unless_its_country_is_allowed() -> None:
    chosen = recipients_of_client(client(HOME, ABROAD), None, set(), ["1"])
    both = recipients_of_client(client(HOME, ABROAD), None, set(), ["1", "61"])

    assert chosen.phones == (HOME,)
    assert [(one.phone, one.code) for one in chosen.skipped] == [(ABROAD, "country_not_allowed")]
    assert both.phones == (HOME, ABROAD)


def test_a_single_number_abroad_is_refused_with_the_reason() -> None:
    with pytest.raises(CountryNotAllowed) as of_a_client:
        recipients_of_client(client(ABROAD), None, set(), ["1", "44"])
    with pytest.raises(CountryNotAllowed) as of_itself:
        recipients_of_number(ABROAD, {}, blocked=False, countries=["1"])

    assert (of_a_client.value.field, of_itself.value.field) == ("client_id", "to")
