"""What a broadcast does for a client: a text for each ticked number, or the reason why there is none."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from longcode.accounts.account import Account
from longcode.broadcasts.outcome import Content, Outcome, PhonesOfStep, outcomes_of_client, within_budget
from longcode.clients.client import Client, Phone
from longcode.destinations import Destinations
from longcode.jobs import Product
from longcode.plans.plans import PlanChange
from tests.support.fakes import NOW

ONE, TWO = "+12125550123", "+12125550124"


def studio(**fields: Any) -> Account:
    return Account(
        id="1",
        name="Foxglove",
        email="a@studio.example",
        product=Product.SPECTRA,
        edition="standard",
        created_at=NOW,
        plan_changes=(PlanChange(NOW, "medium"),),
        **fields,
    )


DESTINATIONS = Destinations(countries=frozenset({"US", "CA"}), toll_free=False, ours=frozenset({"+15555550100"}))
HELLO = Content(account=studio(), body="Hello {{client.first_name}}", values={}, destinations=DESTINATIONS, now=NOW)


def client(*numbers: str, name: str = "Ann", allowed: bool = True, sms: bool = True) -> Client:
    phones = tuple(Phone(number=number, entered=number, sms=sms) for number in numbers)
    return Client(account="1", id="c1", updated_at=NOW, first_name=name, phones=phones, allow_text_marketing=allowed)


def outcomes_of(
    recipient: Client,
    content: Content = HELLO,
    *,
    blocked: tuple[str, ...] = (),
    owners: dict[str, str] | None = None,
    days_since_last: int | None = None,
) -> list[Outcome]:
    last_texted = {} if days_since_last is None else {ONE: NOW - timedelta(days=days_since_last)}
    phones = PhonesOfStep(blocked=set(blocked), last_texted=last_texted)
    return list(outcomes_of_client(content, recipient, phones, owners or {}))


def test_each_ticked_number_gets_a_text_of_its_own() -> None:
    outcomes = outcomes_of(client(ONE, TWO))

    assert [(outcome.phone, outcome.text, outcome.units, outcome.segments) for outcome in outcomes] == [
        (ONE, "Hello Ann", 1, 1),
        (TWO, "Hello Ann", 1, 1),
    ]


@pytest.mark.parametrize(
    ("recipient", "code"),
    [
        (client(ONE, allowed=False), "no_permission"),
        (client(ONE, sms=False), "no_number_ticked"),
        (client(), "no_number_ticked"),
        (client(ONE, name=""), "empty_field"),
        (client(ONE, name="{{x}}"), "bad_value"),
    ],
)
def test_a_client_who_gets_no_text_has_one_outcome_with_the_reason(recipient: Client, code: str) -> None:
    [outcome] = outcomes_of(recipient)

    assert (outcome.client_id, outcome.phone, outcome.code, outcome.has_text) == ("c1", None, code, False)
    assert outcome.detail


def test_a_number_that_opted_out_gets_no_text_and_the_clients_other_number_does() -> None:
    assert [outcome.code for outcome in outcomes_of(client(ONE, TWO), blocked=(ONE,))] == ["opted_out", None]


def test_a_number_that_two_clients_share_gets_one_text() -> None:
    assert [outcome.code for outcome in outcomes_of(client(ONE, TWO), owners={ONE: "c0", TWO: "c1"})] == [
        "duplicate",
        None,
    ]


def test_our_own_number_gets_no_text() -> None:
    assert [outcome.code for outcome in outcomes_of(client("+15555550100"))] == ["our_own_number"]


def test_a_number_of_a_country_that_is_not_allowed_gets_no_text() -> None:
    assert [outcome.code for outcome in outcomes_of(client("+61123456789", ONE))] == ["country_not_allowed", None]


def test_a_text_is_measured_after_its_fields_are_filled() -> None:
    content = replace(HELLO, body="{{client.first_name}}" + "a" * 1598)

    assert [outcome.code for outcome in outcomes_of(client(ONE, name="Jo"), content)] == [None]
    assert [outcome.code for outcome in outcomes_of(client(ONE, name="Ann"), content)] == ["text_too_long"]


def test_a_value_of_the_broadcast_overrides_the_clients() -> None:
    content = replace(HELLO, body="{{session.date}}", values={"session.date": "May 5"})

    assert [outcome.text for outcome in outcomes_of(client(ONE), content)] == ["May 5"]


def test_the_first_text_of_a_conversation_begins_with_the_senders_name() -> None:
    content = replace(HELLO, account=studio(sender_name="Foxglove"))

    assert [outcome.text for outcome in outcomes_of(client(ONE), content)] == ["Foxglove: Hello Ann"]
    assert [outcome.text for outcome in outcomes_of(client(ONE), content, days_since_last=2)] == ["Hello Ann"]
    assert [outcome.text for outcome in outcomes_of(client(ONE), content, days_since_last=40)] == [
        "Foxglove: Hello Ann"
    ]


def test_a_text_over_the_budget_is_skipped() -> None:
    text = replace(outcomes_of(client(ONE))[0], units=2)

    assert within_budget(text, None).has_text
    assert within_budget(text, 2).has_text
    assert within_budget(text, 1).code == "limit"
    assert within_budget(replace(text, code="opted_out"), 0).code == "opted_out"
