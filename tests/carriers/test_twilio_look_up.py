import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from longcode.carriers.carrier import CarrierText, SentText
from longcode.carriers.twilio import Twilio
from longcode.message import MessageState
from tests.carriers.conftest import FakeCarrier

SINCE = datetime(2026, 11, 22, 23, 59, 45, tzinfo=UTC)
TEXT: dict[str, Any] = {
    "sid": "SM1",
    "body": "Your proofs are ready.",
    "date_created": "Sun, 22 Nov 2026 23:59:59 +0000",
    "date_sent": "Mon, 23 Nov 2026 00:00:01 +0000",
    "direction": "outbound-api",
    "status": "delivered",
    "error_code": None,
}


def twilio(api_base: str, timeout_seconds: float = 5) -> Twilio:
    return Twilio(
        account_sid="AC123",
        auth_token="test-token",
        callback_base="https://longcode.example",
        api_base=api_base,
        timeout_seconds=timeout_seconds,
        clock=lambda: 0.0,
    )


def find(api_base: str, timeout_seconds: float = 5) -> list[CarrierText] | None:
    return twilio(api_base, timeout_seconds).find("+15555550123", "+15555550100", SINCE)


def page(*texts: dict[str, Any], **fields: Any) -> str:
    return json.dumps({"messages": texts, "next_page_uri": None} | fields)


def test_texts_are_listed_by_phone_and_number(fake: FakeCarrier) -> None:
    fake.answers(200, page(TEXT))

    found = find(fake.url)

    [asked] = fake.asked
    assert urlsplit(asked.path).path == "/2010-04-01/Accounts/AC123/Messages.json"
    assert dict(parse_qsl(urlsplit(asked.path).query)) == {
        "To": "+15555550123",
        "From": "+15555550100",
        "PageSize": "1000",
    }
    assert asked.headers["Authorization"] == "Basic QUMxMjM6dGVzdC10b2tlbg=="
    assert found == [
        CarrierText(
            carrier_id="SM1",
            body="Your proofs are ready.",
            created_at=datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC),
            state=MessageState.DELIVERED,
        )
    ]


@pytest.mark.parametrize(
    ("status", "error_code", "state", "code"),
    [
        ("queued", None, MessageState.SENT, None),
        ("sending", None, MessageState.SENT, None),
        ("sent", None, MessageState.SENT, None),
        ("undelivered", 30003, MessageState.UNDELIVERED, "30003"),
        ("failed", None, MessageState.UNDELIVERED, "failed"),
        ("unheard-of", None, MessageState.SENT, None),
    ],
)
def test_the_state_of_a_listed_text_follows_from_its_status(
    fake: FakeCarrier, status: str, error_code: int | None, state: MessageState, code: str | None
) -> None:
    fake.answers(200, page(TEXT | {"status": status, "error_code": error_code}))

    found = find(fake.url)

    assert found
    assert (found[0].state, found[0].code) == (state, code)


def test_a_listed_reply_is_left_out(fake: FakeCarrier) -> None:
    fake.answers(200, page(TEXT | {"direction": "inbound"}))

    assert find(fake.url) == []


def test_a_page_that_reaches_back_far_enough_is_complete(fake: FakeCarrier) -> None:
    older = TEXT | {"date_created": "Sat, 21 Nov 2026 00:00:00 +0000"}
    fake.answers(200, page(TEXT, older, next_page_uri="/more"))

    assert len(find(fake.url) or []) == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, page(TEXT)),
        (401, page(TEXT)),
        (307, page(TEXT)),
        (200, "not JSON"),
        (200, "{}"),
        (200, page(TEXT, next_page_uri="/more")),
        (200, page(TEXT, {"sid": "SM2"})),
        (200, page(TEXT, TEXT | {"date_created": "yesterday"})),
    ],
)
def test_an_incomplete_or_unreadable_list_is_no_answer(fake: FakeCarrier, status: int, body: str) -> None:
    fake.answers(status, body)

    assert find(fake.url) is None


def test_a_silent_or_unreachable_carrier_is_no_answer(fake: FakeCarrier, nobody_there: str) -> None:
    fake.hangs()

    assert find(fake.url, timeout_seconds=0.1) is None
    assert find(nobody_there) is None


def test_a_text_of_ours_is_found_by_its_sid_with_its_phone_and_our_number(fake: FakeCarrier) -> None:
    fake.answers(200, json.dumps(TEXT | {"to": "+15555550123", "from": "+15555550100"}))

    found = twilio(fake.url).sent("SM1")

    assert urlsplit(fake.asked[0].path).path == "/2010-04-01/Accounts/AC123/Messages/SM1.json"
    assert found == SentText(
        phone="+15555550123",
        number="+15555550100",
        text=CarrierText(
            carrier_id="SM1",
            body="Your proofs are ready.",
            created_at=datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC),
            state=MessageState.DELIVERED,
        ),
    )


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, "{}"),
        (500, "{}"),
        (200, "{}"),
        (200, "no JSON"),
        (200, json.dumps(TEXT)),
        (200, json.dumps(TEXT | {"direction": "inbound", "to": "+15555550100", "from": "+15555550123"})),
    ],
)
def test_what_is_no_text_of_ours_is_not_found_by_its_sid(fake: FakeCarrier, status: int, body: str) -> None:
    fake.answers(status, body)

    assert twilio(fake.url).sent("SM1") is None
