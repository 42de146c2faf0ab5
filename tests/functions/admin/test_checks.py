"""The orders of `longcode doctor`: what is overdue, and what is wrong at the carrier."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from admin.numbers import check_at_twilio
from infra.local.carrier.carrier import Carrier
from infra.local.carrier.server import Server, serving
from longcode.accounts.account import Account
from longcode.carriers.twilio_account import TwilioAccount
from tests.support.admin_orders import send_accepted_order
from tests.support.fakes import NOW, studio
from tests.support.local_aws import ACCOUNT_SID, SHARED_NUMBER
from tests.support.text_steps import accept

OWN, TOKEN = "+15555550177", "test-token"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def carrier() -> Iterator[Server]:
    """The carrier, with our shared number and the addresses that it should have."""
    account = Carrier(ACCOUNT_SID, TOKEN, "http://127.0.0.1:1/carriers/twilio/inbound")
    account.network.known_numbers = frozenset({SHARED_NUMBER})
    with serving(account) as server:
        server.carrier.inbound_url = "https://longcode.example/carriers/twilio/inbound"
        server.carrier.fallback_url = "https://inbound.example/carriers/twilio/inbound"
        yield server


def checked(server: Server, token: str = TOKEN, *dedicated: str) -> dict[str, Any]:
    account = TwilioAccount(account_sid=ACCOUNT_SID, auth_token=token, api_base=server.url)
    return check_at_twilio(account, {"carrier": "twilio", "shared": [SHARED_NUMBER], "dedicated": [*dedicated]})


def test_what_is_due_for_ten_minutes_is_overdue(account: Account) -> None:
    accept(account, "a")
    accept(account, "b")

    at_once = send_accepted_order("due.list_overdue", NOW + 11 * MINUTE, minutes=10)
    later = send_accepted_order("due.list_overdue", NOW + 13 * MINUTE, minutes=10)

    assert at_once == {"at": "2026-11-22T15:41:00.000Z", "items": [], "complete": True}
    assert sorted(item["type"] for item in later["items"]) == ["allowance", "message", "message"]
    assert later["items"][0]["due_at"] == "2026-11-22T15:32:00.000Z"


def test_nothing_is_wrong_at_a_carrier_that_is_set_right(aws: None, carrier: Server) -> None:
    assert checked(carrier) == {
        "carrier": "twilio",
        "shared": [SHARED_NUMBER],
        "dedicated": [],
        "items": [],
        "unanswered": None,
    }


def test_a_webhook_that_goes_elsewhere_is_shown_with_the_address_that_it_should_have(
    aws: None, carrier: Server
) -> None:
    carrier.carrier.inbound_url = "https://old.example/inbound"

    [fault] = checked(carrier)["items"]

    assert fault["what"] == f"Twilio hands texts to {SHARED_NUMBER} to https://old.example/inbound (POST), not to us."
    assert "https://longcode.example/carriers/twilio/inbound (POST)" in fault["cure"]


def test_dedicated_numbers_are_checked_too(aws: None, carrier: Server) -> None:
    assert [fault["what"] for fault in checked(carrier, TOKEN, OWN)["items"]] == [
        f"The number {OWN} does not belong to the account at Twilio."
    ]


def test_a_token_that_twilio_does_not_accept_is_no_answer_and_is_not_shown(aws: None, carrier: Server) -> None:
    answer = checked(carrier, "an-old-token")

    assert answer["items"] == []
    assert answer["unanswered"].startswith("Twilio does not accept the account_sid and the auth_token")
    assert "an-old-token" not in str(answer)


def test_the_order_asks_for_all_numbers_that_are_ours(aws: None) -> None:
    account = studio()
    send_accepted_order("numbers.assign", account=account.id, number=OWN)

    answer = send_accepted_order("numbers.check")

    assert (answer["carrier"], answer["shared"], answer["dedicated"]) == ("twilio", [SHARED_NUMBER], [OWN])
    assert answer["unanswered"] == "Twilio cannot be reached: NewConnectionError."


def test_without_credentials_nobody_is_asked(aws: None) -> None:
    answer = check_at_twilio(None, {"carrier": "twilio", "shared": [], "dedicated": []})

    assert answer["unanswered"] == "The secret of the carrier has no account_sid yet."


def test_another_carrier_is_not_asked_by_the_function(aws: None) -> None:
    ours = {"carrier": "aws", "shared": [SHARED_NUMBER], "dedicated": []}

    assert check_at_twilio(None, ours) == {**ours, "items": [], "unanswered": None}
