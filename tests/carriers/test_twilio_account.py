"""What is wrong at Twilio is found from its account, numbers and Messaging Services, and said with its cure."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from infra.local.carrier.carrier import Carrier
from infra.local.carrier.server import Server, serving
from infra.local.carrier.services import Service as AtCarrier
from longcode.carriers.twilio_account import (
    AtTwilio,
    NoAnswer,
    NumberWebhook,
    Service,
    TwilioAccount,
    WantedAccount,
    find_faults,
)

SID, TOKEN = "AC" + "0" * 32, "a token for tests"
ONE, TWO, OWN = "+12135550100", "+12135550101", "+12135550177"
GROUP, OTHER = "MG" + "1" * 32, "MG" + "2" * 32
INBOUND, FALLBACK = "http://127.0.0.1:1/v1/inbound", "http://127.0.0.1:1/fallback"
SET = NumberWebhook(at="the webhook", url=INBOUND, method="POST", fallback=FALLBACK, fallback_method="POST")
WANTED = WantedAccount(
    shared=(ONE, TWO), dedicated=(OWN,), service=GROUP, webhook=INBOUND, fallback=FALLBACK, texts_us=True
)
RIGHT = AtTwilio(
    status="active",
    is_trial=False,
    numbers={ONE: SET, TWO: SET, OWN: SET},
    mute=frozenset(),
    services={GROUP: Service(numbers=frozenset({ONE, TWO}), webhook=None, campaigns=("VERIFIED",))},
)


@pytest.fixture
def carrier() -> Iterator[Server]:
    with serving(Carrier(SID, TOKEN, INBOUND)) as server:
        yield server


def whats(are: AtTwilio, wanted: WantedAccount = WANTED) -> list[str]:
    return [fault.what for fault in find_faults(are, wanted)]


def group(**changes: Any) -> dict[str, Service]:
    return {GROUP: replace(RIGHT.services[GROUP], **changes)}


def test_nothing_is_wrong_where_all_is_right() -> None:
    assert whats(RIGHT) == []


def test_each_thing_that_is_wrong_is_found_alone() -> None:
    unset = replace(SET, url="", fallback=SET.fallback)
    elsewhere = replace(SET, fallback="https://old.example/inbound")

    assert whats(replace(RIGHT, status="suspended")) == [
        "The account at Twilio is suspended: no text goes, and none arrives."
    ]
    assert whats(replace(RIGHT, is_trial=True)) == [
        "The account at Twilio is a trial: only phones that you have verified there get texts."
    ]
    assert whats(replace(RIGHT, numbers={ONE: SET, TWO: SET})) == [
        f"The number {OWN} does not belong to the account at Twilio."
    ]
    assert whats(replace(RIGHT, mute=frozenset({TWO}))) == [f"The number {TWO} cannot text."]
    assert whats(replace(RIGHT, numbers={ONE: unset, TWO: SET, OWN: SET})) == [
        f"Twilio hands texts to {ONE} to nobody, not to us."
    ]
    assert whats(replace(RIGHT, numbers={ONE: elsewhere, TWO: SET, OWN: SET})) == [
        f"If our API fails, Twilio hands texts to {ONE} to https://old.example/inbound (POST)."
    ]
    assert whats(replace(RIGHT, services={})) == [
        f"There is no Messaging Service {GROUP} at Twilio: texts from shared numbers are refused."
    ]
    assert whats(replace(RIGHT, services=group(numbers=frozenset({ONE})))) == [
        f"The shared number {TWO} is not in Messaging Service {GROUP}: its texts are refused."
    ]
    assert whats(replace(RIGHT, services=group(campaigns=("FAILED",)))) == [
        f"The campaign of Messaging Service {GROUP} is FAILED, not VERIFIED."
    ]
    assert whats(replace(RIGHT, services=group(campaigns=()))) == [
        f"Messaging Service {GROUP} has no campaign: phone companies in the US block its texts."
    ]


def test_a_webhook_by_get_is_wrong_because_we_read_posts_only() -> None:
    by_get = replace(SET, method="GET")

    assert whats(replace(RIGHT, numbers={ONE: SET, TWO: SET, OWN: by_get})) == [
        f"Twilio hands texts to {OWN} to {INBOUND} (GET), not to us."
    ]


def test_a_service_that_has_a_webhook_takes_the_place_of_those_of_its_numbers() -> None:
    wrong = replace(SET, url="https://old.example/")
    nothing = replace(SET, url="", method="")
    right = replace(RIGHT, numbers={ONE: wrong, TWO: wrong, OWN: SET}, services=group(webhook=SET))
    dropped = replace(RIGHT, services={**RIGHT.services, OTHER: Service(numbers=frozenset({OWN}), webhook=nothing)})

    assert whats(right) == []
    assert whats(dropped) == [f"Twilio hands texts to {OWN} to nobody, not to us."]


def test_without_a_service_or_texts_to_the_us_no_campaign_is_missed() -> None:
    without = replace(WANTED, service="")
    abroad = replace(WANTED, texts_us=False)

    assert whats(replace(RIGHT, services={}), without) == []
    assert whats(replace(RIGHT, services=group(campaigns=())), abroad) == []


def test_each_fault_has_a_cure() -> None:
    faults = find_faults(replace(RIGHT, status="closed", is_trial=True, numbers={}, services={}), WANTED)

    assert len(faults) == 6
    assert all(fault.cure.strip() for fault in faults)


def test_twilio_is_read_as_it_is(carrier: Server) -> None:
    network = carrier.carrier.network
    network.known_numbers = frozenset({ONE, TWO})
    network.put_service(GROUP, AtCarrier(numbers=(ONE, TWO), campaign="PENDING"))
    carrier.carrier.fallback_url = FALLBACK

    read = TwilioAccount(account_sid=SID, auth_token=TOKEN, api_base=carrier.url).read(GROUP)

    assert (read.status, read.is_trial, sorted(read.numbers), read.mute) == ("active", False, [ONE, TWO], frozenset())
    assert (read.numbers[ONE].url, read.numbers[ONE].fallback) == (INBOUND, FALLBACK)
    assert read.services == {GROUP: Service(numbers=frozenset({ONE, TWO}), webhook=None, campaigns=("PENDING",))}


def test_a_wrong_token_and_a_carrier_that_is_not_there_are_no_answer(carrier: Server) -> None:
    wrong = TwilioAccount(account_sid=SID, auth_token="old", api_base=carrier.url)
    nobody = TwilioAccount(account_sid=SID, auth_token=TOKEN, api_base="http://127.0.0.1:1")

    with pytest.raises(NoAnswer, match="does not accept the account_sid"):
        wrong.read("")
    with pytest.raises(NoAnswer, match="cannot be reached"):
        nobody.read("")
