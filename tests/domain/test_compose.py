from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode.clients.client import Client, Phone
from longcode.destinations import Destinations
from longcode.errors import (
    CountryNotAllowed,
    EmptyText,
    NoNumberTicked,
    NoPermission,
    OptedOut,
    TextTooLong,
    TooManyToPhone,
)
from longcode.message import Direction, MessageKind, MessageState
from longcode.messages.compose import (
    check_length,
    draft,
    fingerprint,
    recipients_of_client,
    recipients_of_number,
    request_id,
)

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
HERE = Destinations(countries=frozenset({"US", "CA"}), toll_free=False)
BOTH = Destinations(countries=frozenset({"US", "CA", "AU"}), toll_free=False)
HOME, WORK, FAX, ABROAD = "+12125550123", "+12125550124", "+12125550125", "+61491570156"


def test_the_same_key_of_the_same_account_has_the_same_request_id() -> None:
    assert request_id("10000001", "key") == "4e9234cead09f055bf6a52b8"


@given(st.text(), st.text())
def test_another_account_or_key_has_another_request_id(key: str, other: str) -> None:
    keys = {request_id("10000001", key), request_id("10000001", other), request_id("10000002", key)}

    assert len(keys) == (2 if key == other else 3)


@given(st.dictionaries(st.text(), st.text()))
def test_the_order_of_fields_does_not_change_the_fingerprint(body: dict[str, str]) -> None:
    assert fingerprint(dict(reversed(body.items()))) == fingerprint(body)


def test_another_body_has_another_fingerprint() -> None:
    assert fingerprint({"body": "Hello"}) != fingerprint({"body": "Hello "})


@pytest.mark.parametrize("text", ["a" * 1600, "中" * 1600, "."])
def test_a_text_of_up_to_1600_characters_is_allowed(text: str) -> None:
    assert check_length(text, "body") == text


def test_a_text_of_1601_characters_is_refused_with_the_field_and_the_count() -> None:
    with pytest.raises(TextTooLong) as refusal:
        check_length("a" * 1601, "template")

    assert refusal.value.field == "template"
    assert refusal.value.detail == "The text has 1,601 characters; a text has at most 1,600."


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_a_text_without_visible_characters_is_refused(text: str) -> None:
    with pytest.raises(EmptyText):
        check_length(text, "body")


def test_a_draft_is_measured_and_due_in_two_minutes() -> None:
    message = draft(
        account="10000001",
        message_id="m-0",
        kind=MessageKind.INDIVIDUAL,
        phone="+12125550123",
        number="+15555550100",
        body="a" * 300,
        now=NOW,
    )

    assert (message.state, message.direction) == (MessageState.ACCEPTED, Direction.OUT)
    assert (message.encoding, message.segments, message.units) == ("GSM-7", 2, 2)
    assert message.due_at == datetime(2026, 11, 22, 15, 32, tzinfo=UTC)


def client(*ticked: str, unticked: tuple[str, ...] = (), may: bool = True) -> Client:
    phones = [Phone(number=number, entered=number) for number in ticked]
    phones += [Phone(number=number, entered=number, sms=False) for number in unticked]
    return Client(account="1", id="c1", updated_at=NOW, phones=tuple(phones), allow_text_marketing=may)


def test_each_ticked_number_is_texted_once_in_the_order_of_the_record() -> None:
    chosen = recipients_of_client(client(WORK, HOME, WORK, unticked=(FAX,)), None, set(), HERE)

    assert (chosen.phones, chosen.client_id, chosen.skipped) == ((WORK, HOME), "c1", ())


def test_one_of_the_ticked_numbers_may_be_chosen() -> None:
    assert recipients_of_client(client(WORK, HOME), HOME, set(), HERE).phones == (HOME,)


@pytest.mark.parametrize("only", [FAX, "+12125550199"])
def test_a_number_that_is_not_ticked_cannot_be_chosen(only: str) -> None:
    with pytest.raises(NoNumberTicked):
        recipients_of_client(client(HOME, unticked=(FAX,)), only, set(), HERE)


def test_a_number_that_opted_out_is_skipped_with_the_reason() -> None:
    chosen = recipients_of_client(client(HOME, WORK), None, {HOME}, HERE)

    assert chosen.phones == (WORK,)
    assert [(skipped.phone, skipped.code) for skipped in chosen.skipped] == [(HOME, "opted_out")]


def test_a_client_whose_numbers_all_opted_out_is_refused() -> None:
    with pytest.raises(OptedOut):
        recipients_of_client(client(HOME), None, {HOME}, HERE)


def test_a_client_without_permission_is_refused_despite_ticked_numbers() -> None:
    with pytest.raises(NoPermission):
        recipients_of_client(client(HOME, may=False), None, set(), HERE)


def test_a_client_with_no_number_ticked_is_refused() -> None:
    with pytest.raises(NoNumberTicked):
        recipients_of_client(client(unticked=(FAX,)), None, set(), HERE)


@pytest.mark.parametrize(
    ("clients", "linked"),
    [({}, None), ({"c1": True}, "c1"), ({"c1": True, "c2": False}, None), ({"c1": True, "c2": True}, None)],
)
def test_a_number_is_linked_to_the_only_client_that_has_it(clients: dict[str, bool], linked: str | None) -> None:
    assert recipients_of_number(HOME, clients, blocked=False, destinations=HERE).client_id == linked


def test_a_number_whose_clients_all_forbid_it_is_refused() -> None:
    with pytest.raises(NoPermission):
        recipients_of_number(HOME, {"c1": False, "c2": False}, blocked=False, destinations=HERE)


def test_an_opt_out_is_reported_before_other_refusals() -> None:
    with pytest.raises(OptedOut):
        recipients_of_number(HOME, {"c1": True}, blocked=True, destinations=HERE)


def test_a_phone_with_an_hours_texts_is_skipped_or_refused_after_all_other_reasons() -> None:
    chosen = recipients_of_client(client(HOME, WORK), None, set(), HERE, {HOME: NOW})

    assert (chosen.phones, [skipped.code for skipped in chosen.skipped]) == ((WORK,), ["too_many_to_phone"])
    with pytest.raises(TooManyToPhone):
        recipients_of_client(client(HOME), None, set(), HERE, {HOME: NOW})
    with pytest.raises(TooManyToPhone):
        recipients_of_number(HOME, {"c1": True}, blocked=False, destinations=HERE, frees_at=NOW)
    with pytest.raises(NoPermission):
        recipients_of_number(HOME, {"c1": False}, blocked=False, destinations=HERE, frees_at=NOW)
    with pytest.raises(OptedOut):
        recipients_of_client(client(HOME), None, {HOME}, HERE, {HOME: NOW})


def test_a_number_abroad_is_skipped_unless_its_country_is_allowed() -> None:
    chosen = recipients_of_client(client(HOME, ABROAD), None, set(), HERE)
    both = recipients_of_client(client(HOME, ABROAD), None, set(), BOTH)

    assert chosen.phones == (HOME,)
    assert [(skipped.phone, skipped.code) for skipped in chosen.skipped] == [(ABROAD, "country_not_allowed")]
    assert both.phones == (HOME, ABROAD)


def test_a_single_number_abroad_is_refused_with_the_reason() -> None:
    with pytest.raises(CountryNotAllowed) as of_a_client:
        recipients_of_client(client(ABROAD), None, set(), HERE)
    with pytest.raises(CountryNotAllowed) as of_itself:
        recipients_of_number(ABROAD, {}, blocked=False, destinations=HERE)

    assert (of_a_client.value.field, of_itself.value.field) == ("client_id", "to")
