from dataclasses import replace
from datetime import timedelta

import pytest

from longcode.accounts.account import Account
from longcode.broadcasts.outcome import Outcome, PhoneFacts, Wording, of_client, within
from longcode.clients.client import Client, Phone
from longcode.jobs import Product
from longcode.plans.plans import PlanChange
from tests.support.fakes import NOW

ONE, TWO = "+12125550123", "+12125550124"
STUDIO = Account(
    id="1",
    name="Foxglove",
    email="a@studio.example",
    product=Product.SPECTRA,
    edition="standard",
    created_at=NOW,
    plan_changes=(PlanChange(NOW, "medium"),),
)
HELLO = Wording(account=STUDIO, body="Hello {{client.first_name}}", values={}, ours=("+15555550100",), now=NOW)


def client(*numbers: str, name: str = "Ann", allowed: bool = True, sms: bool = True) -> Client:
    phones = tuple(Phone(number=one, entered=one, sms=sms) for one in numbers)
    return Client(account="1", id="c1", updated_at=NOW, first_name=name, phones=phones, allow_text_marketing=allowed)


def of(
    who: Client,
    wording: Wording = HELLO,
    *,
    blocked: tuple[str, ...] = (),
    owners: dict[str, str] | None = None,
    last: int | None = None,
) -> list[Outcome]:
    texted = {} if last is None else {ONE: NOW - timedelta(days=last)}
    return list(of_client(wording, who, PhoneFacts(blocked=set(blocked), last_texted=texted), owners or {}))


def test_each_ticked_number_gets_a_text_of_its_own() -> None:
    outcomes = of(client(ONE, TWO))

    assert [(one.phone, one.text, one.units, one.segments) for one in outcomes] == [
        (ONE, "Hello Ann", 1, 1),
        (TWO, "Hello Ann", 1, 1),
    ]


@pytest.mark.parametrize(
    ("who", "code"),
    [
        (client(ONE, allowed=False), "no_permission"),
        (client(ONE, sms=False), "no_number_ticked"),
        (client(), "no_number_ticked"),
        (client(ONE, name=""), "empty_field"),
        (client(ONE, name="{{x}}"), "bad_value"),
    ],
)
def test_a_client_who_gets_none_is_named_once_with_the_reason(who: Client, code: str) -> None:
    [outcome] = of(who)

    assert (outcome.client_id, outcome.phone, outcome.code, outcome.goes) == ("c1", None, code, False)
    assert outcome.detail


def test_a_number_that_said_stop_gets_none_and_the_clients_other_one_does() -> None:
    assert [one.code for one in of(client(ONE, TWO), blocked=(ONE,))] == ["opted_out", None]


def test_a_number_that_another_client_has_gets_one_text() -> None:
    assert [one.code for one in of(client(ONE, TWO), owners={ONE: "c0", TWO: "c1"})] == ["duplicate", None]


def test_our_own_number_gets_none() -> None:
    assert [one.code for one in of(client("+15555550100"))] == ["bad_phone"]


def test_a_number_of_a_country_that_is_not_allowed_gets_none() -> None:
    assert [one.code for one in of(client("+61123456789", ONE))] == ["country_not_allowed", None]


def test_a_text_is_measured_after_merging() -> None:
    wording = replace(HELLO, body="{{client.first_name}}" + "a" * 1598)

    assert [one.code for one in of(client(ONE, name="Jo"), wording)] == [None]
    assert [one.code for one in of(client(ONE, name="Ann"), wording)] == ["text_too_long"]


def test_values_of_the_broadcast_go_before_the_clients() -> None:
    wording = replace(HELLO, body="{{session.date}}", values={"session.date": "May 5"})

    assert [one.text for one in of(client(ONE), wording)] == ["May 5"]


def test_the_senders_name_stands_in_front_of_the_first_text_of_a_conversation() -> None:
    wording = replace(HELLO, account=replace(STUDIO, sender_name="Foxglove"))

    assert [one.text for one in of(client(ONE), wording)] == ["Foxglove: Hello Ann"]
    assert [one.text for one in of(client(ONE), wording, last=2)] == ["Hello Ann"]
    assert [one.text for one in of(client(ONE), wording, last=40)] == ["Foxglove: Hello Ann"]


def test_a_text_that_does_not_fit_what_is_left_is_refused() -> None:
    text = replace(of(client(ONE))[0], units=2)

    assert within(text, None).goes
    assert within(text, 2).goes
    assert within(text, 1).code == "limit"
    assert within(replace(text, code="opted_out"), 0).code == "opted_out"
